# SPDX-License-Identifier: Apache-2.0
"""Faults: a queue of rules, each spoiling the next requests (or connections) that match it.

A rule names an action; an action says whether the service acts on the request first, and how
the reply then travels. Rules are tried in the order they were set and nothing is random.
"""
import dataclasses
import email.utils
import json
import re

HUGE = 10 * 1024 * 1024
DEEP = 100_000


class FaultError(ValueError):
    """A rule that makes no sense; str() says why."""


@dataclasses.dataclass
class Reply:
    status: int
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)
    close: bool = False


def json_reply(status, value, **headers):
    body = json.dumps(value, ensure_ascii=False).encode("utf-8")
    return Reply(status, body, {"Content-Type": "application/json; charset=utf-8", **headers})


@dataclasses.dataclass
class Rule:
    action: str
    path: str = ""
    count: int = 1
    skip: int = 0
    connection: str = "any"
    act: bool = None
    seconds: float = 30.0
    status: int = 500
    body: str = None
    headers: dict = dataclasses.field(default_factory=dict)
    location: str = "https://127.0.0.1:9/"
    size: int = None
    used: int = 0

    def acts(self):
        return ACTIONS[self.action].acts if self.act is None else self.act


@dataclasses.dataclass(frozen=True)
class Action:
    scope: str
    acts: bool
    deliver: object
    text: str


# How a reply travels; `wire` is the handler's side of the connection (transport.py).

def reset(wire, reply, rule):
    wire.reset()


def close(wire, reply, rule):
    wire.close()


def stall(wire, reply, rule):
    wire.hold(rule.seconds)
    wire.close()


def drip(wire, reply, rule):
    raw = wire.render(reply)
    step = max(1, rule.size or 1)
    pieces = [raw[at:at + step] for at in range(0, len(raw), step)]
    for piece in pieces:
        wire.send(piece)
        if wire.hold(rule.seconds / len(pieces)):
            break
    wire.close()


def truncate(wire, reply, rule):
    raw = wire.render(reply)
    kept = len(raw) - len(reply.body) // 2 - 1 if rule.size is None else rule.size
    wire.send(raw[:kept])
    wire.close()


def status(wire, reply, rule):
    headers = {"Content-Type": "text/html; charset=utf-8", **rule.headers}
    body = rule.body
    if body is None:
        body = f"<html><body><h1>{rule.status}</h1><p>simulated</p></body></html>"
    wire.answer(Reply(rule.status, body.encode("utf-8"), headers))


def redirect(wire, reply, rule):
    code = rule.status if 300 <= rule.status < 400 else 307
    wire.answer(Reply(code, b"", {"Location": rule.location}))


def huge(wire, reply, rule):
    filler = b'{"status_code":200,"message":"' + b"x" * (rule.size or HUGE) + b'","data":null}'
    wire.answer(Reply(200, filler, {"Content-Type": "application/json"}))


def deep(wire, reply, rule):
    levels = rule.size or DEEP
    body = b'{"status_code":200,"data":' + b"[" * levels + b"]" * levels + b"}"
    wire.answer(Reply(200, body, {"Content-Type": "application/json"}))


def garbage(wire, reply, rule):
    body = rule.body.encode("utf-8") if rule.body is not None else b'\x00\xff{"status_code":200,]\xc3('
    wire.answer(Reply(200, body, {"Content-Type": "application/json"}))


def wrong_type(wire, reply, rule):
    """Well-formed JSON in which every value has another type than documented."""
    value = json.loads(reply.body or b"null")
    wire.answer(json_reply(reply.status, other_type(value)))


def other_type(value):
    if isinstance(value, dict):
        return {key: other_type(item) for key, item in value.items()}
    if isinstance(value, list):
        return {str(at): other_type(item) for at, item in enumerate(value)}
    return [value] if isinstance(value, str) else {"value": value}


def content_type(wire, reply, rule):
    reply.headers["Content-Type"] = rule.body or "text/html"
    wire.answer(reply)


def bad_date(wire, reply, rule):
    moment = wire.now() + rule.seconds
    reply.headers["Date"] = email.utils.formatdate(moment, usegmt=True)
    wire.answer(reply)


