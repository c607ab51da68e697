#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The phone page in a headless Chromium: what it shows and what its buttons do."""
import hashlib
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from browser import CHROMIUM, Browser  # noqa: E402
from simcase import SimCase, b64  # noqa: E402
from simclient import Sim  # noqa: E402
from smartca_sim.transactions import parse_description  # noqa: E402

ONE, CODES = "012345678901", "012345678912"
SHOTS = os.environ.get("SMARTCA_SIM_SHOTS")


@unittest.skipUnless(os.path.exists(CHROMIUM), "Chromium is not installed")
class Phone(SimCase):
    def setUp(self):
        super().setUp()
        self.page = Browser(self.sim.phone_url)
        self.addCleanup(self.page.close)

    def ask(self, name, code="7QF-29K", count=1, description=None):
        documents = {f"{name}-{n}.pdf": hashlib.sha256(f"{name}{n}".encode()).hexdigest() for n in range(count)}
        text = description or f"soffice trên may-tinh-1: {count} tài liệu, mã đối chiếu {code}"
        body = self.sim.sign_body(ONE, documents, name, transaction_desc=text)
        self.assertEqual(self.sim.post("/v1/signatures/sign", body)[0], 200)
        self.page.until(f"document.querySelector('[data-transaction=\"{name}\"]') !== null")

    def text(self, selector):
        return self.page.value(f"document.querySelector('{selector}').innerText")

    def hold_time(self):
        """Decided cards stay until let_time_pass: nobody sees them go too early."""
        self.page.value("void (() => { const go_on = window.setTimeout, held = []; window.setTimeout = (act) => held.push(act);"
                        " window.letTimePass = () => { window.setTimeout = go_on; held.forEach((act) => act()); }; })()")

    def let_time_pass(self):
        self.page.value("letTimePass()")

    def shot(self, name):
        if SHOTS:
            self.page.screenshot(os.path.join(SHOTS, name + ".png"))

    def test_approve_one_reject_one(self):
        self.assertIn("Không có yêu cầu nào", self.text("#empty"))
        self.ask("t-1", count=2)
        self.ask("t-2", code="M4X-8RT")
        card = self.text('[data-transaction="t-1"]')
        for piece in ("7QF-29K", "soffice", "may-tinh-1", "2 tài liệu", "Nguyễn Thị Mẫu", "còn "):
            self.assertIn(piece, card)
        self.shot("two-waiting")
        place = "document.querySelector('[data-transaction=\"t-2\"]').offsetTop"
        before = self.page.value(place)
        self.hold_time()
        self.page.click('[data-transaction="t-1"] .approve')
        self.sim.order("/wait", {"what": "approved"})
        self.page.until("document.querySelectorAll('.card.decided').length === 1")
        self.assertAlmostEqual(self.page.value(place), before, delta=8)
        self.page.click('[data-transaction="t-2"] .reject')
        self.sim.order("/wait", {"what": "rejected"})
        self.page.until("document.querySelectorAll('.card.decided').length === 2")
        self.assertEqual(self.text("#said"), "Đã từ chối: chưa dùng lượt ký nào")
        self.shot("deciding")
        self.let_time_pass()
        self.page.until("document.querySelectorAll('#history li').length === 2")
        self.assertEqual(self.page.value("document.querySelectorAll('.card').length"), 0)
        self.assertIn("Đã dùng 2 lượt ký", self.text("#history-section"))
        self.assertRegex(self.text("#history"), r"\d\d/\d\d/\d{4}")
        self.shot("finished")
        self.assertEqual(self.sim.counter("paid"), 2)

    def test_decided_elsewhere_and_expired(self):
        self.ask("t-1")
        self.ask("t-2")
        self.sim.order("/approve", {"transaction_id": "t-1"})
        self.sim.order("/expire", {"transaction_id": "t-2"})
        self.page.until("document.querySelectorAll('#history li').length === 2")
        self.assertIn("Quá thời gian xác nhận", self.text("#history"))

    def test_second_tap_does_nothing(self):
        self.ask("t-1")
        self.hold_time()
        self.page.value("(() => { const b = document.querySelector('.approve'); b.click(); b.click(); })()")
        self.sim.order("/wait", {"what": "approved"})
        self.page.until("document.querySelector('.card.decided') !== null")
        taps = "performance.getEntriesByName(location.origin + '/approve').length"
        self.page.until(taps + " > 0")
        self.assertEqual(self.page.value(taps), 1)

    def test_nothing_is_html(self):
        self.ask("t-1", description="<img src=x onerror=\"document.title='bad'\"><b>x</b>")
        self.assertEqual(self.page.value("document.querySelectorAll('.card img, .card b').length"), 0)
        self.assertIn("<b>x</b>", self.text(".card"))
        self.shot("hostile")
        other = Browser(self.sim.phone_url)
        self.addCleanup(other.close)
        self.assertEqual(other.value("document.querySelectorAll('.card').length"), 1)
        self.assertNotEqual(other.value("document.title"), "bad")

    def test_languages(self):
        self.ask("t-1")
        self.page.click('[data-language="en"]')
        self.assertIn("1 document", self.text(".card"))
        self.assertIn("left", self.text(".card"))
        english = Browser(self.sim.phone_url, language="en")
        self.addCleanup(english.close)
        self.assertIn("Waiting for confirmation", english.value("document.body.innerText"))

    def test_fits_and_can_be_touched(self):
        self.ask("t-1", count=12)
        self.ask("t-2", description="x" * 400)
        self.page.click('[data-transaction="t-1"] summary')
        self.shot("expanded")
        self.assertEqual(self.page.value("document.documentElement.scrollWidth"), 390)
        small = self.page.value(
            "[...document.querySelectorAll('button, summary')].map(e => e.getBoundingClientRect())"
            ".filter(r => r.height > 0 && (r.height < 44 || r.width < 44)).length")
        self.assertEqual(small, 0)

    def test_sent_code_is_shown(self):
        self.assertFalse(self.page.value("document.getElementById('messages-section').checkVisibility()"))
        base, person = self.sim.services["csc-v1"]["base"], self.person(CODES)
        header = "Basic " + b64(f"{CODES}:{person['password']}".encode())
        token = self.json(base + "/auth/login", {}, header=header)[1]["access_token"]
        self.json(base + "/credentials/sendOTP", {"credentialID": self.id(CODES, "ma-online")}, token)
        self.page.until("document.querySelectorAll('#messages li').length === 1")
        self.assertIn(self.last_code(), self.text("#messages"))
        self.assertIn("Bùi Văn Mã", self.text("#messages"))
        self.shot("message")

    def test_says_when_the_line_is_lost(self):
        own = Sim(identities=self.identities)
        page = Browser(own.phone_url)
        self.addCleanup(page.close)
        own.stop()
        page.until("!document.querySelector('#offline').hidden")


class Description(unittest.TestCase):
    def test_both_languages(self):
        self.assertEqual(
            parse_description("soffice trên may-tinh-1: 1 tài liệu, mã đối chiếu 7QF-29K"),
            {"program": "soffice", "computer": "may-tinh-1", "count_said": 1, "code": "7QF-29K"})
        self.assertEqual(parse_description("a on b on c: 12 documents, code ABC-DEF")["program"], "a on b")
        self.assertIsNone(parse_description("anything else")["code"])


if __name__ == "__main__":
    unittest.main()
