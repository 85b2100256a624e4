"""Every route of the partners' door tried by every kind of partner, with and without a ground: who gets what, in one table."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from hub.app import partners_routes
from hub.partners.details import DETAIL_TYPE
from tests.isolation.filling import routes_of
from tests.journeys.caring import REFERENCE, suspended
from tests.journeys.deciding import tariff
from tests.journeys.doors import Partner
from tests.journeys.test_authorisations import CANTEEN, enrolled, offered, only, subject
from tests.journeys.test_informing import BEHIND, DETAIL, TARIFF, with_quotient
from tests.journeys.test_informing import subject_of as line_of
from tests.journeys.test_linking import code_of, redeem
from tests.system import CAISSE, Resident, System

PUBLIC = {
    "GET /openapi.json", "HEAD /openapi.json", "GET /health", "GET /.well-known/oauth-authorization-server",
    "GET /oauth/jwks", "GET /answers/jwks", "GET /hub/v1/webhook-keys", "GET /journal/key",
    "GET /journal/checkpoints/latest", "GET /journal/checkpoints/{size}",
    "GET /journal/checkpoints/stamped", "GET /journal/checkpoints/{size}/stamp",
    "GET /journal/consistency/{first}/{second}",
}  # fmt: skip
BY_OTHER_PROOF = {
    "POST /oauth/token": "a signed assertion: tests/journeys/test_partner_tokens.py",
    "POST /oauth/revoke": "the same",
    "GET /previews/{ticket}": "a ticket that serves once: tests/journeys/test_own_papers.py",
    "GET /previews/{ticket}/{line_id}": "the same",
    "GET /exports/{ticket}": "the same: tests/journeys/test_export.py",
    "GET /looks/copy/{ticket}": "the same: tests/journeys/test_reviews.py",
    "GET /looks/values/{ticket}": "the same",
    "GET /looks/notes/{ticket}": "the same",
    "GET /looks/exchange/{ticket}": "the same: tests/unit/hub/web/test_ops.py",
    "GET /explanations/{line_id}/{ticket}": "the same: tests/journeys/test_school_file.py",
}
LINKED = {"service": CANTEEN[0], "on_behalf_of": f"treatment:{CANTEEN[0]}"}
NARROW = [{"type": DETAIL_TYPE, "service": "canteen_tariff", "purpose": "canteen_tariff"}]


@dataclass
class Case:
    """What a body may want to know of one family, and what it was offered while it might."""

    system: System
    subject: UUID
    withdrawn: UUID
    told: UUID
    href: str
    release: str
    parent: Resident
    child: str
    linked: str
    proposal: str


@pytest.fixture(scope="module")
def case(running) -> Case:
    caisse, parent, other, informed = Partner(running, "caisse-13"), enrolled(running), enrolled(running), None
    href = offered(caisse, parent)
    release = caisse.fetch(href).headers["release-receipt"]
    other.http.delete(f"/v1/authorisations/{only(other)['authorisation']}").raise_for_status()
    informed = with_quotient(running)
    (child,) = parent.http.get("/v1/children").json()
    link = redeem(caisse, code_of(parent, child["child"], service=CANTEEN[0]), **LINKED).json()
    put = caisse.http.post("/hub/v1/link-proposals", json=proposal(child), auth=caisse.proving(caisse.token())).json()
    lines = (subject(parent), subject(other), line_of(informed, CAISSE, TARIFF))
    return Case(running, *lines, href, release, parent, child["child"], link["subject"], put["proposal_id"])


def proposal(child: dict[str, Any]) -> dict[str, Any]:
    return {name: child[name] for name in ("family_name", "given_names", "born_on")} | LINKED


def code(case: Case) -> dict[str, str]:
    """A fresh code, by a sign-in as fresh as making one takes."""
    case.parent.sign_in()
    return {"code": code_of(case.parent, case.child, service=CANTEEN[0])} | LINKED


def question(subject: UUID, **changed: str) -> dict[str, str]:
    told = {"subject": str(subject), "service": CANTEEN[0], "requirement": CANTEEN[1], "purpose": CANTEEN[0]}
    return told | {"on_behalf_of": f"treatment:{CANTEEN[0]}"} | changed


def leave(subject: UUID) -> dict[str, str]:
    told = question(subject)
    return {name: said for name, said in told.items() if name != "service"}


def right(subject: UUID) -> dict[str, str]:
    return {"subject": str(subject), "service": "holiday_centres", "on_behalf_of": BEHIND}


def ask(subject: UUID) -> dict[str, str]:
    told = question(subject)
    return {name: said for name, said in told.items() if name not in ("service", "purpose")}


def decided(subject: UUID) -> dict[str, Any]:
    told = tariff(subject, kind="registration", service=CANTEEN[0], band="")
    return {"decisions": [told]}


def sends(path: str, body: Callable[[UUID], dict[str, Any]]) -> Callable[[Case, UUID], tuple[str, Any]]:
    return lambda case, subject: (path, body(subject))


TRIES: dict[str, Callable[[Case, UUID], tuple[str, Any]]] = {
    "POST /hub/v1/evidence-requests": sends("/hub/v1/evidence-requests", question),
    "GET /hub/v1/evidence/{handle}/content": lambda case, _: (case.href, None),
    "GET /hub/v1/releases/{release}/receipt": lambda case, _: (f"/hub/v1/releases/{case.release}/receipt", None),
    "POST /hub/v1/family-asks": sends("/hub/v1/family-asks", ask),
    "POST /hub/v1/authorisation-requests": sends("/hub/v1/authorisation-requests", leave),
    "GET /hub/v1/authorisation-requests/{subject}": lambda _, subject: (
        f"/hub/v1/authorisation-requests/{subject}",
        None,
    ),
    "POST /hub/v1/rights-information": lambda case, _: ("/hub/v1/rights-information", right(case.told)),
    "DELETE /hub/v1/rights-information/{subject}/{service}": lambda case, _: (
        f"/hub/v1/rights-information/{case.told}/holiday_centres",
        None,
    ),
    "GET /hub/v1/links": lambda *_: ("/hub/v1/links", None),
    "POST /hub/v1/links": lambda case, _: ("/hub/v1/links", code(case)),
    "POST /hub/v1/link-proposals": lambda case, _: (
        "/hub/v1/link-proposals",
        proposal(next(one for one in case.parent.http.get("/v1/children").json() if one["child"] == case.child)),
    ),
    "GET /hub/v1/link-proposals/{proposal}": lambda case, _: (f"/hub/v1/link-proposals/{case.proposal}", None),
    "DELETE /hub/v1/links/{subject}": lambda case, _: (f"/hub/v1/links/{case.linked}", None),
    "POST /hub/v1/decisions": sends("/hub/v1/decisions", decided),
    "GET /hub/v1/events": lambda *_: ("/hub/v1/events", None),
    "GET /hub/v1/webhook": lambda *_: ("/hub/v1/webhook", None),
    "GET /hub/v1/webhook/sample": lambda *_: ("/hub/v1/webhook/sample", None),
    "POST /hub/v1/webhook/open": lambda *_: ("/hub/v1/webhook/open", None),
    "POST /hub/v1/webhook-replays": lambda *_: ("/hub/v1/webhook-replays", {"since": "2099-01-01T00:00:00Z"}),
}


def full(partner: Partner) -> str:
    """A token for everything the partner's agreements cover, telling of rights too."""
    more = [DETAIL] if partner.slug == "caisse-13" else []
    return partner.token(authorization_details=json.dumps([*partner.details(), *more]))


