"""What a partner's engineer runs against the hub: each step of docs/partners.md, passed or failed, and what to do then."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from connectors.errors import TokenRefused, WebhookRefused
from connectors.jose import generate_key, sign_compact, sign_self_signed
from connectors.webhook.signature import verify
from vault.bootstrap import utc_now

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DETAIL_TYPE = "urn:unefois:evidence-request"
METADATA_PATH = "/.well-known/oauth-authorization-server"
TIMEOUT_S = 15.0
_SERVICES = ("bursary", "canteen_tariff")
"""Two services with one requirement of the same name, one of which is not the service that the token is for."""


@dataclass(frozen=True, slots=True)
class Who:
    """The partner that asks, and what its agreement lets it ask about."""

    base_url: str
    client_id: str
    key: Mapping[str, Any] = field(repr=False)
    service: str
    requirement: str
    purpose: str
    on_behalf_of: str
    webhook_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: whether it passed, what was seen, and what to do where it did not; ``None`` where it does not apply."""

    name: str
    passed: bool | None
    seen: str
    to_do: str = ""

    def words(self) -> str:
        """Return the step as a line or two for a terminal."""
        state = "skipped" if self.passed is None else "passed" if self.passed else "FAILED"
        head = f"{state:<8} {self.name:<22} {self.seen}".rstrip()
        return head if self.passed is not False else f"{head}\n{'':<8} → {self.to_do}"


class Unexpected(Exception):
    """An answer is not the one that was to come; its text is what was seen."""


class NotForUs(Exception):
    """The step is not for this partner; its text says why."""


