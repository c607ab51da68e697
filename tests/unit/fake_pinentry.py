#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A pinentry that behaves as FAKE_PINENTRY says, well or badly; see test_prompt.c.

What it was told goes to the file FAKE_PINENTRY_LOG, one command per line, with its environment's
screen first and how it ended last.
"""
import os
import signal
import sys
import time

MODE = os.environ["FAKE_PINENTRY"]
LOG = open(os.environ["FAKE_PINENTRY_LOG"], "a", encoding="utf-8")
SCREEN = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "TERM")
ANSWERS = {
    "escapes": "D p%25%41%c3%a4 %0a\nOK\n",
    "parts": "D first\nS PROGRESS x\n# a comment\n\nD  second\nOK\n",
    "empty": "OK\n",
    "cancel": "ERR 83886179 Operation cancelled <Pinentry>\n",
    "fully-cancel": "S ERROR tty.? 83886278 \nERR 83886278 Operation fully cancelled <Pinentry>\n",
    "timeout": "ERR 83886142 Timeout <Pinentry>\n",
    "no-screen": "ERR 83918950 Inappropriate ioctl for device <Pinentry>\n",
    "garbage": "\x01\x02 what?\n",
    "inquire": "INQUIRE QUALITY geheim\n",
    "nul": "D gehe\0im\nOK\n",
    "nul-escape": "D gehe%00im\nOK\n",
    "half-escape": "D geheim%4\nOK\n",
    "bad-escape": "D geheim%zz\nOK\n",
    "huge-line": "D " + "x" * 100000 + "\nOK\n",
    "endless-line": "x" * 1000000,
    "huge-secret": ("D " + "x" * 900 + "\n") * 3 + "OK\n",
    "crlf": "D geheim\r\nOK\r\n",
    "not-confirmed": "ERR 83886194 Not confirmed <Pinentry>\n",
    "confirmed": "OK\n",
}


def log(line):
    LOG.write(line + "\n")
    LOG.flush()


def leave(how):
    log(how)
    sys.exit(0)


def say(text):
    try:
        os.write(1, text.encode())
    except BrokenPipeError:
        leave("nobody listens")


def interrupted(_number, _frame):
    leave("interrupted")


def hang():
    while True:
        time.sleep(1000)


def chatter():
    while True:
        say("S PROGRESS\n")
        time.sleep(0.01)


def die():
    say("D gehe")
    os.kill(os.getpid(), signal.SIGKILL)


def answer_slowly():
    for letter in "D geheim\nOK\n":
        say(letter)
        time.sleep(0.01)


def answer():
    """To GETPIN and CONFIRM."""
    if MODE == "deaf":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    deeds = {"dies": die, "hangs": hang, "deaf": hang, "chatters": chatter, "slow": answer_slowly}
    if MODE in deeds:
        deeds[MODE]()
    else:
        say(ANSWERS.get(MODE, "D geheim\nOK\n"))


def obey(command):
    if command in ("GETPIN", "CONFIRM"):
        log("asking")
        answer()
    elif command == "BYE":
        leave("bye")
    elif MODE == "old" and command not in ("SETDESC", "SETPROMPT"):
        say("ERR 83886254 Unknown option <Pinentry>\n")
    elif MODE == "refuses-description" and command == "SETDESC":
        say("ERR 83886254 Unknown command <Pinentry>\n")
    else:
        say("OK\n")


def main():
    greetings = {"early-data": "OK hello\nD geheim\n", "no-greeting": "ERR 1 go away\n", "ahead": "OK\n" * 40}
    signal.signal(signal.SIGINT, interrupted)
    log(" ".join(f"{name}={os.environ.get(name)}" for name in SCREEN))
    if MODE == "exits":
        return
    say(greetings.get(MODE, "OK hello\n"))
    for line in sys.stdin:
        log(line.rstrip("\n"))
        obey(line.rstrip("\n").split(" ")[0])
    log("end of input")


main()
