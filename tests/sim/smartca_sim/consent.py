# SPDX-License-Identifier: Apache-2.0
"""The page in the browser on which a person lets a program use the account."""
import html
import os
import urllib.parse

from . import phone
from .faults import Reply

FILE = os.path.join(os.path.dirname(__file__), "consent.html")
HEADERS = {"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY",
           "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
                                      "base-uri 'none'; frame-ancestors 'none'"}
WORDS = {
    "vi": {"title": "Đăng nhập (mô phỏng)", "asks": "Ứng dụng {} xin phép ký số thay bạn.",
           "user": "Số định danh", "password": "Mật khẩu", "allow": "Đồng ý", "deny": "Từ chối",
           "wrong": "Sai số định danh hoặc mật khẩu.", "locked": "Tài khoản đang bị khóa.",
           "bad": "Yêu cầu đăng nhập không hợp lệ: {}",
           # What a wrong account leads to; the rest is for who writes a client.
           "client_id is not known": "dịch vụ không biết client-id này. Hãy kiểm tra client-id của tài khoản.",
           "redirect_uri is not registered": "redirect_uri chưa được đăng ký với dịch vụ."},
    "en": {"title": "Sign in (simulated)", "asks": "The program {} asks to sign on your behalf.",
           "user": "Personal number", "password": "Password", "allow": "Allow", "deny": "Refuse",
           "wrong": "Wrong personal number or password.", "locked": "The account is locked.",
           "bad": "This login request is not valid: {}"},
}


def language(request):
    return phone.preferred(request.headers.get("Accept-Language", ""))


def page(request, client_id, problem=None, username=""):
    """problem: None, or the key of a sentence above."""
    chosen = language(request)
    words = WORDS[chosen]
    with open(FILE, encoding="utf-8") as source:
        text = source.read()
    shown = {"LANG": chosen, "TITLE": words["title"], "ASKS": words["asks"].format(client_id),
             "PROBLEM": words[problem] if problem else "", "USER": words["user"],
             "PASSWORD": words["password"], "ALLOW": words["allow"], "DENY": words["deny"],
             "USERNAME": username}
    for name, value in shown.items():
        text = text.replace(f"@{name}@", html.escape(value))
    return Reply(200, text.encode(), dict(HEADERS))


def bad_request(request, sentence):
    """Nobody to redirect to: the browser shows why."""
    words = WORDS[language(request)]
    text = words["bad"].format(words.get(sentence, sentence))
    return Reply(400, f"<!doctype html><p>{html.escape(text)}</p>\n".encode(), dict(HEADERS))


def back(redirect_uri, **values):
    return Reply(303, b"", {"Location": redirect_uri + "?" + urllib.parse.urlencode(values)})
