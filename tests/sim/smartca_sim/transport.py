# SPDX-License-Identifier: Apache-2.0
"""HTTPS on loopback: connections, TLS, requests, and the faults that spoil them.

Knows nothing of any one cloud: a service is an object with `base` (its path prefix) and
handle(request) -> Reply.
"""
import dataclasses
import email.utils
import http.server
import json
import os
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
import traceback

from . import files, pki
from .faults import ACTIONS, Reply, json_reply
from .secret_notes import SECRETS, read_body
from .transactions import iso

MAX_BODY = 1024 * 1024
IDLE_SECONDS = 120
HANDSHAKE_SECONDS = 10
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: object
    body: bytes


class Certificates:
    """TLS contexts by the name that the switch tls_certificate uses."""

    def __init__(self, folder):
        self.folder = folder
        key, self.ca = pki.tls_authority("Simulator TLS CA (throw-away)")
        other_key, other = pki.tls_authority("Another TLS CA (throw-away)")
        here = ["localhost", "127.0.0.1"]
        self.contexts = {
            "good": self.context("good", pki.tls_server(key, self.ca, here)),
            "wrong-host": self.context("wrong-host", pki.tls_server(key, self.ca, ["wrong.example"])),
            "expired": self.context("expired", pki.tls_server(key, self.ca, here, (-30, -1))),
            "other-ca": self.context("other-ca", pki.tls_server(other_key, other, here)),
        }

    def context(self, name, pair):
        path = os.path.join(self.folder, f".tls-{name}.pem")
        files.write(path, pki.key_pem(pair[0]) + pki.pem(pair[1]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(path)
        finally:
            os.unlink(path)
        return context


class LoopbackServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def server_bind(self):
        # HTTPServer would look the host name up, which may wait for DNS.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """Broken connections are this program's daily bread; real errors still show."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class CloudServer(LoopbackServer):
    def __init__(self, port, world, services, certificates, log, secrets=None):
        self.world, self.services = world, services
        self.certificates, self.log, self.secrets = certificates, log, secrets
        self.open_sockets = set()
        super().__init__(("127.0.0.1", port), CloudHandler)

    def finish_request(self, request, client_address):
        with self.world.changed:
            self.world.count("connections")
            rule = self.world.faults.take_connection()
            self.world.counters["faults_used"] += rule is not None
            context = self.certificates.contexts[self.world.switches["tls_certificate"]]
            context.maximum_version = VERSIONS[self.world.switches["tls_maximum"]]
        if rule is not None:
            self.spoil(request, rule)
            return
        request.settimeout(HANDSHAKE_SECONDS)
        try:
            secured = context.wrap_socket(request, server_side=True)
        except (OSError, ValueError):
            self.world.count("tls_failures")
            return
        with self.world.changed:
            self.world.count("tls_handshakes")
            self.world.counters["tls_resumed"] += bool(secured.session_reused)
        self.open_sockets.add(secured)
        try:
            self.RequestHandlerClass(secured, client_address, self)
        finally:
            self.open_sockets.discard(secured)
            end(secured)

    def spoil(self, request, rule):
        if rule.action == "tls-stall":
            self.world.stopping.wait(rule.seconds)
        elif rule.action == "tls-garbage":
            request.sendall(b"HTTP/1.1 400 this is not TLS\r\n\r\n")
        else:
            reset(request)

    def drop_connections(self):
        for one in list(self.open_sockets):
            end(one)


def end(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()


def reset(sock):
    """RST instead of FIN; the descriptor is closed at once, whatever still refers to it."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(sock.detach())
    except OSError:
        pass


class BaseHandler(http.server.BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive; answers leave in one piece."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def log_message(self, *arguments):
        pass

    def now(self):
        return time.time()

    def render(self, reply):
        head = {"Date": email.utils.formatdate(self.now(), usegmt=True), "Server": "smartca-sim",
                "Content-Length": str(len(reply.body)), "Cache-Control": "no-store",
                **reply.headers}
        if reply.close:
            head["Connection"] = "close"
        reason = self.responses.get(reply.status, ("Status",))[0]
        lines = [f"HTTP/1.1 {reply.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in head.items() if value is not None]
        raw = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")
        return raw if self.command == "HEAD" else raw + reply.body

    def answer(self, reply):
        self.send(self.render(reply))
        if reply.close:
            self.close_connection = True

    def send(self, raw):
        self.wfile.write(raw)
        self.wfile.flush()

    def read_body(self):
        """The body, or a Reply that refuses it."""
        if self.headers.get("Transfer-Encoding"):
            return Reply(411, b"", close=True)
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return Reply(413, b"", close=True)
        return self.rfile.read(int(length))

    def serve(self):
        raise NotImplementedError

    def do_any(self):
        self.serve()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_any


class CloudHandler(BaseHandler):
    used = False

    def now(self):
        return self.server.world.now()

    def serve(self):
        world = self.server.world
        path = self.path.partition("?")[0]
        reused, self.used = self.used, True
        with world.changed:
            rule = world.faults.take_request(path, reused)
            world.counters["faults_used"] += rule is not None
            world.counters["reused_connections"] += reused
        if rule is not None and rule.action == "reset-before":
            self.note(path, b"", rule, None, reused)
            self.reset()
            return
        body = self.read_body()
        reply = body if isinstance(body, Reply) else Reply(500)
        if not isinstance(body, Reply) and (rule is None or rule.acts()):
            reply = self.acted(Request(self.command, self.path, self.headers, body))
        # Noted before the answer leaves: who has the answer finds the request in /state.
        self.note(path, b"" if isinstance(body, Reply) else body, rule, reply, reused)
        if not world.switches["keep_alive"]:
            reply.close = True
        if rule is None:
            self.answer(reply)
        else:
            ACTIONS[rule.action].deliver(self, reply, rule)

    def acted(self, request):
        """A mistake in the simulator must not look like one of its faults."""
        try:
            return self.route(request)
        except Exception:
            traceback.print_exc()
            return Reply(500, b"mistake in the simulator\n", {"Content-Type": "text/plain"})

    def service(self, path):
        """Whose path this is; `bases` is for a service that lives in several places."""
        for service in self.server.services:
            if any(path.startswith(base + "/") for base in getattr(service, "bases", [service.base])):
                return service
        return None

    def route(self, request):
        service = self.service(request.path)
        if service is not None:
            return service.handle(request)
        self.server.world.violation(request.path, "no service has this path", refused=True)
        return json_reply(404, {"status_code": 404, "message": "Not Found", "data": None})

    def short_path(self, path):
        service = self.service(path)
        return path if service is None else service.short_path(path)

    def note(self, path, body, rule, reply, reused):
        # A reply that the fault then replaces or drops was not seen by the client.
        status = reply.status if reply is not None and (rule is None or rule.acts()) else None
        record = {"time": iso(time.time()), "method": self.command, "path": path, "status": status,
                  "fault": rule.action if rule else None, "reused_connection": reused,
                  "headers": shown_headers(self.headers),
                  "body": redacted(body, self.headers.get("Content-Type", ""))}
        self.server.world.note_request(record, self.short_path(path))
        if self.server.secrets is not None:
            self.server.secrets.note(self.headers, body, reply)
        self.server.log(f"{record['time']} {self.command} {path} -> {status}"
                        + (f" fault {rule.action}" if rule else ""))

    # what faults use

    def reset(self):
        self.close_connection = True
        reset(self.connection)

    def close(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def hold(self, seconds):
        return self.server.world.stopping.wait(seconds)

    def answer_chunked(self, reply, size):
        body, reply.body = reply.body, b""
        reply.headers = {**reply.headers, "Content-Length": None, "Transfer-Encoding": "chunked"}
        pieces = [body[at:at + size] for at in range(0, len(body), size)]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        self.send(self.render(reply) + chunks + b"0\r\n\r\n")


def shown_headers(headers):
    return {name: value.partition(" ")[0] + " ***" if name.lower() == "authorization" else value
            for name, value in headers.items()}


def redacted(body, kind):
    """The request for people's eyes: no secret is kept."""
    value = read_body(body, kind)
    return f"{len(body)} bytes, not JSON" if value is None else blanked(value)


def blanked(value):
    if isinstance(value, list):
        return [blanked(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: "***" if key in SECRETS else blanked(item) for key, item in value.items()}


class Listener:
    """A server that may be switched off and on again at the same port."""

    def __init__(self, make_server):
        self.make_server = make_server
        self.port = 0
        self.server = None

    def start(self):
        if self.server is None:
            self.server = self.make_server(self.port)
            self.port = self.server.server_address[1]
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        if self.server is not None:
            server, self.server = self.server, None
            server.shutdown()
            server.server_close()
            if isinstance(server, CloudServer):
                server.drop_connections()
