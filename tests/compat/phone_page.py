#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the phone page as a telephone would, waits for a request and taps.

phone_page.py URL approve|reject PREFIX [LANGUAGE]   prints the card's text; PREFIX-waiting.png, PREFIX-done.png
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "sim"))

from browser import Browser  # noqa: E402


def main():
    url, tap, prefix, *language = sys.argv[1:]
    page = Browser(url, language=language[0] if language else "vi")
    try:
        page.until("document.querySelector('.card') !== null")
        print(page.value("document.querySelector('.card').innerText"))
        if page.value("document.documentElement.scrollWidth") > 390:
            sys.exit("the page is wider than a telephone")
        page.screenshot(prefix + "-waiting.png")
        page.click(f".card .{tap}")
        page.until("document.querySelector('.card.decided') !== null")
        page.screenshot(prefix + "-done.png")
    finally:
        page.close()


main()
