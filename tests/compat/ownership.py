#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Another user of this computer, played by root.

ownership.py listen SOCKET HEARD      listens there as that user; what is sent goes to HEARD; says "ok"
ownership.py knock SOCKET             connects there as that user and says hello; prints what comes back
ownership.py exchange A B             swaps the two folders for ever, in one step each; says "ok"
"""
import ctypes
import os
import socket
import struct
import sys

OTHER = 65534
AT_FDCWD, RENAME_EXCHANGE = -100, 2
HELLO = 1
VERSION, PROGRAM = 1, 3


def become_other():
    os.setgroups([])
    os.setresgid(OTHER, OTHER, OTHER)
    os.setresuid(OTHER, OTHER, OTHER)


def listen(path, heard):
    out = open(heard, "wb", buffering=0)
    os.chdir(os.path.dirname(path))  # a socket's path is short
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.bind(os.path.basename(path))
        os.chmod(os.path.basename(path), 0o600)
        become_other()  # the kernel notes who listens
        line.listen(64)
        print("ok", flush=True)
        while True:
            peer, _ = line.accept()
            with peer:
                peer.settimeout(1)
                try:
                    out.write(peer.recv(65536))
                except OSError:
                    pass


def field(tag, data):
    return struct.pack("<BI", tag, len(data)) + data


def knock(path):
    os.chdir(os.path.dirname(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        become_other()
        line.connect(os.path.basename(path))
        line.settimeout(60)
        message = struct.pack("<B", HELLO) + field(VERSION, struct.pack("<I", 1)) + field(PROGRAM, b"knock")
        try:
            line.sendall(struct.pack("<I", len(message)) + message)
            answer = line.recv(4096)
        except ConnectionError:
            answer = b""
        print(f"{len(answer)} bytes")
    return 0


def exchange(one, other):
    libc = ctypes.CDLL(None, use_errno=True)
    print("ok", flush=True)
    while True:
        if libc.renameat2(AT_FDCWD, one.encode(), AT_FDCWD, other.encode(), RENAME_EXCHANGE) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")


COMMANDS = {"listen": listen, "knock": knock, "exchange": exchange}

if __name__ == "__main__":
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