def tried(case: Case, who: str, name: str) -> str:
    """What one kind of caller gets: the problem's name, the outcome of an answer, or « in »."""
    partner = Partner(case.system, "paris-familles" if who == "other" else "caisse-13")
    token = partner.token(authorization_details=json.dumps(NARROW)) if who == "narrow" else full(partner)
    path, body = TRIES[name](case, case.withdrawn if who == "withdrawn" else case.subject)
    changed = {"purpose": "canteen_tariff"} if who == "purpose" and body and "purpose" in body else {}
    stopping = {"suspended": ("caisse-13",), "agreement": ("caisse-13", "--agreement", REFERENCE)}
    told: dict[str, Any] = {} if body is None else {"json": body | changed}
    told |= {"headers": {"authorization": f"Bearer {token}"}} if who == "bearer" else {}
    told |= {} if who in ("nobody", "bearer") else {"auth": partner.proving(token)}
    with suspended(case.system, *stopping[who]) if who in stopping else nullcontext():
        answer = partner.http.request(name.partition(" ")[0], path, **told)
    return verdict(answer)


def verdict(answer: httpx.Response) -> str:
    assert answer.status_code < 500, answer.text
    if not answer.is_success:
        return str(answer.json()["type"].rpartition(":")[2])
    json_body = answer.headers.get("content-type", "") == "application/json" and answer.content.startswith(b"{")
    return str(answer.json().get("outcome", "in")) if json_body else "in"


