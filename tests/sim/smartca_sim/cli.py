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
from .words import _, begin, trouble
from .world import World

SP_ID = "0000-000000000000000001.apps.smartcaapi.com"
SP_PASSWORD = "mat-khau-thu-nghiem"
READY_FILES = ("url", "phone-url", "control-url", "pid")


class StartError(Exception):
    """It cannot start; str() says why."""


def number(text, highest, sentence):
    if not text.isascii() or not text.isdigit() or int(text) > highest:
        raise argparse.ArgumentTypeError(sentence)
    return int(text)


def port(text):
    return number(text, 65535, _("a port is a number from 0 to 65535"))


def milliseconds(text):
    return number(text, 10 ** 9, _("a number of milliseconds is expected"))


def arguments(given):
    parser = argparse.ArgumentParser(
        prog="smartca-sim", usage=_("smartca-sim [OPTIONS]"),
        description=_("A stand-in for the remote signing services, on this computer only, for trying, teaching and testing. "
                      "What it signs is worth nothing. It runs until it is stopped (Ctrl-C)."))
    add = parser.add_argument
    add("--dir", metavar=_("FOLDER"), help=_("state folder (default: a temporary one, removed at the end)"))
    add("--port", type=port, default=0, metavar=_("PORT"), help=_("port of the services (default: any free one)"))
    add("--control-port", type=port, default=0, metavar=_("PORT"),
        help=_("port of the phone page and of control (default: any free one)"))
    add("--auto", choices=["approve", "reject", "none"], default="none",
        help=_("what becomes of a transaction that nobody taps on (default: none)"))
    add("--auto-delay", type=milliseconds, default=0, metavar="MS", help=_("milliseconds until then (default: 0)"))
    add("--persons", metavar=_("FILE"), help=_("persons as JSON (default: built-in ones)"))
    add("--identities", metavar=_("FOLDER"), help=_("keeps keys and certificates between runs"))
    add("--switch", action="append", default=[], metavar=_("NAME=VALUE"), help=_("changes how the services behave"))
    add("--tls-wrong-host", action="store_true", help=_("serve with a certificate for another host name"))
    add("--note-secrets", action="store_true",
        help=_("write every secret that travels into the state folder's file secrets"))
    add("--foreground", action="store_true", help=_("changes nothing: it always is in the foreground"))
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

    @staticmethod
    def listen(listener, option):
        try:
            listener.start()
        except OSError:
            raise StartError(_("Port {port} cannot be used: another program has it, or it is the system's. Choose another "
                               "with {option}, or 0 for any that is free.").format(port=listener.port, option=option)) from None

    def start(self):
        self.listen(self.cloud, "--port")
        self.listen(self.control, "--control-port")
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


def run(options, folder, asked):
    simulator = None
    try:
        files.private_folder(folder)
        simulator = Simulator(options, folder)
        print(_("ready {url}").format(url=simulator.start()), flush=True)
        asked.wait()
    except (StartError, PersonError, SwitchError) as problem:
        return str(problem)
    except OSError as problem:
        return trouble(problem, folder)
    except ValueError as problem:
        return _("The persons, or the keys that were kept, cannot be read: {reason}").format(reason=problem)
    finally:
        if simulator is not None:
            simulator.stop()
        if options.dir is None:
            shutil.rmtree(folder, ignore_errors=True)
    return None


def main(given=None):
    begin()
    options = arguments(given)
    os.umask(0o077)
    asked = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: asked.set())
    problem = run(options, options.dir or tempfile.mkdtemp(prefix="smartca-sim-"), asked)
    if problem:
        print(f"smartca-sim: {problem}", file=sys.stderr)
    return 2 if problem else 0
