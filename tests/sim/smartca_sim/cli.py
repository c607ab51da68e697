# SPDX-License-Identifier: Apache-2.0
"""Command line, state folder, start and end."""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading

from . import files, pki
from .control import ControlServer
from .csc_v1 import CscV1
from .csc_v2 import CscV2
from .identities import Identities
from .mysign import MySign
from .mysign_csc import MySignCsc
from .persons import PersonError, Persons
from .rssp import Rssp
from .secret_notes import Secrets
from .sp769 import BASE, Sp769
from .switches import SwitchError, Switches
from .transport import Certificates, CloudServer, Listener
from .vnpt_oauth import VnptOauth
from .world import World

SP_ID = "0000-000000000000000001.apps.smartcaapi.com"
SP_PASSWORD = "mat-khau-thu-nghiem"
READY_FILES = ("url", "phone-url", "control-url", "pid")


def arguments(given):
    parser = argparse.ArgumentParser(prog="smartca-sim", description="A stand-in for the remote signing "
                                     "clouds, on loopback, for tests and demonstrations.")
    parser.add_argument("--dir", help="state folder (default: a temporary one, removed at the end)")
    parser.add_argument("--port", type=int, default=0, help="HTTPS port (default: any free one)")
    parser.add_argument("--control-port", type=int, default=0, help="port of control API and phone page")
    parser.add_argument("--auto", choices=["approve", "reject", "none"], default="none",
                        help="what happens to a transaction without anybody's tap")
    parser.add_argument("--auto-delay", type=int, default=0, metavar="MS")
    parser.add_argument("--persons", metavar="FILE", help="persons as JSON (default: built-in ones)")
    parser.add_argument("--identities", metavar="DIR", help="keeps keys and certificates between runs")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--tls-wrong-host", action="store_true",
                        help="serve with a certificate for another host name")
    parser.add_argument("--note-secrets", action="store_true",
                        help="write every secret that travels into the state folder's file secrets")
    parser.add_argument("--foreground", action="store_true", help="accepted; it always is")
    return parser.parse_args(given)


def initial_switches(options):
    initial = {"auto": options.auto, "auto_delay_ms": options.auto_delay}
    if options.tls_wrong_host:
        initial["tls_certificate"] = "wrong-host"
    for text in options.switch:
        name, _, value = text.partition("=")
        try:
            initial[name] = json.loads(value)
        except ValueError:
            initial[name] = value
    return Switches(**initial)


class Simulator:
    def __init__(self, options, folder):
        self.folder = folder
        vault = Identities(options.identities or os.path.join(folder, "identities"))
        self.world = World(initial_switches(options), Persons(vault, options.persons))
        certificates = Certificates(folder)
        mysign = MySign(self.world, vault)
        services = [
            Sp769(self.world, vault, SP_ID, SP_PASSWORD),
            VnptOauth(self.world, vault),
            MySignCsc(self.world, vault, mysign),  # its path begins as the next one's
            mysign,
            CscV1(self.world, vault),
            CscV2(self.world, vault),
            Rssp(self.world, vault, folder),
        ]
        self.services = self.world.persons.services = services
        self.log_file = open(os.path.join(folder, "log"), "a", buffering=1, encoding="utf-8")
        self.secrets = Secrets(os.path.join(folder, "secrets")) if options.note_secrets else None
        self.cloud = Listener(
            lambda port: CloudServer(port, self.world, services, certificates, self.log, self.secrets))
        self.cloud.port = options.port
        self.control = Listener(lambda port: ControlServer(port, self.world, self.cloud))
        self.control.port = options.control_port
        self.write_static(vault, certificates)

    def log(self, line):
        self.log_file.write(line + "\n")

    def file(self, name):
        return os.path.join(self.folder, name)

    def write_static(self, vault, certificates):
        for name in READY_FILES:
            files.remove(self.file(name))
        files.write(self.file("ca.pem"), pki.pem(certificates.ca))
        files.write(self.file("root.pem"), pki.pem(vault.root))
        files.write(self.file("chain.pem"), pki.pem(vault.ca) + pki.pem(vault.root))
        files.write_json(self.file("sp.json"), {"sp_id": SP_ID, "sp_password": SP_PASSWORD})
        files.write_json(self.file("services.json"), {
            service.name: {"base": service.base, **service.describe()} for service in self.services})
        files.write_json(self.file("persons.json"), self.world.persons.describe())

    def start(self):
        self.cloud.start()
        self.control.start()
        threading.Thread(target=self.world.run_clock, daemon=True).start()
        control = f"http://127.0.0.1:{self.control.port}"
        url = f"https://127.0.0.1:{self.cloud.port}"
        files.write(self.file("pid"), f"{os.getpid()}\n")
        files.write(self.file("base-path"), BASE + "\n")
        files.write(self.file("control-url"), control + "\n")
        files.write(self.file("phone-url"), control + "/phone/\n")
        # Last: whoever waits for this one file may then read all of them.
        files.write(self.file("url"), url + "\n")
        return url

    def stop(self):
        for name in READY_FILES:
            files.remove(self.file(name))
        self.world.stop()
        self.cloud.stop()
        self.control.stop()
        self.log_file.close()


def main(given=None):
    options = arguments(given)
    os.umask(0o077)
    folder = options.dir or tempfile.mkdtemp(prefix="smartca-sim-")
    files.private_folder(folder)
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    simulator = None
    try:
        simulator = Simulator(options, folder)
        print("ready", simulator.start(), flush=True)
        asked.wait()
    except (PersonError, SwitchError, OSError, ValueError) as problem:
        print(f"smartca-sim: {problem}", file=sys.stderr)
        return 2
    finally:
        if simulator is not None:
            simulator.stop()
        if options.dir is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0
