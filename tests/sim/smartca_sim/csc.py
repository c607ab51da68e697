# SPDX-License-Identifier: Apache-2.0
"""Cloud Signature Consortium: what versions 1.0.4 and 2.x have in common. See ../csc.md."""
import dataclasses
import secrets
import time

from . import csc_check as check
from . import csc_info, factors, schemes, spoil, strict
from .csc_check import bad, refused
from .csc_oauth import CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID, AuthorizationServer, Machine, basic
from .csc_sad import BadSad, Permissions
from .faults import Reply, json_reply
from .tokens import Tokens

# One place for every sentence about a SAD: (description, is it a violation).
SAD_PROBLEMS = {
    "unknown": ("Invalid parameter SAD", None),
    "used": ("Invalid parameter SAD", "a SAD was used again after its last signature or its renewal"),
    "other": ("Invalid parameter SAD", "the SAD belongs to another credential"),
    "expired": ("SAD expired", None),
    "hash": ("Hash is not authorized by the SAD", "a hash is not one that the SAD was given for"),
    "again": ("Hash is not authorized by the SAD", "a hash was signed before with this SAD"),
    "count": ("Numbers of signatures is too high", "more hashes than the SAD permits"),
}


@dataclasses.dataclass
class Call:
    """One request after its header was checked."""
    path: str
    value: dict
    grant: object
    host: str


@dataclasses.dataclass
class Batch:
    """The part of a permission that one signHash made, in the form that spoil.py wants."""
    credential: object
    documents: list

    @classmethod
    def of(cls, world, credential, documents, scheme):
        if scheme.kind == "ecdsa" and world.switches["ecdsa_form"] == "raw":
            documents = [dataclasses.replace(d, signature=schemes.raw_ecdsa(credential.key, d.signature))
                         for d in documents]
        return cls(credential, documents)


@dataclasses.dataclass
class Response:
    """What an asynchronous signHash left to be fetched."""
    person: object
    texts: list
    polls_left: int
    until: float


