# SPDX-License-Identifier: Apache-2.0
"""VNPT SmartCA OAuth: /auth/authorize with its page, and /auth/token with three grants."""
import base64
import hashlib
import hmac
import re
import time

from . import consent, strict
from .faults import Reply, json_reply

SCOPES = {"sign", "offline_access"}
CLIENT = {"grant_type": (str, True), "client_id": (str, True), "client_secret": (str, True)}
GRANTS = {
    "authorization_code": {"code": (str, True), "redirect_uri": (str, True), "code_verifier": (str, False)},
    "refresh_token": {"refresh_token": (str, True), "scope": (str, True)},
    "password": {"username": (str, True), "password": (str, True), "scope": (str, False)},
}
BARRED = {"no-password": "password", "no-code": "authorization_code"}
LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?/[A-Za-z0-9_./-]*")
PKCE_TEXT = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class OauthError(Exception):
    """error and error_description of an HTTP 400 answer."""

    def __init__(self, error, description):
        super().__init__(description)
        self.error, self.description = error, description


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


class Login:
    def __init__(self, service, world, tokens, client_id, client_secret):
        self.service, self.world, self.tokens = service, world, tokens
        self.client_id, self.client_secret = client_id, client_secret

    def find(self, user_id):
        return self.world.persons.find(user_id, self.service)

    # the browser

    def authorize(self, request):
        path, _, query = request.path.partition("?")
        try:
            asked = strict.parse_form(query.encode())
        except strict.BadBody as problem:
            return self.refuse_page(request, path, str(problem))
        if not same(asked.get("client_id", ""), self.client_id):
            return self.refuse_page(request, path, "client_id is not known")
        if not self.registered(asked.get("redirect_uri", "")):
            return self.refuse_page(request, path, "redirect_uri is not registered")
        if not asked.get("state"):
            self.world.violation(path, "there is no state", refused=False)
        error, sentence = self.asked_badly(asked)
        if error:
            if error != "unauthorized_client":
                self.world.violation(path, sentence)
            return self.send_back(asked, error=error, error_description=sentence)
        if request.method == "GET":
            return self.ask(request, asked)
        return self.decided(request, path, asked)

    def refuse_page(self, request, path, sentence):
        self.world.violation(path, sentence)
        return consent.bad_request(request, sentence)

    def registered(self, uri):
        exact = self.world.switches["oauth_redirect_uri"]
        return uri == exact if exact else LOOPBACK.fullmatch(uri) is not None

    def asked_badly(self, asked):
        if asked.get("response_type") != "code":
            return "unsupported_response_type", "response_type is not code"
        if not good_scope(asked.get("scope", "")):
            return "invalid_scope", "scope is not sign offline_access"
        if self.world.switches["oauth_grants"] == "no-code":
            return "unauthorized_client", "this client may not use codes"
        mode, challenge = self.world.switches["oauth_pkce"], asked.get("code_challenge")
        if mode == "required" and not challenge:
            return "invalid_request", "code_challenge is missing"
        if mode != "ignored" and challenge is not None:
            if asked.get("code_challenge_method") != "S256":
                return "invalid_request", "code_challenge_method is not S256"
            if not re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge):
                return "invalid_request", "code_challenge is not the base64url of a SHA-256"
        return None, None

    def send_back(self, asked, **values):
        if asked.get("state"):
            values["state"] = asked["state"]
        return consent.back(asked["redirect_uri"], **values)

    def ask(self, request, asked):
        answer = self.world.switches["consent"]
        person = self.find(answer)
        if answer == "deny":
            return self.send_back(asked, error="access_denied")
        if person is not None:
            return self.allowed(asked, person)
        return consent.page(request, self.client_id)

    def decided(self, request, path, asked):
        try:
            form = strict.parse_form(request.body)
        except strict.BadBody as problem:
            return self.refuse_page(request, path, str(problem))
        if form.get("decision") != "allow":
            return self.send_back(asked, error="access_denied")
        with self.world.changed:
            try:
                person = self.checked_person(form.get("username", ""), form.get("password", ""))
            except OauthError:
                person = self.find(form.get("username", ""))
                problem = "locked" if person is not None and person.locked() else "wrong"
                return consent.page(request, self.client_id, problem, form.get("username", ""))
            return self.allowed(asked, person)

    def allowed(self, asked, person):
        with self.world.changed:
            self.world.count("consents")
            code = self.tokens.new_code(
                self.world.switches["oauth_code_seconds"], person=person, client_id=self.client_id,
                scope=asked["scope"], redirect_uri=asked["redirect_uri"],
                challenge=asked.get("code_challenge"))
        return self.send_back(asked, code=code)

    # the token call

    def token(self, request):
        path = request.path.partition("?")[0]
        if request.method != "POST":
            self.world.violation(path, f"{request.method} was used; this call is a POST")
            return Reply(405, b"", {"Allow": "POST"})
        try:
            with self.world.changed:
                return json_reply(200, self.granted(request, path))
        except OauthError as problem:
            text = None if self.world.switches["oauth_error_text"] == "null" else problem.description
            return json_reply(400, {"error": problem.error, "error_description": text})

    def granted(self, request, path):
        form = self.form(request, path)
        right = same(form["client_id"], self.client_id)
        right &= same(form["client_secret"], self.client_secret)
        if not right:
            raise OauthError("invalid_client", "client_id or client_secret is wrong")
        if BARRED.get(self.world.switches["oauth_grants"]) == form["grant_type"]:
            raise OauthError("unauthorized_client", "this client may not use this grant")
        if not good_scope(form.get("scope", "sign offline_access")):
            self.world.violation(path, "scope holds other words than sign, offline_access")
            raise OauthError("invalid_scope", "scope is unknown")
        act = {"authorization_code": self.by_code, "refresh_token": self.by_refresh,
               "password": self.by_password}[form["grant_type"]]
        return act(form, path)

    def form(self, request, path):
        said = strict.headers(request.headers, request.body, "application/x-www-form-urlencoded")
        if request.headers.get("Authorization"):
            said.append("an Authorization header was sent; client_id and client_secret belong in the form")
        form = {}
        try:
            form = strict.parse_form(request.body)
        except strict.BadBody as problem:
            said.append(str(problem))
        grant = form.get("grant_type")
        if not said and grant not in GRANTS:
            self.world.violation(path, "grant_type is none of " + ", ".join(GRANTS))
            raise OauthError("unsupported_grant_type", "grant_type is unknown")
        if not said:
            said = strict.shape(form, {**CLIENT, **GRANTS[grant]})
        for sentence in said:
            self.world.violation(path, sentence)
        if said:
            raise OauthError("invalid_request", said[0])
        return form

    def by_password(self, form, path):
        person = self.checked_person(form["username"], form["password"])
        self.world.count("logins")
        return self.reply(person, form.get("scope", "sign offline_access"))

    def checked_person(self, username, password):
        """The person, or OauthError with the attempts that are left; more than five lock."""
        switches = self.world.switches
        person = self.find(username)
        if person is None:
            raise OauthError("invalid_grant", "invalid_username_or_password")
        if person.locked():
            raise OauthError("invalid_grant", "account_locked")
        if not person.check_password(password, switches["oauth_lock_after"], switches["lock_seconds"]):
            self.world.count("wrong_passwords")
            if person.locked():
                raise OauthError("invalid_grant", "account_locked")
            left = switches["oauth_lock_after"] - person.wrong_passwords
            text = f": {left} attempts left" if switches["oauth_error_text"] == "count" else ""
            raise OauthError("invalid_grant", "invalid_username_or_password" + text)
        return person

    def by_code(self, form, path):
        code = self.tokens.by_code.get(form["code"])
        if code is None:
            self.world.violation(path, "this code was never given", refused=False)
            raise OauthError("invalid_grant", "code is invalid")
        if code.family is not None:
            self.world.violation(path, "a code was used twice", refused=False)
            self.tokens.revoke(code.family)
            raise OauthError("invalid_grant", "code was used")
        if time.monotonic() >= code.until:
            raise OauthError("invalid_grant", "code has expired")
        if form["redirect_uri"] != code.redirect_uri:
            self.world.violation(path, "redirect_uri is not that of the code")
            raise OauthError("invalid_grant", "redirect_uri differs")
        self.check_verifier(form.get("code_verifier"), code.challenge, path)
        self.world.count("logins")
        value = self.reply(code.person, code.scope)
        code.family = self.tokens.by_access[value["access_token"]].family
        return value

    def check_verifier(self, verifier, challenge, path):
        if self.world.switches["oauth_pkce"] == "ignored" or challenge is verifier is None:
            return
        if challenge is None or verifier is None or not PKCE_TEXT.fullmatch(verifier):
            self.world.violation(path, "code_verifier and code_challenge do not belong together")
            raise OauthError("invalid_grant", "code_verifier is missing or out of place")
        digest = hashlib.sha256(verifier.encode()).digest()
        if not same(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge):
            self.world.violation(path, "code_verifier does not lead to the code_challenge")
            raise OauthError("invalid_grant", "code_verifier is wrong")

    def by_refresh(self, form, path):
        switches = self.world.switches
        old = self.tokens.by_refresh.get(form["refresh_token"])
        if old is None:
            raise OauthError("invalid_grant", "refresh_token is invalid")
        if old.refresh_spent:
            self.world.violation(path, "a refresh token was used again after its rotation", refused=False)
            self.world.count("spent_refreshes")
            if switches["oauth_reuse"] == "revoke":
                self.tokens.revoke(old.family)
            raise OauthError("invalid_grant", "refresh_token was used")
        if time.monotonic() >= old.refresh_until:
            raise OauthError("invalid_grant", "refresh_token has expired")
        self.world.count("refreshes")
        if switches["oauth_rotation"] == "rotate":
            old.refresh_spent = True
            return self.reply(old.person, old.scope, family=old.family)
        value = self.reply(old.person, "sign", family=old.family)
        value["scope"] = old.scope
        if switches["oauth_rotation"] == "same":
            value["refresh_token"] = old.refresh
        return value

    def reply(self, person, scope, family=None):
        switches = self.world.switches
        lasting = switches["oauth_refresh_seconds"] if "offline_access" in scope.split() else None
        seconds = switches["oauth_token_seconds"]
        grant = self.tokens.issue(person, self.client_id, scope, seconds, lasting, family)
        value = {"access_token": grant.access, "token_type": "bearer", "scope": scope,
                 "expires_in": int(seconds) if switches["oauth_expires_in"] == "number" else str(int(seconds))}
        if grant.refresh:
            value["refresh_token"] = grant.refresh
        if switches["oauth_expires_in"] == "absent":
            del value["expires_in"]
        return value


def good_scope(scope):
    return bool(scope) and set(scope.split(" ")) <= SCOPES
