# SPDX-License-Identifier: Apache-2.0
"""The plain HTTP port for tests and for the phone page. Loopback only."""
import json

from . import crl, ocsp, phone, switches as switch_table
from .faults import FaultError, Reply, json_reply
from .persons import PersonError
from .transport import BaseHandler, LoopbackServer
from .world import Conflict, NotFound

VERDICTS = {"/approve": "approved", "/reject": "rejected", "/expire": "expired"}
MAX_WAIT = 600


class BadOrder(ValueError):
    """A control request that makes no sense; str() says why."""


class ControlServer(LoopbackServer):
    def __init__(self, port, world, listener):
        self.world, self.listener = world, listener
        super().__init__(("127.0.0.1", port), ControlHandler)


class ControlHandler(BaseHandler):
    def serve(self):
        path, _, query = self.path.partition("?")
        body = self.read_body()
        if isinstance(body, Reply):
            self.answer(body)
        elif path in ("/ocsp", "/crl"):  # certificates name them: for everybody
            with self.server.world.changed:
                self.server.world.counters["lists"] += path == "/crl"
                self.answer(ocsp.answer(self.server.world, body) if path == "/ocsp" else crl.answer(self.server.world, query))
        elif not self.from_here():
            self.answer(json_reply(403, {"error": "loopback names only"}))
        elif path == "/" or path.startswith("/phone"):
            phone.serve(self, path)
        else:
            self.answer(self.control(path, body))

    def from_here(self):
        """A web page elsewhere must not press the buttons, not even by DNS rebinding."""
        port = self.server.server_address[1]
        hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in hosts and (
            origin is None or origin in {f"http://{host}" for host in hosts})

    def control(self, path, body):
        world = self.server.world
        if self.command in ("GET", "HEAD"):
            if path == "/state":
                return json_reply(200, world.describe())
            if path == "/requests":
                with world.changed:
                    return json_reply(200, list(world.requests))
            if path == "/persons":
                return json_reply(200, world.persons.describe())
            return json_reply(404, {"error": "GET knows /state, /requests, /persons"})
        try:
            order = json.loads(body or b"{}")
            if not isinstance(order, dict):
                raise BadOrder("the body is not a JSON object")
            return self.order(world, path, order)
        except NotFound as problem:
            return json_reply(404, {"error": str(problem)})
        except Conflict as problem:
            return json_reply(409, {"error": str(problem)})
        except (ValueError, TypeError, KeyError) as problem:
            return json_reply(400, {"error": str(problem)})

    def order(self, world, path, order):
        if path in VERDICTS:
            only(order, "transaction_id")
            transaction, changed = world.decide(order.get("transaction_id"), VERDICTS[path])
            return json_reply(200, {**transaction.describe(), "changed": changed})
        if path == "/wait":
            return wait(world, order)
        act = {"/approve-all": approve_all, "/switch": switch, "/fault": fault, "/reset": reset,
               "/persons": persons, "/tokens": tokens}.get(path)
        if act is not None:
            return json_reply(200, act(world, order))
        if path == "/listen":
            return json_reply(200, self.listen(order))
        raise NotFound(f"there is no {path}")

    def listen(self, order):
        only(order, "on")
        if not isinstance(order.get("on"), bool):
            raise BadOrder("on is true or false")
        if order["on"]:
            self.server.listener.start()
        else:
            self.server.listener.stop()
        return {"listening": self.server.listener.server is not None}


def only(order, *names):
    unknown = set(order) - set(names)
    if unknown:
        raise BadOrder(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(names)}")


def approve_all(world, order):
    only(order)
    with world.changed:
        done = [world.decide(t.transaction_id, "approved")[0] for t in world.transactions.waiting()]
    return {"approved": [t.transaction_id for t in done]}


def switch(world, order):
    with world.changed:
        try:
            world.switches.set(order)
        except switch_table.SwitchError as problem:
            raise BadOrder(str(problem)) from problem
        world.touch()
        return dict(world.switches.values)


def fault(world, order):
    with world.changed:
        if order.get("clear"):
            only(order, "clear")
            world.faults.clear()
        else:
            world.faults.add(order)
        return {"faults": world.faults.describe()}


def reset(world, order):
    only(order, "all")
    world.reset(bool(order.get("all", False)))
    return {"reset": True}


def persons(world, order):
    with world.changed:
        return world.persons.describe_one(world.persons.change(order))


def tokens(world, order):
    only(order, "expire")
    if order.get("expire") not in ("access", "refresh", "code", "all"):
        raise BadOrder("expire is access, refresh, code or all")
    with world.changed:
        return {"expired": sum(store.expire(order["expire"]) for store in world.token_stores)}


def wait(world, order):
    only(order, "what", "count", "timeout")
    what, count = order.get("what", "waiting"), int(order.get("count", 1))
    timeout = min(float(order.get("timeout", 10)), MAX_WAIT)
    try:
        world.reached(what)
    except KeyError:
        raise BadOrder(f"cannot wait for {what}") from None
    reached, value = world.wait(what, count, timeout)
    return json_reply(200 if reached else 408, {"what": what, "count": value, "reached": reached})