class Csc:
    """A subclass has name, version, base, the names of the fields, and authorize()."""
    calls = {}

    def __init__(self, world, vault):
        self.world, self.vault = world, vault
        self.tokens = Tokens(world)
        self.permissions = Permissions(world, "csc")
        self.oauth = AuthorizationServer(self)
        self.responses = {}
        self.pages = {}
        self.api = f"{self.base}/csc/{self.version}"

    def describe(self):
        return {"base": self.api, "oauth2": f"{self.base}/auth", "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET, "public_client_id": PUBLIC_CLIENT_ID,
                "redirect_uri": "http://127.0.0.1:*/*"}

    def account(self, person):
        if self.person(person.user_id) is None:
            return None
        return {"user_id": person.user_id, "password": person.password, "pin": person.pin,
                "credentials": {c.id: c.cert_id for c in person.credentials}}

    def person(self, user_id):
        return self.world.persons.find(user_id, "csc")

    def short_path(self, path):
        return path[len(self.base):] if path.startswith(self.base) else path

    # requests

    def handle(self, request):
        path = request.path.partition("?")[0]
        if not path.startswith(self.api + "/"):
            return self.oauth.handle(request, path)
        name = path[len(self.api) + 1:]
        if name not in self.calls:
            self.world.violation(path, "there is no such call")
            return self.error(check.Refused(501, "invalid_request", "Method not implemented"))
        if request.method != "POST":
            self.world.violation(path, f"{request.method} was used; every call is a POST")
            return Reply(405, b"", {"Allow": "POST"})
        try:
            with self.world.changed:
                self.world.act_due()
                answer = self.call(request, path, name)
            return answer() if callable(answer) else answer
        except check.Refused as problem:
            if problem.sentence:
                self.world.violation(path, problem.sentence)
            return self.error(problem)

    def error(self, problem):
        value = {"error": problem.error, "error_description": problem.description}
        if self.world.switches["csc_descriptions"] == "absent":
            del value["error_description"]
        headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
        return json_reply(problem.status, value, **headers)

    def call(self, request, path, name):
        method, needs_token, table = self.calls[name]
        value = self.body(request)
        grant = self.grant(request, name) if needs_token else None
        check.shape(value, table, self.world.switches["unknown_fields"] == "ignore")
        call = Call(path, value, grant, request.headers.get("Host", ""))
        if name == "auth/login":
            return self.login(call, request.headers.get("Authorization"))
        found = getattr(self, method)(call)
        return found if isinstance(found, Reply) or callable(found) else json_reply(200, found)

    def body(self, request):
        said = strict.headers(request.headers, request.body)
        try:
            value = strict.parse(request.body)
        except strict.BadBody as problem:
            raise bad("The request is malformed", str(problem)) from None
        if said:
            raise bad("The request is malformed", said[0])
        return value

    def grant(self, request, name):
        grant, why = self.tokens.bearer(request.headers)
        if grant is None and why == "missing":
            raise bad("Malformed authorization header")
        if grant is None:
            self.world.count("refused_tokens")
            error = self.world.switches["csc_expired_error"] if why == "expired" else "invalid_token"
            raise refused("The access or refresh token is expired or has been revoked"
                          if error == "expired_token" else "The access token is not valid", error, 401)
        if grant.scope == "credential" and name != "signatures/signHash":
            raise check.Refused(401, "invalid_token", "The access token is not valid",
                                "a token of scope credential was used for another call than signHash")
        return grant

    # the service's own authorization

    def login(self, call, header):
        switches = self.world.switches
        status = switches["csc_login_http"]
        old = call.value.get("refresh_token")
        if old is not None:
            return json_reply(200, self.relogin(old))
        if "basic" not in switches["csc_auth_types"].split(","):
            raise refused("This service does not authorize by auth/login", "unauthorized_client")
        user_id, password = basic(header)
        person = self.person(user_id)
        right = person is not None and not person.locked()
        if right and not person.check_password(password, switches["lock_after"], switches["lock_seconds"]):
            right = False
        if not right:
            self.world.count("wrong_passwords")
            raise refused("An error occurred during authentication process", "authentication_error", status)
        self.world.count("logins")
        return json_reply(200, self.login_reply(person, call.value.get("rememberMe", False)))

    def relogin(self, old):
        grant = self.tokens.by_refresh.get(old)
        if grant is None or grant.client_id or time.monotonic() >= grant.refresh_until:
            raise refused("Invalid refresh_token")
        self.world.count("refreshes")
        return self.login_reply(grant.person, False)

    def login_reply(self, person, remember):
        switches = self.world.switches
        seconds = switches["csc_token_seconds"]
        grant = self.tokens.issue(person, "", "service", seconds,
                                  switches["csc_refresh_seconds"] if remember else None)
        value = {"access_token": grant.access, "expires_in": int(seconds)}
        if grant.refresh:
            value["refresh_token"] = grant.refresh
        return value

    def revoke(self, call):
        hint = call.value.get("token_type_hint")
        if hint not in (None, "access_token", "refresh_token"):
            raise bad("Invalid string parameter token_type_hint")
        if not self.tokens_end(call.value["token"]):
            raise refused("Invalid string parameter token")
        return Reply(204)

    def tokens_end(self, token):
        """An access token ends alone, a refresh token with all that came of its login."""
        if token in self.tokens.by_refresh:
            self.tokens.revoke(self.tokens.by_refresh[token].family)
            return True
        if token in self.tokens.by_access:
            self.tokens.by_access[token].access_until = 0.0
            return True
        return False

    # credentials

    def info(self, call):
        return csc_info.service(self, call.host)

    def whose(self, call):
        """The person whose credentials are meant: the token's, or the one in userID."""
        user_id = call.value.get("userID")
        if not isinstance(call.grant.person, Machine):
            if user_id is not None:
                raise bad("userID parameter MUST be null")
            return call.grant.person
        person = self.person(user_id) if user_id else None
        if person is None:
            raise refused("Invalid parameter userID")
        return person

    def credential(self, call):
        """The credential that is meant, of the token's person; of any person for a machine."""
        person = call.grant.person
        persons = self.world.persons.by_id.values() if isinstance(person, Machine) else [person]
        for one in persons:
            for credential in one.credentials:
                if credential.cert_id == call.value["credentialID"] and self.person(one.user_id):
                    return one, credential
        raise refused("Invalid parameter credentialID")

    def list(self, call):
        self.world.count("listings")
        check.certificates(call.value)
        person = self.whose(call)
        credentials = person.credentials
        if call.value.get("onlyValid"):
            credentials = [c for c in credentials if c.status_now() == "VALID"]
        credentials, token = self.page(call, credentials)
        value = {"credentialIDs": [c.cert_id for c in credentials]}
        if token:
            value["nextPageToken"] = token
        if call.value.get("credentialInfo") and self.world.switches["csc_list_infos"]:
            value["credentialInfos"] = [
                {"credentialID": c.cert_id, **csc_info.credential(self, c, call.value)} for c in credentials]
        if call.value.get("onlyValid"):
            value["onlyValid"] = True
        return csc_info.dressed(self.world.switches, value)

    def page(self, call, credentials):
        begin, size = 0, self.world.switches["csc_page_size"] or len(credentials)
        asked, token = call.value.get("maxResults"), call.value.get("pageToken")
        if asked is not None and asked < 1:
            raise bad("Invalid parameter maxResults")
        if token is not None:
            if token not in self.pages:
                raise refused("Invalid parameter pageToken")
            begin = self.pages[token]
        end = begin + min(size, asked or size)
        if end >= len(credentials):
            return credentials[begin:], None
        follow = secrets.token_urlsafe(12)
        self.pages[follow] = end
        return credentials[begin:end], follow

    def credential_info(self, call):
        check.certificates(call.value)
        _, credential = self.credential(call)
        return csc_info.dressed(self.world.switches, csc_info.credential(self, credential, call.value))

    # permissions

    def usable(self, credential):
        state = credential.status_now()
        if state in ("REVOKED", "SUSPENDED") or self.world.switches["key_status"] == "disabled":
            raise refused("The credential identified by credentialID is disabled")

    def wanted(self, call, credential):
        """(numSignatures, digests) of an authorization, checked against the credential."""
        value, field = call.value, self.hashes_field
        count = value["numSignatures"]
        if count < 1:
            raise bad("Invalid value for parameter numSignatures")
        if count > credential.remote["multisign"]:
            raise bad("Numbers of signatures is too high")
        if field not in value and credential.remote["scal"] == "2":
            raise bad(f"Missing (or invalid type) array parameter {field}")
        hashes = check.digests(value[field], field) if field in value else []
        if len(hashes) > count:
            raise bad("Numbers of signatures is too high", "more hashes than numSignatures")
        self.check_lengths(value, hashes)
        return count, hashes

    def check_lengths(self, value, hashes):
        raise NotImplementedError

    def check_factors(self, call, person, credential, given):
        try:
            factors.check(self.world, person, credential, given)
        except factors.WrongFactor as wrong:
            if wrong.reused:
                self.world.violation(call.path, "a one-time code was used twice")
            raise self.wrong_factor(wrong) from None

    def sad_reply(self, transaction):
        value = {"SAD": self.permissions.give(transaction)}
        if self.world.switches["csc_expires_in"]:
            value["expiresIn"] = int(self.world.switches["csc_sad_seconds"])
        return value

    def ended(self, transaction):
        """The error of a permission that was not given."""
        if transaction.state == "rejected":
            status, _, error = self.world.switches["csc_reject_form"].partition("-")
            words = {"access_denied": "The user, authorization server or remote service denied the request",
                     "invalid_authentication_data": "The authentication data is invalid",
                     "invalid_request": "The user rejected the authorization"}
            return refused(words[error], error, int(status))
        if transaction.state == "expired":
            return refused("The authorization was not confirmed in time",
                           self.world.switches["csc_expire_error"])
        return refused("The authorization failed", "server_error", 500)

    def blocked(self, transaction):
        """Wait for the phone: nothing is answered before the person has decided."""
        seconds = self.world.switches["csc_block_seconds"] or None
        self.world.changed.wait_for(
            lambda: transaction.state != "waiting" or self.world.stopping.is_set(), seconds)
        if transaction.state == "waiting":
            raise refused("The person has not decided yet", "temporarily_unavailable", 503)
        if transaction.state != "approved":
            raise self.ended(transaction)
        return self.sad_reply(transaction)

    def sad(self, call, token, credential):
        try:
            return self.permissions.find(token, credential)
        except BadSad as problem:
            raise sad_error(problem) from None

    def extend(self, call):
        _, credential = self.credential(call)
        sad = self.sad(call, call.value["SAD"], credential)
        field = self.hashes_field
        if field not in call.value and credential.remote["scal"] == "2":
            raise bad(f"Missing (or invalid type) array parameter {field}")
        hashes = check.digests(call.value[field], field) if field in call.value else []
        self.check_lengths(call.value, hashes)
        try:
            token = self.permissions.extend(sad, hashes)
        except BadSad as problem:
            raise sad_error(problem) from None
        return {"SAD": token, "expiresIn": int(self.world.switches["csc_sad_seconds"])}

    # signatures

    def sign_hash(self, call):
        credential, sad = self.permitted(call)
        hashes = check.digests(call.value[self.hashes_field], self.hashes_field)
        allowed = self.world.switches["csc_hashes"].split(",")
        scheme = check.scheme(call.value, self.hash_algo_field, self.algorithms(credential), allowed)
        check.lengths(hashes, scheme.hash)
        mode = self.mode(call)
        if credential.status_now() != "VALID":
            name = credential.certificate.subject.rfc4514_string()
            raise refused(f"Signing certificate '{name}' is {credential.status_now().lower()}")
        if not self.world.pack_allows(len(hashes)):
            raise refused("No signatures are left", "access_denied", 403)
        try:
            documents = self.permissions.choose(sad, hashes)
        except BadSad as problem:
            raise sad_error(problem) from None
        for document in documents:
            document.scheme = scheme
        self.world.charge(sad.transaction, documents)

        def answer():
            """Without the world's lock: others are served while the key works."""
            sad.transaction.credential.sign_all(documents)
            with self.world.changed:
                texts = self.texts(sad.transaction, documents, scheme)
                return json_reply(200, mode(call, texts) if mode else {"signatures": texts})
        return answer

    def algorithms(self, credential):
        wanted = self.world.switches["csc_algos"].split(",")
        if wanted == [""]:
            wanted = credential.remote.get("algos", [*schemes.RSA_ALGORITHMS, *schemes.EC_ALGORITHMS])
        return [oid for oid in wanted if (schemes.ALGORITHMS[oid][0] == "ecdsa") == bool(credential.curve)]

    def texts(self, transaction, documents, scheme):
        made = Batch.of(self.world, transaction.credential, documents, scheme)
        self.world.touch(phone=True)
        return [text for _, text in spoil.signatures(self.world.switches, self.vault, made)]

    def mode(self, call):
        """None for an answer at once, or what makes the answer of an asynchronous call."""
        return None


def sad_error(problem):
    description, sentence = SAD_PROBLEMS[problem.kind]
    return bad(description, sentence) if sentence else refused(description)
