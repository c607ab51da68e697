# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven over its own pipe. No driver program and no port is needed."""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

CHROMIUM = "/usr/bin/chromium"
LIMIT = 60  # seconds that nothing here takes
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--remote-debugging-pipe"]


class Browser:
    """One page. Texts and clicks go through JavaScript expressions."""

    def __init__(self, url, width=390, height=844, language="vi"):
        self.profile = tempfile.mkdtemp(prefix="sim-browser-")
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self.reader, self.writer = ours_in, ours_out
        self.pending, self.number, self.session = b"", 0, None
        try:
            self.process = start(theirs_in, theirs_out, self.profile, width, height, language)
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        try:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=True)
            self.call("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
            self.call("Page.navigate", url=url)
            self.until(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")
        except BaseException:
            self.close()
            raise

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + LIMIT
        while True:
            reply = self.receive(deadline)
            if reply.get("id") == self.number:
                if "error" in reply:
                    raise RuntimeError(reply["error"]["message"])
                return reply["result"]

    def receive(self, deadline):
        while b"\0" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.reader], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.reader, 65536)
            if not piece:
                raise RuntimeError("the browser has ended")
            self.pending += piece
        text, _, self.pending = self.pending.partition(b"\0")
        return json.loads(text)

    def value(self, expression):
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("text", "exception in the page"))
        return found["result"].get("value")

    def until(self, expression, seconds=LIMIT):
        deadline = time.monotonic() + seconds
        while not self.value(expression):
            if time.monotonic() > deadline:
                raise TimeoutError(f"never true: {expression}")
            time.sleep(0.03)

    def click(self, selector):
        """A real tap at the middle of the element, wherever that is on the screen."""
        place = self.value(
            "(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'center'});"
            " const r = e.getBoundingClientRect();"
            " return {x: r.x + r.width / 2, y: r.y + r.height / 2}; })()" % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def screenshot(self, path):
        shot = self.call("Page.captureScreenshot", format="png")
        with open(path, "wb") as out:
            out.write(base64.b64decode(shot["data"]))

    def close(self):
        os.close(self.writer)
        os.close(self.reader)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


HAND_OVER = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
             "os.execv(sys.argv[3], sys.argv[3:])")


def start(reads, writes, profile, width, height, language):
    """Chromium wants its pipe at the descriptors 3 and 4; a small step between puts it there."""
    # Moved high first: either may be 3 or 4 itself.
    both = (fcntl.fcntl(reads, fcntl.F_DUPFD, 5), fcntl.fcntl(writes, fcntl.F_DUPFD, 5))
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", HAND_OVER, str(both[0]), str(both[1]), CHROMIUM, *FLAGS,
             f"--user-data-dir={profile}", f"--window-size={width},{height}",
             f"--accept-lang={language}", f"--lang={language}"],
            pass_fds=both, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
    finally:
        for descriptor in both:
            os.close(descriptor)
