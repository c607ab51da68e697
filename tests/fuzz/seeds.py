#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets: seeds.py FOLDER makes FOLDER/NAME/* for each target fuzz_NAME.

Texts come from seeds/NAME.txt (see seeds/README.md); what is binary is built here.
"""
import hashlib
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[nr0\\])")
PLAIN = {b"n": b"\n", b"r": b"\r", b"0": b"\0", b"\\": b"\\"}


def unescape(line):
    return ESCAPE.sub(lambda m: PLAIN.get(m.group(1)) or bytes.fromhex(m.group(1)[1:].decode()), line)


def texts():
    folder = os.path.join(HERE, "seeds")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".txt"):
            with open(os.path.join(folder, name), "rb") as source:
                lines = source.read().split(b"\n")
            for line in lines:
                if line and not line.startswith(b"#"):
                    yield name[:-4], unescape(line)


def u32(value):
    return struct.pack("<I", value)


# DigestInfo: RFC 8017, section 9.2, note 1.
DIGESTS = {"sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
           "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
           "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
           "sha512": bytes.fromhex("3051300d060960864801650304020305000440")}


def digestinfos():
    for name, prefix in DIGESTS.items():
        yield "digestinfo", prefix + hashlib.new(name, b"").digest()


# Messages: src/common/ipc.h. In short (frames.h): type, number of fields, (tag, length, bytes).
HELLO, REFRESH, SIGN, STATUS, QUIT, PROGRESS, SIGNATURE, DONE, ERROR = 1, 2, 3, 4, 5, 64, 65, 66, 67


def short(kind, *fields):
    return bytes([kind, len(fields)]) + b"".join(bytes([tag, len(value)]) + value for tag, value in fields)


def whole(kind, *fields):
    return bytes([kind]) + b"".join(bytes([tag]) + u32(len(value)) + value for tag, value in fields)


REQUESTS = [
    (HELLO, (1, u32(1)), (2, b"0.1.0"), (3, b"soffice.bin"), (4, b"vi_VN.UTF-8"), (9, b"/dev/pts/1"), (10, b"xterm")),
    (SIGN, (12, b"work"), (13, b"0" * 64), (14, u32(1)), (15, u32(3)), (16, b"d" * 32), (17, b"1234"), (18, b"012345")),
    (REFRESH, (11, u32(0)), (12, b"work")),
    (STATUS,),
    (QUIT,),
]
ANSWERS = [
    (HELLO, (1, u32(1)), (2, b"0.1.0")),
    (PROGRESS, (19, u32(2)), (20, b"7QF-29K"), (21, u32(300)), (22, b"a line")),
    (SIGNATURE, (23, b"s" * 255), (24, b"t"), (25, u32(1))),
    (DONE, (26, u32(50))),
    (ERROR, (26, u32(30)), (27, "Bạn đã từ chối.".encode())),
]


def messages():
    for message in REQUESTS + ANSWERS:
        yield "ipc", whole(*message)
    hello = short(*REQUESTS[0])
    for request in REQUESTS[1:]:
        yield "server", b"\x40" + hello + short(*request) + short(STATUS)
    yield "server", b"\x01" + hello + b"\xff" + u32(5) + bytes([STATUS])


# Calls: the order of fuzz_calls.c.
CALLS = ["initialize", "finalize", "list_slots", "get_infos", "open_session", "close_session", "close_all", "login",
         "get_session_info", "logout", "find_init", "find", "find_final", "get_attributes", "create_object",
         "set_attributes", "copy_object", "destroy_object", "get_size", "sign_init", "sign", "sign_update", "sign_final",
         "verify_init", "verify", "verify_update", "verify_final", "digest_init", "digest", "digest_update",
         "digest_final", "make_random", "cancel", "get_state"]
ANY = b"\xff"


def do(name, *arguments):
    return bytes([CALLS.index(name), *arguments])


def room(data):
    return bytes([len(data)]) + data


def attribute(index, data):
    return bytes([index]) + room(data)


def start(slot=0):
    """Listed, a session open, the private key in objects[0]."""
    private_key = attribute(0, struct.pack("<Q", 3))
    return (do("initialize") + do("list_slots", 4) + do("get_infos", slot) + do("open_session", 0, slot, 4)
            + do("find_init", 0, 1) + private_key + do("find", 0, 8) + do("find_final", 0))


def signing(agent, mechanism, data):
    words = short(*ANSWERS[0]) + b"".join(short(*message) for message in agent)
    init = do("sign_init", 0, 0, mechanism) + room(b"") + b"\0"
    return (bytes([min(len(words), 255)]) + words[:255] + start() + init + do("sign", 0) + room(data) + ANY
            + do("sign", 0) + room(data) + b"\xe3" + do("close_session", 0) + do("finalize"))


def calls():
    info = DIGESTS["sha256"] + b"d" * 32
    for agent in ([ANSWERS[1], ANSWERS[4]], [ANSWERS[1], (SIGNATURE, (23, b"s" * 200))], [ANSWERS[3]], []):
        yield "calls", signing(agent, 0, info)
        yield "calls", signing(agent, 1, b"message")
    yield "calls", (b"\0" + start(1) + do("login", 0, 1) + room(b"1234567") + do("logout", 0)
                    + do("get_attributes", 0, 0, 3) + attribute(0, b"\0" * 8) + attribute(5, b"") + bytes([7]) + ANY)
    yield "calls", (b"\0" + start() + do("digest_init", 0, 7) + room(b"") + do("digest_update", 0) + room(b"abc")
                    + do("digest_final", 0) + b"\x20" + do("make_random", 0) + room(b"r" * 16))
    yield "calls", (b"\0" + start() + do("create_object", 0, 1, 2) + attribute(0, b"\0" * 8) + attribute(3, b"x")
                    + do("set_attributes", 0, 1, 1) + attribute(3, b"y") + do("get_size", 0, 1)
                    + do("destroy_object", 0, 1) + do("cancel", 0, 2) + do("close_all", 0))
    public_key = attribute(0, struct.pack("<Q", 2))
    yield "calls", (b"\0" + start() + do("find_init", 0, 1) + public_key + do("find", 0, 1) + do("find_final", 0)
                    + do("verify_init", 0, 0, 1) + room(b"") + b"\0" + do("verify", 0) + room(b"m") + b"\xe3")


# Token image: src/common/image.h, without its head.
BYTES, BOOL, ULONG, ULONGS = range(4)


def text(value):
    return u32(len(value)) + value


def attributes(*rows):
    return u32(len(rows)) + b"".join(struct.pack("<IB", kind, how) + text(value) for kind, how, value in rows)


def u64(value):
    return struct.pack("<Q", value)


def images():
    common = [(0x1, BOOL, b"\1"), (0x2, BOOL, b"\0"), (0x3, BYTES, "Nguyễn Thị Mẫu".encode()), (0x102, BYTES, b"\1\2\3")]
    certificate = attributes((0x0, ULONG, u64(1)), *common, (0x11, BYTES, b"0" * 40), (0x80, ULONG, u64(0)))
    rsa = [(0x100, ULONG, u64(0)), (0x120, BYTES, b"\xc3" * 256), (0x122, BYTES, b"\1\0\1")]
    public = attributes((0x0, ULONG, u64(2)), *common, *rsa)
    private = attributes((0x0, ULONG, u64(3)), *common, *rsa, (0x108, BOOL, b"\1"), (0x40000600, ULONGS, u64(1) + u64(0x40)))
    texts7 = [b"work", b"0" * 64, b"VNPT SmartCA", "Nguyễn Thị Mẫu".encode(), b"VNPT", b"SmartCA", b"5401"]
    slot = b"".join(text(value) + b"\0" for value in texts7) + struct.pack("<7I", 0, 1, 2048, 6, 0x18, 300, 3)
    head = struct.pack("<6Q", 1, 2, 3, 0, 0, 0) + u64(0)
    # As the writer does it: an object, and a value, that stand in the first slot.
    place = len(head) + 4 + len(slot)
    same = u32(0x80000000) + u32(place)
    placed = u32(1) + struct.pack("<IBII", 0x3, BYTES | 0x80, 16, place + 8)
    for body in (head + u32(0), head + u32(1) + slot + certificate + public + private,
                 head + u32(2) + (slot + certificate + public + private) * 2,
                 head + u32(2) + slot + certificate + public + private + slot + same + placed + same):
        yield "image", body
        yield "token", body


def others():
    yield "credential", b""
    yield "credential", b"\4\0\xff"
    yield "credential", b"0\x82"
    for provider in range(8):
        yield "flow", bytes([provider << 2]) + b"\0\0\1\0\0\3\0" * 8
        yield "flow", bytes([provider << 2]) + b"".join(bytes([0, 0, body]) for body in range(18))
        yield "flow", bytes([provider << 2 | 2]) + b"".join(bytes([0, 0, body]) for body in range(18))


def main():
    made = 0
    for source in (texts, digestinfos, messages, calls, images, others):
        for name, seed in source():
            folder = os.path.join(sys.argv[1], name)
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, hashlib.sha1(seed).hexdigest()[:16]), "wb") as out:
                out.write(seed)
            made += 1
    print(f"{made} seeds")


main()
