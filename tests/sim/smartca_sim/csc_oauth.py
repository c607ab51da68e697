# SPDX-License-Identifier: Apache-2.0
"""The OAuth 2.0 authorization server of a CSC service: codes by a page, PKCE, PAR, RAR, tokens."""
import base64
import binascii
import dataclasses
import hashlib
import hmac
import json
import re
import secrets
import time
import urllib.parse

from . import consent, strict
from . import csc_check as check
from .csc_check import bad, refused
from .faults import Reply, json_reply

CLIENT_ID = "smartca-sim-client"
CLIENT_SECRET = "bi-mat-csc & =+%"
PUBLIC_CLIENT_ID = "smartca-sim-public"
FORM = "application/x-www-form-urlencoded"
LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?/[A-Za-z0-9_./-]*")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
PUSHED_SECONDS = 90
COMMON = {"response_type": (str, True), "client_id": (str, True), "redirect_uri": (str, True),
          "scope": (str, False), "state": (str, False, 255), "code_challenge": (str, False, 128),
          "code_challenge_method": (str, False), "lang": (str, False), "account_token": (str, False),
          "clientData": (str, False), "credentialID": (str, False), "numSignatures": (str, False),
          "description": (str, False, 500)}
CLIENT = {"client_id": (str, False), "client_secret": (str, False), "clientData": (str, False)}
GRANTS = {
    "authorization_code": {"code": (str, True), "redirect_uri": (str, True), "code_verifier": (str, False),
                           "authorization_details": (str, False)},
    "refresh_token": {"refresh_token": (str, True), "scope": (str, False)},
    "client_credentials": {"scope": (str, False)},
}
DETAIL = {"type", "credentialID", "documentDigests", "hashAlgorithmOID", "locations"}


class Nowhere(Exception):
    """An authorization request that cannot even be sent back to its client."""


@dataclasses.dataclass
class Asked:
    """An authorization request after its checks; the rest is for scope credential only."""
    value: dict
    scope: str = "service"
    credential_id: str = None
    count: int = 0
    hashes: list = dataclasses.field(default_factory=list)
    labels: list = dataclasses.field(default_factory=list)
    details: list = None


@dataclasses.dataclass
class Code:
    asked: Asked
    person: object
    transaction: object
    until: float
    family: str = None


@dataclasses.dataclass
class Machine:
    """Whom a token of client_credentials belongs to: no person."""
    user_id: str


def basic(header):
    """(name, password) of a Basic header."""
    kind, _, text = (header or "").partition(" ")
    if kind.lower() != "basic" or not text:
        raise check.Refused(401, "invalid_request", "Malformed authentication parameter",
                            "the Authorization header is not Basic")
    try:
        pair = base64.b64decode(text.encode("ascii"), validate=True).decode("utf-8")
    except (ValueError, binascii.Error):
        raise check.Refused(401, "invalid_request", "Malformed authentication parameter",
                            "the Basic header is not base64 of UTF-8") from None
    name, colon, password = pair.partition(":")
    if not colon or not name:
        raise bad("Malformed username-password")
    return name, password


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


