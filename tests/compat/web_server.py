#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A web server that asks for a certificate and greets by it, on loopback, until it is ended.

As real ones do it names the authorities that it accepts: clients send the certificates up to one of
those. What OpenSSL has verified is written to the page and, one line of JSON for each request, to
the log: name, serial (as in `openssl x509 -serial`), tls, path. A failed handshake is logged, too.
"""
import argparse
import html
import json
import os
import socket
import threading

from OpenSSL import SSL

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
DEPTH = 5
LOCK = threading.Lock()


def context(options):
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.set_min_proto_version(VERSIONS[options.tls])
    made.set_max_proto_version(VERSIONS[options.tls])
    made.use_certificate_file(options.certificate)
    made.use_privatekey_file(options.key)
    made.load_verify_locations(options.clients)
    made.load_client_ca(options.clients)
    made.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda _, __, ___, ____, good: good)
    made.set_verify_depth(DEPTH)
    made.set_session_id(b"web server of the tests")
    return made


def note(log, **line):
    with LOCK, open(log, "a", encoding="utf-8") as target:
        target.write(json.dumps(line, ensure_ascii=False) + "\n")


def answer(line, options):
    """One request; False when it is to be the last."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += line.recv(65536)
    path = head.split()[1].decode()
    client = line.get_peer_certificate()
    name = client.get_subject().CN
    note(options.log, name=name, serial=f"{client.get_serial_number():X}", tls=line.get_protocol_version_name(), path=path)
    found = path == "/"
    body = f"<!doctype html><meta charset=utf-8><title>Xin chào</title><p>Xin chào, {html.escape(name)}".encode() if found else b""
    line.sendall(f"HTTP/1.1 {'200 OK' if found else '404 Not Found'}\r\nContent-Type: text/html; charset=utf-8\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return b"\r\nconnection: close" not in head.lower()


def serve(tls, plain, options):
    line = SSL.Connection(tls, plain)
    line.set_accept_state()
    try:
        line.do_handshake()
    except SSL.Error as mistake:
        note(options.log, failed=str(mistake))
        plain.close()
        return
    try:
        while answer(line, options):
            pass
        line.shutdown()
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(65536):
            pass  # closing with something unread would take the answer back
    except (SSL.Error, OSError):
        pass  # the client has left
    plain.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("tls", "certificate", "key", "clients", "url", "log"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    tls = context(options)
    door = socket.create_server(("127.0.0.1", 0))
    with open(options.url + ".new", "w", encoding="ascii") as target:
        target.write(f"https://localhost:{door.getsockname()[1]}/")
    os.rename(options.url + ".new", options.url)
    while True:
        plain, _ = door.accept()
        threading.Thread(target=serve, args=(tls, plain, options), daemon=True).start()


main()
