"""A partner verifies, remembers once, asks by itself, also after a restart; against a small hub of the test."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from connectors.caisse_fichiers.codec import PupilFileCodec
from connectors.caisse_fichiers.pupils import PupilFile, PupilLine
from connectors.file_drop import FileDropTransport
from connectors.http import HttpTransport
from connectors.jose import check_claims, verify_compact, verify_self_signed
from connectors.port import Binding
from connectors.sandbox.app import create_app
from connectors.sandbox.provisioning import create_drop_folder, create_partner_keys, create_webhook_secret
from connectors.webhook.codec import MANIFEST, Notification, WebhookCodec
from contracts.identifiers import new_uuid
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from tests.unit.connectors.sandbox.serving import free_socket, serving, settings_for
from tests.unit.connectors.wire import SIRET

SLUG = "caisse-13"
SUBJECT = str(UUID(int=5))
PAPER = b"%PDF-1.7 made up"
HOOKS = WebhookCodec()


@dataclass
class Hub:
    """A hub that hands out one paper, and remembers what it was asked."""

    url: str
    key: dict[str, Any]
    down: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def token(self, form: dict[str, str]) -> Response:
        claims = verify_compact(form["client_assertion"], [self.key], typ=None)
        check_claims(claims, issuer=SLUG, audience=self.url, now=datetime.now(UTC), max_life=timedelta(seconds=60))
        assert form["scope"] == "evidence"
        assert form["client_id"] == claims["sub"] == SLUG
        (wanted,) = json.loads(form["authorization_details"])
        assert wanted["type"] == "urn:unefois:evidence-request"
        return JSONResponse({"access_token": "tok", "token_type": "DPoP", "expires_in": 300})

    def nonce_wanted(self, request: Request, token: str | None) -> bool:
        """Whether the proof of a request, which must be right, still lacks the nonce."""
        claims, _ = verify_self_signed(request.headers["dpop"], typ="dpop+jwt")
        assert claims["htm"] == request.method
        assert claims["htu"] == f"{self.url}{request.url.path}"
        assert claims["jti"] not in self.seen
        self.seen.add(claims["jti"])
        if token is not None:
            assert request.headers["authorization"] == f"DPoP {token}"
            digest = hashlib.sha256(token.encode()).digest()
            assert claims["ath"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return claims.get("nonce") != "number-1"

    def answer(self, asked: dict[str, Any]) -> Response:
        self.asked.append(asked)
        if asked["purpose"] == "bursary":
            return JSONResponse({"type": "urn:unefois:problem:outside-agreement"}, status_code=403)
        if asked["requirement"] == "late":
            return JSONResponse({"outcome": "pending", "awaited": ["tax_notice"]}, status_code=202)
        href = "/hub/v1/evidence/h1/content?request=r1"
        piece = {"id": "h1", "type": "tax_notice", "grade": "sealed", "media_type": "application/pdf", "href": href}
        return JSONResponse({"outcome": "documents", "evidence": [piece], "request": "r1"})


def nonce_first(status: int) -> Response:
    return JSONResponse({"error": "use_dpop_nonce"}, status, {"DPoP-Nonce": "number-1"})


def app_of(hub: Hub) -> FastAPI:
    app = FastAPI()

    @app.post("/oauth/token")
    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if hub.down:
            return Response(status_code=503)
        return nonce_first(400) if hub.nonce_wanted(request, None) else hub.token(form)

    @app.post("/hub/v1/evidence-requests")
    async def requests(request: Request) -> Response:
        if hub.nonce_wanted(request, "tok"):
            return nonce_first(401)
        return hub.answer({**await request.json(), "key": request.headers["idempotency-key"]})

    @app.get("/hub/v1/evidence/h1/content")
    def content(request: str, http: Request) -> Response:
        assert not hub.nonce_wanted(http, "tok")
        digest = base64.b64encode(hashlib.sha256(PAPER).digest()).decode()
        headers = {"Repr-Digest": f"sha-256=:{digest}:", "Release-Receipt": f"receipt-{request}"}
        return Response(PAPER, media_type="application/pdf", headers=headers)

    return app


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    bound, url = free_socket()
    found = Hub(url, create_partner_keys(tmp_path, SLUG))
    with serving(app_of(found), bound):
        yield found


@dataclass(frozen=True)
class Partner:
    """The partner in a running sandbox."""

    url: str
    secret: str

    def notify(self, message: UUID, *, secret: str | None = None) -> ExchangeOutcome:
        data = {"subject": SUBJECT, "service": "canteen_tariff", "requirement": "household_income"}
        event = {"type": "fr.paris.unefois.requirement.satisfied.v1", "data": data | {"school_year": "2026-2027"}}
        command = Notification(message, datetime.now(UTC), event)
        binding = Binding("b", f"{self.url}/webhook", SIRET, {"webhook_secret": SecretStr(secret or self.secret)})
        with HttpTransport(MANIFEST.limits, origin=self.url) as transport:
            return HOOKS.decode(command, transport.send(HOOKS.encode(command, binding)))

    def received(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/received").json()
        return found

    def ask(self, **changes: str) -> dict[str, Any]:
        question = {"subject": SUBJECT, "service": "canteen_tariff", "requirement": "x", "purpose": "canteen_tariff"}
        told: dict[str, Any] = httpx.post(f"{self.url}/ask", json=question | changes).json()
        return told


def start(state: Path, hub: Hub) -> Any:
    bound, url = free_socket()
    served = serving(create_app(settings_for(state, url, hub.url)), bound)
    return served, Partner(f"{url}/partners/{SLUG}", create_webhook_secret(state, SLUG))


@pytest.fixture
def partner(tmp_path: Path, hub: Hub) -> Iterator[Partner]:
    served, found = start(tmp_path, hub)
    with served:
        yield found


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_notification_is_followed_by_a_pull(partner: Partner, hub: Hub) -> None:
    assert partner.notify(new_uuid()).kind is OutcomeKind.APPLIED
    eventually(lambda: bool(partner.received()["asks"]))
    asked = partner.received()["asks"][0]
    assert (asked["outcome"], asked["status"], asked["purpose"]) == ("documents", 200, "canteen_tariff")
    piece = asked["evidence"][0]
    assert (piece["size"], piece["sha256"]) == (len(PAPER), hashlib.sha256(PAPER).hexdigest())
    assert piece["digest_matches"] is True
    assert piece["receipt"] == "receipt-r1"
    assert hub.asked[0]["subject"] == SUBJECT
    assert hub.asked[0]["on_behalf_of"]


def test_the_same_notification_twice_is_one(partner: Partner, hub: Hub) -> None:
    message = new_uuid()
    assert [partner.notify(message).kind for _ in range(3)] == [OutcomeKind.APPLIED] * 3
    eventually(lambda: bool(partner.received()["asks"]))
    time.sleep(0.2)
    assert len(partner.received()["notifications"]) == len(hub.asked) == 1


def test_a_notification_signed_by_another_is_refused(partner: Partner) -> None:
    assert partner.notify(new_uuid(), secret="whsec_" + "A" * 44).kind is OutcomeKind.AUTH_FAILED
    assert partner.received()["notifications"] == []


def test_what_a_restart_interrupted_is_asked_after_it_with_the_same_key(tmp_path: Path, hub: Hub) -> None:
    hub.down = True
    served, before = start(tmp_path, hub)
    message = new_uuid()
    with served:
        before.notify(message)
        time.sleep(0.1)
    hub.down = False
    served, after = start(tmp_path, hub)
    with served:
        eventually(lambda: bool(hub.asked))
        eventually(lambda: after.received()["asks"][-1]["outcome"] == "documents")
        assert after.notify(message).kind is OutcomeKind.APPLIED
        time.sleep(0.2)
    assert len(hub.asked) == 1


def test_a_hub_that_is_away_for_a_moment_is_asked_again(partner: Partner, hub: Hub) -> None:
    hub.down = True
    partner.notify(new_uuid())
    time.sleep(0.1)
    hub.down = False
    eventually(lambda: bool(hub.asked))


def test_it_can_be_made_to_ask(partner: Partner) -> None:
    told = partner.ask()
    assert (told["status"], told["outcome"]) == (200, "documents")
    assert told["answer"]["request"] == "r1"
    assert partner.ask(requirement="late")["outcome"] == "pending"


def test_a_refusal_is_told_with_its_problem_type(partner: Partner) -> None:
    told = partner.ask(purpose="bursary")
    assert (told["status"], told["outcome"]) == (403, "refused")
    assert told["detail"] == "urn:unefois:problem:outside-agreement"
    assert partner.received()["asks"][-1]["detail"] == told["detail"]


def test_no_byte_of_a_paper_is_kept(partner: Partner, tmp_path: Path) -> None:
    partner.ask()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert PAPER not in kept


def test_it_misbehaves_when_told(partner: Partner) -> None:
    base = partner.url.partition("/partners")[0]
    httpx.post(f"{base}/sandbox/faults", json={"target": f"partners/{SLUG}", "kind": "410"})
    assert partner.notify(new_uuid()).kind is OutcomeKind.CLOSED
    assert partner.notify(new_uuid()).kind is OutcomeKind.APPLIED


def test_a_partner_without_keys_is_nobody(partner: Partner) -> None:
    base = partner.url.removesuffix(SLUG)
    for slug in ("other", "..%2f..", "UPPER"):
        assert httpx.get(f"{base}{slug}/received").status_code == 404
        assert httpx.post(f"{base}{slug}/webhook").status_code == 404


def test_the_drop_folder_is_read_as_the_caisse_would(partner: Partner, tmp_path: Path) -> None:
    folder = create_drop_folder(tmp_path, SLUG)
    line = PupilLine(
        new_uuid(), "OUVRARD", "Maëlle", date(2018, 6, 5), "2026-2027", "canteen", "satisfied", 4, "sealed", None
    )
    command = PupilFile(SIRET, date(2026, 9, 14), 1, [line])
    codec = PupilFileCodec()
    outcome = codec.decode(command, FileDropTransport(folder).send(codec.encode(command, Binding("b", "", SIRET))))
    assert outcome.kind is OutcomeKind.APPLIED
    (folder / "broken.csv").write_bytes(b"x")
    (folder / ".half.csv.part").write_bytes(b"x")
    files = httpx.get(f"{partner.url}/files").json()["files"]
    assert [(file["name"], file["lines"]) for file in files] == [(command.name, 1), ("broken.csv", None)]
    assert files[0]["sha256"] == outcome.receipt


def test_keys_and_secrets_are_made_once_and_are_ours_alone(tmp_path: Path) -> None:
    assert create_partner_keys(tmp_path, "p") == create_partner_keys(tmp_path, "p")
    assert create_webhook_secret(tmp_path, "p") == create_webhook_secret(tmp_path, "p")
    assert "d" not in create_partner_keys(tmp_path, "p")
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {0o600}