def close_after(wire, reply, rule):
    """A full answer that promises keep-alive, then an end: the next request meets a dead line."""
    wire.answer(reply)
    wire.close()


def chunked(wire, reply, rule):
    """A valid answer in chunks, without Content-Length."""
    wire.answer_chunked(reply, rule.size or 16)


ACTIONS = {
    "refuse-connection": Action("connection", False, None, "the connection is reset before TLS"),
    "tls-stall": Action("connection", False, None, "the TLS handshake is never answered"),
    "tls-garbage": Action("connection", False, None, "plain text comes instead of TLS"),
    "reset-before": Action("request", False, reset, "reset before the body is read; nothing is done"),
    "close-before": Action("request", False, close, "orderly end before anything is done"),
    "stall": Action("request", False, stall, "nothing is done, no answer for `seconds`, then an end"),
    "act-then-reset": Action("request", True, reset, "done in full, then reset without an answer"),
    "act-then-close": Action("request", True, close, "done in full, then an end without an answer"),
    "act-then-stall": Action("request", True, stall, "done in full, no answer for `seconds`"),
    "act-then-status": Action("request", True, status, "done in full, answered as by `status`"),
    "close-after": Action("request", True, close_after, "good answer, then the kept-alive line ends"),
    "drip": Action("request", True, drip, "good answer, `size` bytes at a time over `seconds`"),
    "truncate": Action("request", True, truncate, "good answer, cut (after `size` bytes)"),
    "chunked": Action("request", True, chunked, "good answer in chunks of `size` bytes"),
    "status": Action("request", False, status, "HTTP `status` with `headers` and `body` (HTML)"),
    "redirect": Action("request", False, redirect, "HTTP 307 (or `status`) to `location`"),
    "huge": Action("request", False, huge, "10 MB (`size`) of JSON"),
    "deep": Action("request", False, deep, "100000 (`size`) nested arrays"),
    "garbage": Action("request", False, garbage, "bytes that are not JSON (or `body`)"),
    "wrong-type": Action("request", True, wrong_type, "good answer with every JSON type changed"),
    "content-type": Action("request", True, content_type, "good answer as text/html (or `body`)"),
    "bad-date": Action("request", True, bad_date, "good answer, Date header off by `seconds`"),
}

TYPES = {"action": str, "path": str, "count": int, "skip": int, "connection": str, "act": bool,
         "seconds": (int, float), "status": int, "body": str, "headers": dict, "location": str,
         "size": int}


def make_rule(order):
    for field, value in order.items():
        if field not in TYPES:
            raise FaultError(f"unknown field {field}; known: {', '.join(TYPES)}")
        if not isinstance(value, TYPES[field]):
            raise FaultError(f"{field} has the wrong type")
    if order.get("action") not in ACTIONS:
        raise FaultError(f"action is one of {', '.join(ACTIONS)}")
    rule = Rule(**order)
    if rule.connection not in ("any", "new", "reused"):
        raise FaultError("connection is any, new or reused")
    if rule.count < 1 or rule.skip < 0:
        raise FaultError("count is at least 1 and skip at least 0")
    try:
        re.compile(rule.path)
    except re.error as problem:
        raise FaultError(f"path is not a regular expression: {problem}") from problem
    return rule


class Faults:
    """Used with the world's lock held."""

    def __init__(self):
        self.rules = []

    def clear(self):
        self.rules = []

    def add(self, order):
        rule = make_rule(order)
        self.rules.append(rule)
        return rule

    def take_connection(self):
        return self.take(lambda rule: ACTIONS[rule.action].scope == "connection")

    def take_request(self, path, reused):
        def fits(rule):
            return (ACTIONS[rule.action].scope == "request" and re.search(rule.path, path)
                    and rule.connection in ("any", "reused" if reused else "new"))
        return self.take(fits)

    def take(self, fits):
        for rule in self.rules:
            if rule.used < rule.count and fits(rule):
                if rule.skip > 0:
                    rule.skip -= 1
                    return None
                rule.used += 1
                return rule
        return None

    def describe(self):
        return [{**dataclasses.asdict(rule), "left": rule.count - rule.used}
                for rule in self.rules]
