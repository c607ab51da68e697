#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A proxy on loopback that knows CONNECT only.

proxy_server.py FOLDER [USER:PASSWORD]

Writes its address to FOLDER/url and, for each request that it gets, the request line and the names
of its headers to FOLDER/seen, one line each: "CONNECT 127.0.0.1:8443 host,user-agent". With
USER:PASSWORD it wants these (407 otherwise).
"""
import base64
import os
import select
import socket
import socketserver
import sys


class Line(socketserver.StreamRequestHandler):
    def handle(self):
        words = self.rfile.readline(4096).decode("latin-1").split()
        headers = {}
        while (line := self.rfile.readline(4096).decode("latin-1").strip()) and ":" in line:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        with open(os.path.join(self.server.folder, "seen"), "a", encoding="utf-8") as out:
            print(*words[:2], ",".join(sorted(headers)), file=out)
        if self.server.wanted and headers.get("proxy-authorization") != self.server.wanted:
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                             b"Proxy-Authenticate: Basic realm=\"proxy\"\r\nContent-Length: 0\r\n\r\n")
        elif words[0] != "CONNECT":
            self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        else:
            host, port = words[1].rsplit(":", 1)
            self.carry(host.strip("[]"), int(port))

    def carry(self, host, port):
        with self.server.connect(host, port) as far:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\nDate: Thu, 01 Jan 1998 00:00:00 GMT\r\n"
                             b"Retry-After: 86000\r\n\r\n")
            ends = {self.connection: far, far: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    try:
                        data = end.recv(65536)
                    except OSError:
                        data = b""
                    if not data:
                        return
                    ends[end].sendall(data)


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def connect(self, host, port):
        return socket.create_connection((host, port))

    def handle_error(self, request, client_address):
        pass  # a client that has gone


def main():
    folder = sys.argv[1]
    with Proxy(("127.0.0.1", 0), Line) as proxy:
        proxy.folder = folder
        proxy.wanted = None
        if len(sys.argv) > 2:
            proxy.wanted = "Basic " + base64.b64encode(sys.argv[2].encode()).decode()
        with open(os.path.join(folder, "url.new"), "w", encoding="utf-8") as out:
            print(f"http://127.0.0.1:{proxy.server_address[1]}", file=out)
        os.rename(os.path.join(folder, "url.new"), os.path.join(folder, "url"))
        proxy.serve_forever()


main()
