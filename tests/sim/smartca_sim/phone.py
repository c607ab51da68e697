# SPDX-License-Identifier: Apache-2.0
"""The page that stands for the subscriber's phone."""
import json
import os

from .faults import Reply

FOLDER = os.path.join(os.path.dirname(__file__), "phone")
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
          "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
KEPT_HISTORY = 50
HEARTBEAT_SECONDS = 15
FIELDS = ("transaction_id", "service", "state", "holder", "description", "program",
          "computer", "count_said", "code", "created", "finished", "seconds_left", "paid")


def snapshot(world):
    with world.changed:
        world.act_due()
        shown = [shorten(t) for t in world.transactions.all() if t.channel == "phone"]
        finished = [t for t in shown if t["state"] != "waiting"]
        finished.sort(key=lambda t: t["finished"] or "", reverse=True)
        return {"version": world.phone_version,
                "waiting": [t for t in shown if t["state"] == "waiting"],
                "finished": finished[:KEPT_HISTORY],
                "messages": list(reversed(world.messages)),
                "paid": sum(t["paid"] for t in shown)}


def shorten(transaction):
    full = transaction.describe()
    short = {name: full[name] for name in FIELDS}
    short["window"] = transaction.deadline - transaction.opened
    short["documents"] = [d["doc_id"] for d in full["documents"]]
    return short


def serve(handler, path):
    if path in ("/", "/phone"):
        handler.answer(Reply(302, b"", {"Location": "/phone/"}))
    elif path == "/phone/events":
        events(handler)
    elif path == "/phone/state":
        body = json.dumps(snapshot(handler.server.world), ensure_ascii=False).encode()
        handler.answer(Reply(200, body, {"Content-Type": "application/json"}))
    else:
        handler.answer(static(handler, path[len("/phone/"):] or "index.html"))


def static(handler, name):
    kind = TYPES.get(os.path.splitext(name)[1])
    path = os.path.join(FOLDER, name)
    if "/" in name or kind is None or not os.path.isfile(path):
        return Reply(404, b"not found\n", {"Content-Type": "text/plain"})
    with open(path, "rb") as source:
        body = source.read()
    if name == "index.html":
        body = fill(handler, body)
    return Reply(200, body, {"Content-Type": kind + "; charset=utf-8", "X-Frame-Options": "DENY",
                             "X-Content-Type-Options": "nosniff", "Content-Security-Policy": POLICY})


def fill(handler, page):
    """The first state and the browser's language travel in the page, so that it paints at once."""
    state = json.dumps(snapshot(handler.server.world), ensure_ascii=False).replace("<", "\\u003c")
    language = preferred(handler.headers.get("Accept-Language", ""))
    return page.replace(b"@STATE@", state.encode()).replace(b"@LANG@", language.encode())


def preferred(header):
    """vi unless English is asked for first."""
    best = {"vi": 0.0, "en": 0.0}
    for part in header.split(","):
        name, _, rest = part.strip().partition(";")
        language = name.lower().split("-")[0]
        try:
            weight = float(rest.partition("q=")[2] or 1)
        except ValueError:
            weight = 0.0
        if language in best:
            best[language] = max(best[language], weight)
    return "en" if best["en"] > best["vi"] else "vi"


def events(handler):
    """Server-sent events: the whole state at each change."""
    world = handler.server.world
    handler.close_connection = True
    handler.send(handler.render(Reply(200, b"", {
        "Content-Type": "text/event-stream", "Content-Length": None, "Connection": "close"})))
    sent = None
    while not world.stopping.is_set():
        with world.changed:
            if sent == world.phone_version:
                world.changed.wait_for(
                    lambda: world.phone_version != sent or world.stopping.is_set(), HEARTBEAT_SECONDS)
            fresh = world.phone_version != sent
            sent = world.phone_version
        text = "data: " + json.dumps(snapshot(world), ensure_ascii=False) if fresh else ": alive"
        handler.send((text + "\n\n").encode("utf-8"))
