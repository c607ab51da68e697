# SPDX-License-Identifier: Apache-2.0
"""Firefox and Thunderbird without a screen, driven over Marionette's socket.

Source: Mozilla's remote protocol documentation, "Marionette protocol": packets are
`LENGTH:JSON`, a command is [0, id, name, parameters], its answer [1, id, error, value].
"""
import json
import os
import signal
import socket
import subprocess
import time

PORT_FILE = "MarionetteActivePort"
START_SECONDS = 180
SCRIPT_SECONDS = 60
# No traffic of its own, no questions, a free port.
PREFERENCES = {
    "marionette.port": 0,
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.aboutConfig.showWarning": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "captivedetect.canonicalURL": "",
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.update.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.trr.mode": 5,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
}


class Refused(Exception):
    """The program answered with an error."""


class Marionette:
    """One running program. Use it in a `with` statement."""

    def __init__(self, program, profile, preferences=None, headless=True):
        self.profile = profile
        with open(os.path.join(profile, "user.js"), "w", encoding="utf-8") as target:
            for name, value in {**PREFERENCES, **(preferences or {})}.items():
                target.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        if os.path.exists(os.path.join(profile, PORT_FILE)):
            os.unlink(os.path.join(profile, PORT_FILE))
        self.line = None
        self.output = open(os.path.join(profile, "output.txt"), "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [program, *(["--headless"] if headless else []), "--no-remote", "--profile", profile, "--marionette", "--remote-allow-system-access"],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, start_new_session=True,
            env={**os.environ, "MOZ_CRASHREPORTER_DISABLE": "1"})
        self.last = 0
        self.buffer = b""

    def __enter__(self):
        try:
            self.connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.line:
                self.ask("Marionette:Quit", {"flags": ["eForceQuit"]})
                self.process.wait(30)
        except (OSError, Refused, subprocess.TimeoutExpired) as reason:
            print("it did not end by itself:", reason)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.output.close()

    def connect(self):
        port_file = os.path.join(self.profile, PORT_FILE)
        deadline = time.monotonic() + START_SECONDS
        while not os.path.exists(port_file) or not os.path.getsize(port_file):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise Refused("it did not start: " + self.said())
            time.sleep(0.1)
        with open(port_file, encoding="ascii") as source:
            self.line = socket.create_connection(("127.0.0.1", int(source.read())), START_SECONDS)
        self.line.settimeout(SCRIPT_SECONDS + 20)
        self.receive()  # its greeting
        self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": False}}})
        self.ask("WebDriver:SetTimeouts", {"script": SCRIPT_SECONDS * 1000})

    def said(self):
        with open(self.output.name, encoding="utf-8", errors="replace") as source:
            return source.read()[-2000:]

    def receive(self):
        while b":" not in self.buffer:
            self.more()
        length, _, self.buffer = self.buffer.partition(b":")
        while len(self.buffer) < int(length):
            self.more()
        packet, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
        return json.loads(packet)

    def more(self):
        data = self.line.recv(65536)
        if not data:
            raise Refused("it ended: " + self.said())
        self.buffer += data

    def ask(self, name, parameters=None):
        self.last += 1
        packet = json.dumps([0, self.last, name, parameters or {}]).encode()
        self.line.sendall(b"%d:%s" % (len(packet), packet))
        _, _, error, value = self.receive()
        if error:
            raise Refused(f"{name}: {error['error']}: {error['message']}")
        return value.get("value", value) if isinstance(value, dict) else value

    def chrome(self, script, *arguments):
        """Runs a script with the program's own rights; it may `await`."""
        self.ask("Marionette:SetContext", {"value": "chrome"})
        try:
            return self.run(f"return (async (...given) => {{ {script} }})(...arguments);", arguments)
        finally:
            self.ask("Marionette:SetContext", {"value": "content"})

    def run(self, script, arguments=()):
        return self.ask("WebDriver:ExecuteScript", {"script": script, "args": list(arguments), "sandbox": None})

    def open(self, url, seconds=SCRIPT_SECONDS):
        self.ask("WebDriver:SetTimeouts", {"pageLoad": seconds * 1000})
        self.ask("WebDriver:Navigate", {"url": url})
