#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Small things that the shell scripts of this folder cannot do well.

helper.py order URL PATH JSON    POST to the simulator's control port, print the answer
helper.py counter URL NAME       one of its counters
helper.py state URL PATH         a value of the simulator's whole state
helper.py json PATH              from standard input, the value at a path like 0.sentence
helper.py each PATH              the same of every element of a list
helper.py person FILE ID NAME    from persons.json, what a person has; nothing where they have it not
helper.py section SIM SERVICE NAME ID [LEAVE OUT]...
                                 the configuration's lines of an account at one of the simulator's services
helper.py serial SIM ID CREDENTIAL   serial number of one of a person's certificates
helper.py totp SIM ID OFFSET     the person's one-time code, OFFSET seconds from now
helper.py quote TEXT              percent-encoded
helper.py peers FOLDER           process ids behind the agent sockets below a folder
helper.py pdf FILE               a page of text, as small as a PDF can be
helper.py finding CHECK FIELD PATTERN    of `smartca doctor --json`: a field of the first finding of that check, not
                                 good, whose sentence fits
helper.py wide COLUMNS COMMAND...        runs it in a terminal so wide; the lines that do not fit, 1 where there is one.
                                 After --copied lines to be copied, indented by four, may be wider
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pty
import re
import socket
import struct
import sys
import termios
import time
import unicodedata
import urllib.parse

PAGE = b"BT /F1 18 Tf 72 720 Td (Signed far away, kept here.) Tj ET"


def control(url, method, path, body=None):
    line = http.client.HTTPConnection(url.split("//", 1)[1], timeout=620)
    line.request(method, path, body)
    reply = line.getresponse()
    return reply.status, json.loads(reply.read() or b"null")


def order(url, path, body):
    status, value = control(url, "POST", path, body)
    print(json.dumps(value, ensure_ascii=False))
    return 0 if status == 200 else 1


def counter(url, name):
    print(control(url, "GET", "/state")[1]["counters"][name])
    return 0


def state(url, path):
    return show(control(url, "GET", "/state")[1], path)


def json_value(path):
    return show(json.load(sys.stdin), path)


def each_value(path):
    for value in json.load(sys.stdin):
        show(value, path)
    return 0


def show(value, path):
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    print(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return 0


def person(path, user_id, name):
    with open(path, encoding="utf-8") as source:
        found = next(p for p in json.load(source) if p["user_id"] == user_id)
    print(found[name] or "")
    return 0


def settings(sim, service, user_id):
    """What the account of a person needs at a service, as the configuration names it."""
    def read(name):
        with open(os.path.join(sim, name), encoding="utf-8") as source:
            return json.load(source) if name.endswith(".json") else source.read().strip()
    there = read("services.json")
    access = there.get(service) or there[service.removesuffix("-th")]
    plain = user_id.split("_")[-1]
    who = next((p for p in read("persons.json") if p["user_id"] == plain), {})
    lines = {"provider": "csc" if service.startswith("csc-") else service, "url": read("url") + access["base"],
             "ca-file": os.path.join(sim, "ca.pem"), "user-id": user_id, "poll-interval": "1"}
    if service != "viettel-mysign" and service != "vnpt-smartca":
        lines["password"] = who.get("password")
        lines["credential-pin"] = who.get("pin")
        secret = who.get("totp_secret")
        lines["totp-secret"] = secret and f"base64:{secret}"
    for key in ("sp_id", "sp_password", "client_id", "client_secret", "profile_id", "relying_party",
                "relying_party_user", "relying_party_password", "relying_party_signature"):
        if key in access and (not service.startswith("csc-") or "profile_id" in access):
            lines[key.replace("_", "-")] = access[key]
    if service == "rssp":
        lines["relying-party-key"] = access["relying_party_p12"]
        lines["relying-party-key-password"] = access["relying_party_p12_password"]
    return {key: value for key, value in lines.items() if value}


def section(sim, service, name, user_id, *left_out):
    print(f"[account:{name}]")
    for key, value in settings(sim, service, user_id).items():
        if key not in left_out:
            print(f"{key} = {value}")
    return 0


def serial(sim, user_id, credential):
    with open(os.path.join(sim, "persons.json"), encoding="utf-8") as source:
        found = next(p for p in json.load(source) if p["user_id"] == user_id)
    print(next(c["serial_number"] for c in found["credentials"] if c["id"] == credential))
    return 0


def code_of(sim, user_id, offset):
    """The person's one-time code, so many seconds from now; RFC 6238 as the services have it."""
    with open(os.path.join(sim, "persons.json"), encoding="utf-8") as source:
        found = next(p for p in json.load(source) if p["user_id"] == user_id)
    key = base64.b64decode(found["totp_secret"])
    digest = hmac.new(key, struct.pack(">Q", (int(time.time()) + int(offset)) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def totp(sim, user_id, offset):
    print(code_of(sim, user_id, offset))
    return 0


def quote(text):
    print(urllib.parse.quote(text))
    return 0


def peers(folder):
    for here, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".sock"):
                pid = peer_of(here, name)
                if pid:
                    print(pid)
    return 0


def peer_of(folder, name):
    """The process that listens there; 0 when none does."""
    os.chdir(folder)  # a socket's path is short
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(name)
            return struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        except OSError:
            return 0


def pdf(path):
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>",
               b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
               b" /Resources << /Font << /F1 5 0 R >> >> >>",
               b"<< /Length %d >>\nstream\n%s\nendstream" % (len(PAGE), PAGE),
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, out.index(b"xref\n0"))
    with open(path, "wb") as target:
        target.write(out)
    return 0


def finding(check, field, pattern):
    found = [one for one in json.load(sys.stdin) if one["check"] == check and one["verdict"] != "good"
             and re.search(pattern, one["sentence"])]
    if found:
        print(found[0][field])
    return 0 if found else 1


def columns_of(text):
    return sum(0 if unicodedata.combining(c) else 1 for c in text)


def wide(columns, *command):
    copied = command[0] == "--copied"
    command = command[copied:]
    pid, line = pty.fork()
    if pid == 0:
        termios.tcsetwinsize(1, (50, int(columns)))
        os.execvp(command[0], command)
    said = b""
    try:
        while part := os.read(line, 65536):
            said += part
    except OSError:  # how a terminal says that nobody is left at its other side
        pass
    os.waitpid(pid, 0)
    lines = said.decode().replace("\r\n", "\n").split("\n")
    too_wide = [one for one in lines if columns_of(one) > int(columns) and not (copied and one.startswith("    "))]
    print(f"{len(lines)} lines", *too_wide, sep="\n")
    return 1 if too_wide or len(lines) < 3 else 0


COMMANDS = {"order": order, "counter": counter, "state": state, "json": json_value, "each": each_value, "person": person,
            "section": section, "serial": serial, "totp": totp, "quote": quote, "peers": peers, "pdf": pdf,
            "finding": finding, "wide": wide}

if __name__ == "__main__":
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
