#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A time stamp server (RFC 3161) on loopback, until it is ended; OpenSSL makes the stamps.

tsa_server.py FOLDER   FOLDER/tsa.cnf configures `openssl ts`; FOLDER/tsa.url tells where it listens,
FOLDER/tsa.count how many stamps it gave.
"""
import http.server
import os
import subprocess
import sys

FOLDER = sys.argv[1]


def write(name, text):
    with open(os.path.join(FOLDER, name + ".new"), "w", encoding="ascii") as target:
        target.write(text)
    os.rename(os.path.join(FOLDER, name + ".new"), os.path.join(FOLDER, name))


class Stamp(http.server.BaseHTTPRequestHandler):
    given = 0

    def do_POST(self):
        query = os.path.join(FOLDER, "tsa.query")
        with open(query, "wb") as target:
            target.write(self.rfile.read(int(self.headers["Content-Length"])))
        made = subprocess.run(["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "tsa.query"],
                              cwd=FOLDER, stdout=subprocess.PIPE, check=True).stdout
        Stamp.given += 1
        write("tsa.count", str(Stamp.given))
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(made)))
        self.end_headers()
        self.wfile.write(made)


server = http.server.HTTPServer(("127.0.0.1", 0), Stamp)
write("tsa.count", "0")
write("tsa.url", f"http://127.0.0.1:{server.server_address[1]}/")
server.serve_forever()