COLUMNS = ("nobody", "bearer", "other", "narrow", "purpose", "withdrawn", "agreement", "suspended", "right")
"""No token; one sent as a bearer's; another body's; one for another service only; a purpose that is not the token's; an
authorisation that was taken back; a suspended agreement; a suspended partner; and who may."""
OWN = ("token-missing", "invalid-token", "in", "in", "in", "in", "in", "invalid-token", "in")
ITS = ("token-missing", "invalid-token", "not-found", "in", "in", "in", "in", "invalid-token", "in")
"""What a body was given, or said, before: it stays its own whatever the token is for."""
NARROWLY = ("token-missing", "invalid-token", "not-found", "outside-grant")
ELSEWHERE = ("token-missing", "invalid-token", "outside-agreement", "outside-grant")
TABLE = {
    "POST /hub/v1/evidence-requests": (
        "token-missing", "invalid-token", "outside-agreement", "outside-grant", "outside-grant", "no-ground",
        "outside-agreement", "invalid-token", "documents",
    ),
    "GET /hub/v1/evidence/{handle}/content": (*NARROWLY, "in", "in", "outside-agreement", "invalid-token", "in"),
    "GET /hub/v1/releases/{release}/receipt": ITS,
    "POST /hub/v1/family-asks": (
        *NARROWLY, "never-ask-twice", "never-ask-twice", "outside-agreement", "invalid-token", "never-ask-twice",
    ),
    "POST /hub/v1/authorisation-requests": (
        *NARROWLY, "outside-grant", "in", "outside-agreement", "invalid-token", "in",
    ),
    "GET /hub/v1/authorisation-requests/{subject}": ITS,
    "POST /hub/v1/rights-information": (*NARROWLY, "in", "in", "in", "invalid-token", "in"),
    "DELETE /hub/v1/rights-information/{subject}/{service}": ITS,
    "GET /hub/v1/links": OWN,
    "POST /hub/v1/links": (*ELSEWHERE, "in", "in", "outside-agreement", "invalid-token", "in"),
    "POST /hub/v1/link-proposals": (*ELSEWHERE, "in", "in", "outside-agreement", "invalid-token", "in"),
    "GET /hub/v1/link-proposals/{proposal}": ITS,
    "DELETE /hub/v1/links/{subject}": ITS,
    # An agreement that ended, or another's line, is said decision by decision.
    "POST /hub/v1/decisions": (
        "token-missing", "invalid-token", "outside-grant", "outside-grant", "in", "in", "in", "invalid-token", "in",
    ),
    "GET /hub/v1/events": OWN,
    "GET /hub/v1/webhook": OWN,
    "GET /hub/v1/webhook/sample": OWN,
    "POST /hub/v1/webhook/open": OWN,
    "POST /hub/v1/webhook-replays": OWN,
}  # fmt: skip
"""By route: what each of COLUMNS is told. The suspended agreement is the one of the canteen, not of the rights."""


def test_every_route_has_its_line_or_another_proof():
    found = {route.name for route in routes_of(partners_routes())}
    assert found == TABLE.keys() | PUBLIC | BY_OTHER_PROOF.keys()
    assert TRIES.keys() == TABLE.keys()


@pytest.mark.parametrize("name", TABLE)
def test_each_kind_of_caller_is_told_what_the_table_says(case, name):
    assert {who: tried(case, who, name) for who in COLUMNS} == dict(zip(COLUMNS, TABLE[name], strict=True))
