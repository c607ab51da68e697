# SPDX-License-Identifier: Apache-2.0
"""Codes, access and refresh tokens of one service. Used with the world's lock held."""
import dataclasses
import hashlib
import hmac
import json
import secrets
import time

from . import sad


@dataclasses.dataclass
class Grant:
    """What one login led to; family is the login, which all its refreshed grants share."""
    person: object
    client_id: str
    scope: str
    family: str
    access: str
    access_until: float
    refresh: str = None
    refresh_until: float = 0.0
    refresh_spent: bool = False


@dataclasses.dataclass
class Code:
    """An authorization code on its way through the browser."""
    person: object
    client_id: str
    scope: str
    redirect_uri: str
    challenge: str
    until: float
    family: str = None


class Tokens:
    def __init__(self, world):
        self.world = world
        self.key = secrets.token_bytes(32)
        self.forget()
        world.token_stores.append(self)

    def forget(self):
        self.by_access = {}
        self.by_refresh = {}
        self.by_code = {}

    def issue(self, person, client_id, scope, seconds, refresh_seconds=None, family=None):
        """refresh_seconds: None gives no refresh token."""
        now = time.monotonic()
        grant = Grant(person, client_id, scope, family or secrets.token_hex(8),
                      self.jwt(person, client_id, scope, seconds), now + seconds)
        self.by_access[grant.access] = grant
        if refresh_seconds is not None:
            grant.refresh, grant.refresh_until = secrets.token_hex(32), now + refresh_seconds
            self.by_refresh[grant.refresh] = grant
        return grant

    def new_code(self, seconds, **facts):
        text = secrets.token_urlsafe(32)
        self.by_code[text] = Code(until=time.monotonic() + seconds, **facts)
        return text

    def jwt(self, person, client_id, scope, seconds):
        now = self.world.now()
        header = {"alg": "HS256", "typ": "JWT"}
        claims = {"sub": person.user_id, "client_id": client_id, "scope": scope,
                  "iat": int(now), "exp": int(now + seconds), "jti": secrets.token_hex(16)}
        signed = ".".join(sad.encode(json.dumps(part).encode()) for part in (header, claims))
        return signed + "." + sad.encode(hmac.digest(self.key, signed.encode(), hashlib.sha256))

    def bearer(self, found):
        """(grant, None) for the Authorization header of a request, or (None, why)."""
        kind, _, token = found.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            return None, "missing"
        grant = self.by_access.get(token)
        if grant is None:
            return None, "unknown"
        return (grant, None) if time.monotonic() < grant.access_until else (None, "expired")

    def revoke(self, family):
        for grant in self.by_access.values():
            if grant.family == family:
                grant.access_until = grant.refresh_until = 0.0

    def expire(self, what):
        """An order of POST /tokens: how many tokens it ended."""
        now, ended = time.monotonic(), 0
        for code in self.by_code.values():
            if what in ("code", "all") and code.until > now:
                code.until, ended = now, ended + 1
        for grant in self.by_access.values():
            if what in ("access", "all") and grant.access_until > now:
                grant.access_until, ended = now, ended + 1
            if what in ("refresh", "all") and grant.refresh_until > now:
                grant.refresh_until, ended = now, ended + 1
        return ended
