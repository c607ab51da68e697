#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the person at an 80-column terminal.

at_terminal.py STEP... -- COMMAND...    runs the command in a terminal of its own; its exit status is ours

    see=REGEX    waits until the screen shows it (lines joined by blanks, borders left out)
    type=TEXT    types it and waits until something is shown for it; $(COMMAND) inside is what that command prints
    blind=TEXT   types it where nothing is shown for it
    key=NAME     enter, tab, interrupt or end (of input)
    gone=REGEX   waits until the screen does not show it
    end          waits for the command's end

The last screen is printed; AT_TERMINAL_LOG names a file for everything that was written to the terminal, and
AT_TERMINAL_COLUMNS and AT_TERMINAL_LINES make it other than 80 columns and 24 lines. A step that does not come true
within a minute is said, status 99.
"""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time

import pyte

PATIENCE = 60  # seconds
LINES, COLUMNS = (int(os.environ.get(f"AT_TERMINAL_{name}", usual)) for name, usual in (("LINES", "24"), ("COLUMNS", "80")))
LOG = os.environ.get("AT_TERMINAL_LOG", os.devnull)
KEYS = {"enter": b"\r", "tab": b"\t", "interrupt": b"\x03", "end": b"\x04"}
BORDERS = re.compile(r"[│─┌┐└┘├┤|+]+")
NOT_SEEN = 99


class Terminal:
    def __init__(self, command):
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.line = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="linux", LINES=str(LINES), COLUMNS=str(COLUMNS))
            # A wider screen is there to see what would not have fitted: the program is not told of it.
            termios.tcsetwinsize(0, (LINES, min(COLUMNS, 80)))
            quiet_interrupt(0)
            os.execvp(command[0], command)
        self.ended = False

    def text(self):
        return re.sub(r"\s+", " ", BORDERS.sub(" ", " ".join(self.screen.display)))

    def take(self, seconds):
        """Whatever comes within that time; False after the end."""
        if not self.ended and select.select([self.line], [], [], seconds)[0]:
            try:
                data = os.read(self.line, 65536)
            except OSError:  # how a terminal says that nobody is left at its other side
                data = b""
            self.ended = not data
            data = data.replace(KEYS["interrupt"], b"")
            self.stream.feed(data)
            with open(LOG, "ab") as log:
                log.write(data)
        return not self.ended

    def until(self, what):
        end = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > end or (not self.take(0.2) and not what()):
                return False
        return True

    def write(self, data):
        os.write(self.line, data)


def quiet_interrupt(line):
    """Ctrl-C puts no ^C into what a program is about to write, and throws nothing away that it wrote."""
    settings = termios.tcgetattr(line)
    settings[3] = settings[3] & ~termios.ECHOCTL | termios.NOFLSH
    termios.tcsetattr(line, termios.TCSANOW, settings)


def typed(text):
    return re.sub(r"\$\((.*?)\)", lambda match: subprocess.run(["sh", "-c", match[1]], check=True, capture_output=True,
                                                               text=True).stdout.strip(), text)


def until_shown(terminal, text):
    before = terminal.text()
    terminal.write(text)
    return terminal.until(lambda: terminal.text() != before)


def play(terminal, step):
    name, _, value = step.partition("=")
    if name == "see":
        return terminal.until(lambda: re.search(value, terminal.text()))
    if name == "gone":
        return terminal.until(lambda: not re.search(value, terminal.text()))
    if name == "type":
        return until_shown(terminal, typed(value).encode())
    if name == "blind":
        terminal.write(typed(value).encode())
    elif name == "key":
        terminal.write(KEYS[value])
    elif name == "end":
        return terminal.until(lambda: terminal.ended)
    else:
        sys.exit(f"at_terminal.py: what is {step}?")
    return True


def main():
    where = sys.argv.index("--")
    steps, command = sys.argv[1:where], sys.argv[where + 1:]
    terminal = Terminal(command)
    failed = next((step for step in steps if not play(terminal, step)), None)
    print("\n".join(line.rstrip() for line in terminal.screen.display if line.strip()))
    if failed:
        print(f"not seen: {failed}")
        os.kill(terminal.pid, signal.SIGKILL)
        return NOT_SEEN
    terminal.until(lambda: terminal.ended)
    _, status = os.waitpid(terminal.pid, 0)
    return os.waitstatus_to_exitcode(status)


sys.exit(main())
