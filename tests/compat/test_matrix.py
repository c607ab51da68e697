#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The matrix of hosts counts what it says, and sees a document that says something else."""
import contextlib
import http.server
import io
import json
import os
import tempfile
import threading
import unittest

import matrix

DOCUMENT = """
| host | version | action | mechanism | prompts | paid | result |
| --- | --- | --- | --- | --- | --- | --- |
| pdfsig | 22 | sign a PDF | CKM_RSA_PKCS | 1 | {paid} | ok |
"""


class Control(http.server.BaseHTTPRequestHandler):
    counters = {"prompts": 0, "paid": 0}

    def do_GET(self):
        body = json.dumps({"counters": self.counters}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class MatrixTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Control)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.where = (self.path("state"), f"http://127.0.0.1:{self.server.server_address[1]}", self.path("ledger"))
        Control.counters = {"prompts": 5, "paid": 5}

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "a", encoding="utf-8") as target:
            target.write(text)
        return self.path(name)

    def sign(self, mechanism, outcome="signed"):
        self.write("ledger", json.dumps({"mechanism": mechanism, "outcome": outcome}) + "\n")

    def said(self, function, *arguments):
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            result = function(*arguments)
        return result, text.getvalue()

    def row(self, failures=0):
        return self.said(matrix.end, *self.where, str(failures))[1]

    def test_counts_between_begin_and_end(self):
        self.sign("CKM_ECDSA")
        matrix.begin(*self.where, "pdfsig", "22", "sign a PDF")
        Control.counters = {"prompts": 6, "paid": 7}
        self.sign("CKM_RSA_PKCS")
        self.sign("CKM_RSA_PKCS", "replayed")
        self.sign("CKM_RSA_PKCS_PSS", "rejected")
        row = json.loads(self.row().removeprefix("# host "))
        self.assertEqual((row["prompts"], row["paid"], row["mechanism"]), (1, 2, ["CKM_RSA_PKCS"]))

    def test_counts_across_a_reset(self):
        matrix.begin(*self.where, "pdfsig", "22", "sign a PDF")
        Control.counters = {"prompts": 6, "paid": 6}
        matrix.tally(*self.where, "--reset")
        Control.counters = {"prompts": 2, "paid": 2}
        row = json.loads(self.row().removeprefix("# host "))
        self.assertEqual((row["prompts"], row["paid"]), (3, 3))

    def output(self, name, status, *lines):
        return self.write(name, "\n".join([*lines, f"# status {status}", ""]))

    def test_table_says_what_went_wrong(self):
        good = '# host {"host": "a", "version": "1", "action": "x", "mechanism": [], "prompts": 0, "paid": 0, "failures": 0}'
        for number, (status, lines, result) in enumerate([
                (0, [good], "ok"),
                (1, [good.replace('"failures": 0', '"failures": 1')], "FAILED"),
                (1, [good], "FAILED elsewhere"),
                (0, ["ok - x # SKIP no reader", good], "ok, SKIP: no reader"),
                (77, ["soffice is not installed"], "SKIP: soffice is not installed"),
                (124, ["half a line"], "FAILED: told nothing, status 124")]):
            with self.subTest(result):
                path = self.output(f"out-compat-{number}.txt", status, *lines)
                self.assertEqual(matrix.rows_of(path)[0]["result"], result)
                self.assertEqual(self.said(matrix.table, False, [path])[0], result.startswith("FAILED"))

    def test_document_is_compared(self):
        matrix.begin(*self.where, "pdfsig", "22", "sign a PDF")
        Control.counters = {"prompts": 6, "paid": 6}
        self.sign("CKM_RSA_PKCS")
        output = self.output("pdfsig.txt", 0, self.row().strip())
        right = self.write("right.md", DOCUMENT.format(paid=1))
        wrong = self.write("wrong.md", DOCUMENT.format(paid=2))
        silent = self.write("silent.md", "")
        self.assertFalse(self.said(matrix.check, right, [output])[0])
        self.assertTrue(self.said(matrix.check, wrong, [output])[0])
        self.assertTrue(self.said(matrix.check, silent, [output])[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