class AuthorizationServer:
    def __init__(self, api):
        self.api, self.world, self.tokens = api, api.world, api.tokens
        self.base = api.base + "/auth"
        self.codes = {}
        self.pushed = {}
        self.posts = {"/oauth2/token": self.token, "/oauth2/revoke": self.revoke,
                      "/oauth2/pushed_authorize": self.push}

    def handle(self, request, path):
        if path.startswith("/.well-known/"):
            return self.metadata(request)
        short = path[len(self.base):] if path.startswith(self.base + "/") else None
        if short == "/oauth2/authorize" and request.method in ("GET", "POST"):
            return self.authorize(request, path)
        if short not in self.posts:
            self.world.violation(path, "there is no such call")
            return json_reply(404, {"error": "invalid_request", "error_description": "Not found"})
        if request.method != "POST":
            self.world.violation(path, f"{request.method} was used; this call is a POST")
            return Reply(405, b"", {"Allow": "POST"})
        try:
            with self.world.changed:
                return self.posts[short](request, path)
        except check.Refused as problem:
            if problem.sentence:
                self.world.violation(path, problem.sentence)
            return self.api.error(problem)

    def metadata(self, request):
        issuer = f"https://{request.headers.get('Host', '')}{self.base}"
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token",
                 "revocation_endpoint": "revoke", "pushed_authorization_request_endpoint": "pushed_authorize"}
        return json_reply(200, {
            "issuer": issuer, **{name: f"{issuer}/oauth2/{last}" for name, last in names.items()},
            "response_types_supported": ["code"], "grant_types_supported": list(GRANTS),
            "scopes_supported": ["service", "credential"], "code_challenge_methods_supported": ["S256"],
            "authorization_details_types_supported": ["credential"]})

    # the browser

    def authorize(self, request, path):
        query = request.path.partition("?")[2]
        try:
            value = self.query(query, path)
        except (strict.BadBody, Nowhere) as problem:
            self.world.violation(path, str(problem))
            return consent.bad_request(request, str(problem))
        try:
            asked = self.check_asked(value, path)
            return self.decide(request, path, asked)
        except check.Refused as problem:
            if problem.sentence:
                self.world.violation(path, problem.sentence)
            return self.back(value, error=problem.error, error_description=problem.description)

    def query(self, query, path):
        value = strict.parse_form(query.encode())
        if "request_uri" in value:
            return self.pulled(value)
        self.check_return(value)
        return value

    def check_return(self, value):
        if value.get("client_id") not in self.clients():
            raise Nowhere("client_id is not known")
        if not LOOPBACK.fullmatch(value.get("redirect_uri", "")):
            raise Nowhere("redirect_uri is not registered")

    @staticmethod
    def clients():
        return {CLIENT_ID: CLIENT_SECRET, PUBLIC_CLIENT_ID: None}

    def back(self, value, **more):
        if value.get("state"):
            more["state"] = value["state"]
        return consent.back(value["redirect_uri"], **more)

    def check_asked(self, value, path):
        field = self.api.hashes_field
        table = {**COMMON, field: (str, False, 16384)}
        if not self.api.legacy_pkce:
            table.update({"hashAlgorithmOID": (str, False), "authorization_details": (str, False, 65536)})
        check.shape(value, table, self.world.switches["unknown_fields"] == "ignore")
        if value["response_type"] != "code":
            raise check.Refused(400, "unsupported_response_type", "response_type is not code",
                                "response_type is not code")
        if "oauth2code" not in self.world.switches["csc_auth_types"].split(","):
            raise refused("This service has no authorization page", "unauthorized_client")
        if not value.get("state"):
            self.world.violation(path, "there is no state", refused=False)
        self.check_challenge(value)
        asked = Asked(value, value.get("scope", "service"))
        if "authorization_details" in value:
            self.check_details(asked)
        elif asked.scope == "credential":
            self.check_credential(asked, field)
        elif asked.scope != "service":
            raise check.Refused(400, "invalid_scope", "scope is neither service nor credential", "scope is unknown")
        elif {"credentialID", "numSignatures", field} & set(value):
            raise bad("Parameter of scope credential in scope service")
        return asked

    def check_challenge(self, value):
        challenge, method = value.get("code_challenge"), value.get("code_challenge_method", "plain")
        if challenge is None:
            if self.api.legacy_pkce:
                return
            raise bad("Missing (or invalid type) string parameter code_challenge")
        if method != "S256":
            raise bad("Invalid parameter code_challenge_method", "code_challenge_method is not S256")
        if not CHALLENGE.fullmatch(challenge):
            raise bad("Invalid parameter code_challenge", "code_challenge is not the base64url of a SHA-256")

    def check_credential(self, asked, field):
        value = asked.value
        for name in ("credentialID", "numSignatures"):
            if name not in value:
                raise bad(f"Missing (or invalid type) string parameter {name}")
        if not re.fullmatch("[1-9][0-9]{0,5}", value["numSignatures"]):
            raise bad("Invalid value for parameter numSignatures")
        asked.credential_id, asked.count = value["credentialID"], int(value["numSignatures"])
        if field in value:
            asked.hashes = [check.one_digest(text, urlsafe=True) for text in value[field].split(",")]
            self.api.check_lengths(value, asked.hashes)

    def check_details(self, asked):
        value = asked.value
        if "scope" in value and value["scope"] != "credential":
            raise bad("authorization_details with another scope than credential")
        try:
            details = json.loads(value["authorization_details"])
        except (ValueError, RecursionError):
            raise bad("Invalid parameter authorization_details", "authorization_details is not JSON") from None
        if not isinstance(details, list) or len(details) != 1 or not isinstance(details[0], dict):
            raise bad("Invalid parameter authorization_details", "authorization_details is not a list of one object")
        detail = details[0]
        known = detail.get("type") == "credential" and not set(detail) - DETAIL
        if not known or not isinstance(detail.get("credentialID"), str):
            raise bad("Invalid parameter authorization_details", "type, credentialID or another field is wrong")
        documents = detail.get("documentDigests")
        if not isinstance(documents, list) or not all(isinstance(d, dict) for d in documents):
            raise bad("Invalid parameter authorization_details", "documentDigests is not a list of objects")
        asked.hashes = check.digests([d.get("hash") for d in documents], "documentDigests")
        self.api.check_lengths(detail, asked.hashes)
        asked.labels = [str(d.get("label", "")) for d in documents]
        asked.scope, asked.credential_id, asked.count = "credential", detail["credentialID"], len(documents)
        asked.details = details

    def decide(self, request, path, asked):
        answer = self.world.switches["consent"]
        person = self.api.person(answer)
        if answer == "deny":
            raise refused("The user denied the request", "access_denied")
        if person is not None:
            return self.allowed(asked, person)
        what = asked.value["client_id"]
        if asked.scope == "credential":
            what += f" · {asked.value.get('description', '')} · {asked.count}"
        if request.method == "GET":
            return consent.page(request, what)
        form = strict.parse_form(request.body)
        if form.get("decision") != "allow":
            raise refused("The user denied the request", "access_denied")
        with self.world.changed:
            person, problem = self.signed_in(form)
            if problem:
                return consent.page(request, what, problem, form.get("username", ""))
            return self.allowed(asked, person)

    def signed_in(self, form):
        switches, person = self.world.switches, self.api.person(form.get("username", ""))
        if person is None:
            return None, "wrong"
        if person.locked():
            return None, "locked"
        if not person.check_password(form.get("password", ""), switches["lock_after"], switches["lock_seconds"]):
            self.world.count("wrong_passwords")
            return None, "locked" if person.locked() else "wrong"
        return person, None

    def allowed(self, asked, person):
        with self.world.changed:
            transaction = self.permission(asked, person) if asked.scope == "credential" else None
            self.world.count("consents")
            code = secrets.token_urlsafe(24)
            self.codes[code] = Code(asked, person, transaction,
                                    time.monotonic() + self.world.switches["csc_code_seconds"])
        return self.back(asked.value, code=code)

    def permission(self, asked, person):
        credential = next((c for c in person.credentials if c.cert_id == asked.credential_id), None)
        if credential is None:
            raise refused("Invalid parameter credentialID")
        self.api.usable(credential)
        if asked.count > credential.remote["multisign"] or len(asked.hashes) > asked.count:
            raise bad("Numbers of signatures is too high")
        if credential.remote["scal"] == "2" and not asked.hashes:
            raise bad(f"Missing (or invalid type) string parameter {self.api.hashes_field}")
        return self.api.permissions.open(self.api.version, person, credential, asked.count, asked.hashes,
                                         "page", asked.value.get("description", ""), asked.labels)

    # pushed requests

    def push(self, request, path):
        form = self.form(request)
        client_id = self.client(request, form)
        value = {name: text for name, text in form.items() if name != "client_secret"}
        value["client_id"] = client_id
        if "request_uri" in value:
            raise bad("Invalid parameter request_uri", "request_uri was pushed")
        try:
            self.check_return(value)
        except Nowhere as problem:
            raise bad(str(problem)) from None
        self.check_asked(value, path)
        uri = "urn:ietf:params:oauth:request_uri:" + secrets.token_urlsafe(18)
        self.pushed[uri] = (value, time.monotonic() + PUSHED_SECONDS)
        return json_reply(201, {"request_uri": uri, "expires_in": PUSHED_SECONDS})

    def pulled(self, value):
        if set(value) != {"client_id", "request_uri"}:
            raise Nowhere("request_uri goes with client_id alone")
        kept, until = self.pushed.get(value["request_uri"], (None, 0.0))
        if kept is None or kept["client_id"] != value["client_id"] or time.monotonic() >= until:
            raise Nowhere("request_uri is unknown or has expired")
        return kept

    # tokens

    def form(self, request):
        said = strict.headers(request.headers, request.body, FORM)
        try:
            form = strict.parse_form(request.body)
        except strict.BadBody as problem:
            raise bad("The request is malformed", str(problem)) from None
        if said:
            raise bad("The request is malformed", said[0])
        return form

    def client(self, request, form):
        """The client that has proved to be itself: by Basic, by client_secret, or public."""
        header = request.headers.get("Authorization")
        client_id, secret = form.get("client_id"), form.get("client_secret")
        if header:
            if secret is not None:
                raise bad("Invalid parameter client_secret", "the client authenticates in two ways")
            basic_id, secret = (urllib.parse.unquote_plus(part) for part in basic(header))
            if client_id not in (None, basic_id):
                raise bad("Invalid parameter client_id", "client_id is not that of the header")
            client_id = basic_id
        if not client_id:
            raise bad("Missing parameter client_id")
        known = self.clients()
        if client_id not in known:
            raise refused("Invalid parameter client_id", "invalid_client", 401)
        if known[client_id] is not None and secret is None:
            raise bad("Client authorization required")
        if known[client_id] is not None and not same(secret, known[client_id]):
            raise refused("Invalid parameter client_secret", "invalid_client", 401)
        return client_id

    def token(self, request, path):
        form = self.form(request)
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise bad("Missing parameter grant_type")
        if grant_type not in GRANTS:
            raise check.Refused(400, "unsupported_grant_type", "Invalid parameter grant_type", "grant_type is unknown")
        client_id = self.client(request, form)
        for name, (_, required, *_) in GRANTS[grant_type].items():
            if required and not form.get(name):
                raise bad(f"Missing parameter {name}")
        check.shape(form, {"grant_type": (str, True), **CLIENT, **GRANTS[grant_type]},
                    self.world.switches["unknown_fields"] == "ignore")
        act = {"authorization_code": self.by_code, "refresh_token": self.by_refresh,
               "client_credentials": self.by_client}[grant_type]
        return json_reply(200, act(form, client_id), Pragma="no-cache")

    def by_code(self, form, client_id):
        code = self.codes.get(form["code"])
        if code is None:
            raise refused("Invalid parameter code", "invalid_grant")
        if code.family is not None:
            self.tokens.revoke(code.family)
            raise check.Refused(400, "invalid_grant", "Authorization code is invalid or expired",
                                "a code was used twice")
        value = code.asked.value
        if time.monotonic() >= code.until or client_id != value["client_id"]:
            raise refused("Authorization code is invalid or expired", "invalid_grant")
        if form["redirect_uri"] != value["redirect_uri"]:
            raise check.Refused(400, "invalid_grant", "redirect_uri parameter does not match", "redirect_uri differs")
        self.check_verifier(form.get("code_verifier"), value.get("code_challenge"), client_id)
        self.check_same_details(form, code.asked)
        self.world.count("logins")
        reply, code.family = self.credential_token(code, client_id) if code.transaction else self.service_token(
            code.person, client_id)
        return reply

    def check_verifier(self, verifier, challenge, client_id):
        if challenge is None and verifier is None:
            if self.clients()[client_id] is None:
                raise bad("Client authorization required", "a public client without PKCE")
            return
        digest = hashlib.sha256((verifier or "").encode()).digest()
        right = challenge is not None and VERIFIER.fullmatch(verifier or "") is not None
        if not right or not same(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge):
            raise check.Refused(400, "invalid_grant", "Invalid parameter code_verifier",
                                "code_verifier does not lead to the code_challenge")

    def check_same_details(self, form, asked):
        if "authorization_details" not in form:
            return
        try:
            found = json.loads(form["authorization_details"])
        except ValueError:
            found = None
        if asked.details is None or found != asked.details:
            raise bad("Invalid parameter authorization_details", "authorization_details is not that of the request")

    def credential_token(self, code, client_id):
        seconds = self.world.switches["csc_sad_seconds"]
        grant = self.tokens.issue(code.person, client_id, "credential", seconds)
        self.api.permissions.give(code.transaction, grant.access)
        kind = "SAD" if self.api.legacy_pkce else "Bearer"
        reply = {"access_token": grant.access, "token_type": kind, "expires_in": int(seconds)}
        if code.asked.details is not None:
            reply["authorization_details"] = code.asked.details
        return reply, grant.family

    def service_token(self, person, client_id, family=None):
        switches = self.world.switches
        seconds, rotation = switches["csc_token_seconds"], switches["csc_refresh"]
        lasting = switches["csc_refresh_seconds"] if rotation != "none" else None
        if family is not None and rotation == "keep":
            lasting = None
        grant = self.tokens.issue(person, client_id, "service", seconds, lasting, family)
        reply = {"access_token": grant.access, "token_type": "Bearer", "expires_in": int(seconds)}
        if grant.refresh:
            reply["refresh_token"] = grant.refresh
        return reply, grant.family

    def by_refresh(self, form, client_id):
        old = self.tokens.by_refresh.get(form["refresh_token"])
        if old is None or old.client_id != client_id:
            raise refused("Invalid parameter refresh_token", "invalid_grant")
        if old.refresh_spent:
            self.world.count("spent_refreshes")
            self.tokens.revoke(old.family)
            raise check.Refused(400, "invalid_grant", "Invalid parameter refresh_token",
                                "a refresh token was used again after its rotation")
        if time.monotonic() >= old.refresh_until:
            raise refused("Refresh token expired", "invalid_grant")
        if form.get("scope", "service") != "service":
            raise check.Refused(400, "invalid_scope", "scope is not service", "a refresh asks for another scope")
        self.world.count("refreshes")
        old.refresh_spent = self.world.switches["csc_refresh"] == "rotate"
        return self.service_token(old.person, client_id, old.family)[0]

    def by_client(self, form, client_id):
        if "oauth2client" not in self.world.switches["csc_auth_types"].split(","):
            raise refused("client_credentials is not allowed", "unauthorized_client")
        if self.clients()[client_id] is None:
            raise bad("Client authorization required", "a public client asked for client_credentials")
        if form.get("scope", "service") != "service":
            raise check.Refused(400, "invalid_scope", "scope is not service", "client_credentials with another scope")
        self.world.count("logins")
        reply, _ = self.service_token(Machine(client_id), client_id)
        reply.pop("refresh_token", None)
        return reply

    def revoke(self, request, path):
        form = self.form(request)
        self.client(request, form)
        if not form.get("token"):
            raise bad("Missing parameter token")
        self.api.tokens_end(form["token"])
        return Reply(204)