class Check:
    """One run against one hub; each step may build on those before it."""

    def __init__(self, who: Who, http: httpx.Client | None = None) -> None:
        """Prove with a fresh key of this run who sends; ``http`` is for tests."""
        self._who = who
        self._http = http or httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)
        self._proof_key = generate_key("proof")
        self._nonce: str | None = None
        self._about: dict[str, Any] = {}
        self._assertion = ""
        self._token = ""

    def steps(self) -> Iterator[Step]:
        """Run every step and yield how each went; a step without what it needs from another fails by itself."""
        for name, act, to_do in self._plan():
            try:
                yield Step(name, passed=True, seen=act())
            except NotForUs as reason:
                yield Step(name, None, str(reason))
            except Unexpected as seen:
                yield Step(name, passed=False, seen=str(seen), to_do=to_do)
            except (httpx.HTTPError, WebhookRefused, TokenRefused, KeyError, TypeError, ValueError) as error:
                yield Step(name, passed=False, seen=type(error).__name__, to_do=to_do)

    def _plan(self) -> tuple[tuple[str, Callable[[], str], str], ...]:
        who = "register the public part of --key under --client-id with the City, and set this machine's clock"
        return (
            (
                "metadata",
                self._metadata,
                "is --base-url the address of the partners' door, without a slash at the end?",
            ),
            (
                "keys",
                self._keys,
                "the hub's keys must be read anew every five minutes; tell the City if they stay away",
            ),
            ("nonce", self._first_nonce, "send a proof (DPoP) with the token request; the first answer gives a nonce"),
            ("token", self._get_token, who + "; --service and --purpose must be those of your agreement"),
            ("assertion once", self._assertion_again, "an assertion must serve once; tell the City at once"),
            ("bearer refused", self._as_bearer, "a token without proof must open nothing; tell the City at once"),
            ("proof once", self._proof_again, "a proof must serve once; tell the City at once"),
            ("unknown subject", self._unknown, "are --service, --requirement and --on-behalf-of in your agreement?"),
            ("outside the token", self._outside, "a token must open only what it names; tell the City at once"),
            ("retry under a key", self._retried, "a retry under an Idempotency-Key must have the first answer"),
            (
                "decision sent back",
                self._decided,
                "a decision about nobody's line must be refused by itself; tell the City",
            ),
            ("events", self._events, "read /hub/v1/events with the token; keep the header Events-Cursor"),
            ("foreign cursor", self._cursor, "a cursor that is none must be refused; tell the City"),
            ("webhook", self._webhook, "when your receiver is well again: POST /hub/v1/webhook/open"),
            ("webhook signature", self._signature, "is --webhook-secret the newest one? Verify the raw body"),
            ("revocation", self._revoked, "a token taken back must open nothing; tell the City at once"),
        )

    def _metadata(self) -> str:
        answer = self._http.get(self._who.base_url + METADATA_PATH)
        _wants(answer, 200)
        self._about = answer.json()
        if self._about["issuer"] != self._who.base_url:
            raise Unexpected(f"issuer {self._about['issuer']}")
        return str(self._about["issuer"])

    def _keys(self) -> str:
        answer = self._http.get(self._about["jwks_uri"])
        _wants(answer, 200)
        names = [key["kid"] for key in answer.json()["keys"] if "d" not in key]
        if not names:
            raise Unexpected("no public key")
        return ", ".join(names)

    def _first_nonce(self) -> str:
        answer = self._ask_token()
        _wants(answer, 400, "use_dpop_nonce")
        self._nonce = answer.headers["dpop-nonce"]
        return "given"

    def _get_token(self) -> str:
        answer = self._ask_token()
        _wants(answer, 200)
        told = answer.json()
        if (kind := told["token_type"]) != "DPoP":
            raise Unexpected(f"token_type {kind}")
        self._token, self._nonce = told["access_token"], answer.headers.get("dpop-nonce", self._nonce)
        return f"{told['expires_in']} s, for {', '.join(one['service'] for one in told['authorization_details'])}"

    def _assertion_again(self) -> str:
        return _refusal(self._ask_token(assertion=self._assertion), 401, "invalid_client")

    def _as_bearer(self) -> str:
        url = self._who.base_url + "/hub/v1/events"
        return _refusal(self._http.get(url, headers={"authorization": f"Bearer {self._token}"}), 401, "invalid-token")

    def _proof_again(self) -> str:
        url = self._who.base_url + "/hub/v1/events"
        headers = self._headers("GET", url, self._token)
        _wants(self._http.get(url, headers=headers), 200)
        return _refusal(self._http.get(url, headers=headers), 401, "invalid-proof")

    def _unknown(self) -> str:
        answer = self._question(self._who.service)
        _wants(answer, 200)
        if answer.json()["outcome"] != "none":
            raise Unexpected(f"outcome {answer.json()['outcome']}")
        return "none"

    def _outside(self) -> str:
        other = next(one for one in _SERVICES if one != self._who.service)
        return _refusal(self._question(other, purpose=other, requirement="household_income"), 403, "outside-")

    def _retried(self) -> str:
        key, subject = str(uuid4()), str(uuid4())
        answers = [self._question(self._who.service, subject=subject, key=key).json()["request"] for _ in range(2)]
        if answers[0] != answers[1]:
            raise Unexpected("two answers")
        return "one answer"

    def _decided(self) -> str:
        """Send a decision that nothing can come of: its line is nobody's."""
        today = utc_now().date().isoformat()
        told = {
            "kind": "refusal",
            "service": self._who.service,
            "line": str(uuid4()),
            "number": f"check-{uuid4()}",
            "decided_on": today,
            "valid_from": today,
            "refused_for": "other",
            "author": {"service": "partner check", "function": "engineer"},
            "remedies": [{"kind": "gracious", "before": "nobody", "within_months": 2}],
        }
        answer = self._call("POST", "/hub/v1/decisions", {"decisions": [told]})
        _wants(answer, 200)
        (one,) = answer.json()["decisions"]
        if one["flaw"] in ("not_in_agreement", "not_yours_to_decide"):
            raise NotForUs("your agreement lets you send no refusal for this service")
        if (one["outcome"], one["flaw"]) != ("refused", "no_such_line"):
            raise Unexpected(f"{one['outcome']} {one['flaw']}")
        return "refused: no_such_line"

    def _events(self) -> str:
        answer = self._call("GET", "/hub/v1/events?limit=5")
        _wants(answer, 200)
        if not answer.headers["content-type"].startswith("application/cloudevents-batch+json"):
            raise Unexpected(answer.headers["content-type"])
        if any(event["specversion"] != "1.0" for event in answer.json()):
            raise Unexpected("not CloudEvents 1.0")
        _wants(self._call("GET", f"/hub/v1/events?after={answer.headers['events-cursor']}"), 200)
        return f"{len(answer.json())} read, cursor {answer.headers['events-cursor']}"

    def _cursor(self) -> str:
        return _refusal(self._call("GET", "/hub/v1/events?after=AQAAAAAAAAAA"), 422, "invalid")

    def _webhook(self) -> str:
        answer = self._call("GET", "/hub/v1/webhook")
        if answer.status_code == 409:
            raise NotForUs("no address in your partner's file")
        _wants(answer, 200)
        told = answer.json()
        if told["state"] != "open":
            raise Unexpected(f"{told['state']} since {told['off_since'] or told['failing_since']}")
        return "open"

    def _signature(self) -> str:
        answer = self._call("GET", "/hub/v1/webhook/sample")
        if answer.status_code == 409:
            raise NotForUs("no address in your partner's file")
        _wants(answer, 200)
        told, now = answer.json(), utc_now()
        published = self._http.get(self._who.base_url + "/hub/v1/webhook-keys").json()
        (keys,) = (one["keys"] for one in published if one["client_id"] == self._who.client_id)
        verify([], told["headers"], told["body"].encode(), now=now, keys=keys)
        try:
            verify([], told["headers"], told["body"].encode() + b" ", now=now, keys=keys)
        except WebhookRefused:
            pass
        else:
            raise Unexpected("a changed body verifies")
        if self._who.webhook_secret is None:
            return "v1a; give --webhook-secret to try v1"
        verify([self._who.webhook_secret], told["headers"], told["body"].encode(), now=now)
        return "v1 and v1a"

    def _revoked(self) -> str:
        form = self._form() | {"token": self._token}
        url = self._about["revocation_endpoint"]
        _wants(self._http.post(url, data=form, headers=self._headers("POST", url, None)), 200)
        return _refusal(self._call("GET", "/hub/v1/events"), 401, "invalid-token")

    def _form(self) -> dict[str, str]:
        who, at = self._who, int(utc_now().timestamp())
        claims = {"iss": who.client_id, "sub": who.client_id, "aud": self._about["issuer"], "iat": at, "exp": at + 60}
        assertion = sign_compact(claims | {"jti": str(uuid4())}, who.key)
        return {"client_id": who.client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    def _ask_token(self, *, assertion: str | None = None) -> httpx.Response:
        form = self._form() | ({} if assertion is None else {"client_assertion": assertion})
        self._assertion = form["client_assertion"]
        wanted = {"type": DETAIL_TYPE, "service": self._who.service, "purpose": self._who.purpose}
        form |= {"grant_type": "client_credentials", "authorization_details": json.dumps([wanted])}
        url = self._about["token_endpoint"]
        return self._http.post(url, data=form, headers=self._headers("POST", url, None))

    def _question(self, service: str, *, key: str | None = None, **changed: str) -> httpx.Response:
        asked = {
            "subject": str(uuid4()),
            "service": service,
            "requirement": self._who.requirement,
            "purpose": self._who.purpose,
            "on_behalf_of": self._who.on_behalf_of,
        }
        return self._call("POST", "/hub/v1/evidence-requests", asked | changed, key=key)

    def _call(self, method: str, path: str, body: object = None, *, key: str | None = None) -> httpx.Response:
        url = self._who.base_url + path
        headers = self._headers(method, url, self._token) | ({} if key is None else {"idempotency-key": key})
        return self._http.request(method, url, json=body, headers=headers)

    def _headers(self, method: str, url: str, token: str | None) -> dict[str, str]:
        claims: dict[str, Any] = {"jti": str(uuid4()), "htm": method, "htu": url.partition("?")[0]}
        claims |= {"iat": int(utc_now().timestamp())} | ({} if self._nonce is None else {"nonce": self._nonce})
        if token is None:
            return {"dpop": sign_self_signed(claims, self._proof_key, typ="dpop+jwt")}
        claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        proof = sign_self_signed(claims, self._proof_key, typ="dpop+jwt")
        return {"authorization": f"DPoP {token}", "dpop": proof}


def _wants(answer: httpx.Response, status: int, error: str = "") -> None:
    """Raise :class:`Unexpected` with status and error of an answer that is another one."""
    named = _named(answer)
    if answer.status_code != status or error not in named:
        raise Unexpected(f"{answer.status_code} {named}".strip())


def _refusal(answer: httpx.Response, status: int, error: str) -> str:
    _wants(answer, status, error)
    return f"refused: {status} {_named(answer)}"


def _named(answer: httpx.Response) -> str:
    """Return the error an answer names: by OAuth's member or a problem's type."""
    try:
        told = answer.json()
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    return str(told.get("error") or told.get("type") or "").rpartition(":")[2]
