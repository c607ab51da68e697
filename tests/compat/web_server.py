#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A web server that asks for a certificate and greets by it, on loopback, until it is ended.

What OpenSSL has verified is written to the page and, one line of JSON for each request, to the log:
name, serial (as in `openssl x509 -serial`), tls, path. Handshakes that fail are logged with "failed".
"""
import argparse
import html
import http.server
import json
import os
import ssl
import threading

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
STALLED = 150  # seconds for one connection


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        client = self.connection.getpeercert()
        name = dict(pair for part in client["subject"] for pair in part)["commonName"]
        self.server.note(name=name, serial=client["serialNumber"], tls=self.connection.version(), path=self.path)
        body = f"<!doctype html><meta charset=utf-8><title>Xin chào</title><p>Xin chào, {html.escape(name)}".encode()
        found = self.path == "/"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, options):
        super().__init__(("127.0.0.1", 0), Page)
        self.log, self.lock = options.log, threading.Lock()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = self.tls.maximum_version = VERSIONS[options.tls]
        self.tls.load_cert_chain(options.certificate, options.key)
        self.tls.load_verify_locations(options.clients)
        self.tls.verify_mode = ssl.CERT_REQUIRED

    def note(self, **line):
        with self.lock, open(self.log, "a", encoding="utf-8") as target:
            target.write(json.dumps(line, ensure_ascii=False) + "\n")

    def process_request_thread(self, request, client_address):
        # The handshake may take as long as a person does: in the connection's own thread.
        request.settimeout(STALLED)
        try:
            line = self.tls.wrap_socket(request, server_side=True)
        except OSError as mistake:
            self.note(failed=str(mistake))
            self.shutdown_request(request)
            return
        super().process_request_thread(line, client_address)

    def handle_error(self, request, client_address):
        pass  # a client that leaves


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("tls", "certificate", "key", "clients", "url", "log"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    server = Server(options)
    with open(options.url + ".new", "w", encoding="ascii") as target:
        target.write(f"https://localhost:{server.server_address[1]}/")
    os.rename(options.url + ".new", options.url)
    server.serve_forever()


main()
