"""The agencies we call, through their codecs and a real socket: what they keep, what they refuse, what they merge."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from connectors.agency_rest.codec import BursaryRestCodec, CaisseRestCodec, EnrolmentRestCodec
from connectors.caisse.commands import Register, ReservationAsked
from connectors.http import HttpTransport
from connectors.paris_familles.codec import ParisFamillesCodec
from connectors.paris_familles.commands import (
    Content,
    ControlCreate,
    ControlUpdate,
    Create,
    RegistrationAsked,
    Tariff,
    Update,
)
from connectors.port import Binding, Depth
from connectors.sandbox.provisioning import create_binding_secret
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from tests.unit.connectors.caisse import made_up
from tests.unit.connectors.sandbox.conftest import Sandbox
from tests.unit.connectors.wire import SIRET

FAMILLES = ParisFamillesCodec()
REST = {"caisses": CaisseRestCodec(), "agencies": BursaryRestCodec()}


@pytest.fixture
def transport(sandbox: Sandbox) -> Iterator[HttpTransport]:
    with HttpTransport(FAMILLES.manifest.limits, origin=sandbox.url) as way:
        yield way


def familles(sandbox: Sandbox, **changes: str) -> Binding:
    secrets = {
        "token": create_binding_secret(sandbox.state, "agencies/paris-familles.token"),
        "client_code": create_binding_secret(sandbox.state, "agencies/paris-familles.client"),
    } | changes
    known = {name: SecretStr(value) for name, value in secrets.items()}
    return Binding("b", f"{sandbox.url}/agencies/paris-familles", SIRET, known)


Ask = Callable[..., ExchangeOutcome]


@pytest.fixture
def ask(sandbox: Sandbox, transport: HttpTransport) -> Ask:
    sandbox.http.post("/agencies/paris-familles/sandbox", json={"act": "forget"}).raise_for_status()

    def act(command: Any, **changes: str) -> ExchangeOutcome:
        request = FAMILLES.encode(command, familles(sandbox, **changes))
        return FAMILLES.decode(command, transport.send(request))

    return act


def happen(sandbox: Sandbox, **order: str) -> None:
    sandbox.http.post("/agencies/paris-familles/sandbox", json=order).raise_for_status()


def content(last: int = 1, **changes: Any) -> Content:
    said: dict[str, Any] = {
        "line": made_up.number(last),
        "child": made_up.number(100 + last),
        "family_name": "N’Diaye-Œuvrard",
        "first_name": "Zoé",
        "birth_date": date(2018, 6, 5),
        "service": "after_school",
        "school_year": "2026-2027",
    }
    return Content(**(said | changes))


def test_a_registration_is_made_once(ask: Ask) -> None:
    made = ask(Create(content=content()))
    assert (made.kind, made.data["registration"]) == (OutcomeKind.APPLIED, made.receipt)
    again = ask(Create(content=content()))
    assert (again.kind, again.code) == (OutcomeKind.CONFLICT, "duplicate_suspicion")


def test_a_dry_run_does_nothing(ask: Ask) -> None:
    assert ask(ControlCreate(content=content())).kind is OutcomeKind.FOUND
    assert ask(RegistrationAsked(line=content().line)).kind is OutcomeKind.ABSENT


def test_a_dry_run_refuses_what_the_write_would(ask: Ask) -> None:
    incomplete = content(family_name="")
    for command in (ControlCreate(content=incomplete), Create(content=incomplete)):
        refused = ask(command)
        assert (refused.kind, refused.data["fields"]) == (OutcomeKind.REJECTED, ["family_name"])


def test_a_change_gives_back_the_date_it_saw(ask: Ask, sandbox: Sandbox) -> None:
    made = ask(Create(content=content()))
    decided = content(tariff=Tariff(band="4", number="T-1", decided_by=SIRET, valid_until=date(2027, 8, 31)))
    change = Update(registration=made.receipt, last_update_date=made.data["last_update_date"], content=decided)
    dry = ControlUpdate(**change.model_dump(exclude={"operation"}))
    assert ask(dry).kind is OutcomeKind.FOUND
    done = ask(change)
    assert done.kind is OutcomeKind.APPLIED
    stale = ask(change)
    assert (stale.kind, stale.code) == (OutcomeKind.CONFLICT, "stale_last_update_date")
    assert stale.data["last_update_date"] == done.data["last_update_date"] != change.last_update_date


def test_a_doubt_is_settled_by_looking(ask: Ask) -> None:
    create = Create(content=content())
    look = FAMILLES.lookup(create)
    assert ask(look).kind is OutcomeKind.ABSENT
    ask(create)
    assert ask(look).kind is OutcomeKind.FOUND
    other = FAMILLES.lookup(Create(content=content(first_name="Ana")))
    assert (ask(other).kind, ask(other).code) == (OutcomeKind.CONFLICT, "other_content")


def test_two_that_became_one_answer_with_the_one_that_lives_on(ask: Ask, sandbox: Sandbox) -> None:
    gone, lives = ask(Create(content=content(1))), ask(Create(content=content(2)))
    happen(sandbox, act="merge", registration=gone.receipt, into=lives.receipt)
    change = Update(registration=gone.receipt, last_update_date=gone.data["last_update_date"], content=content(1))
    for command in (change, RegistrationAsked(line=content(1).line)):
        outcome = ask(command)
        assert (outcome.kind, outcome.data["new_reference"]) == (OutcomeKind.SUPERSEDED, lives.receipt)


def test_a_good_answer_that_warns_is_partial(ask: Ask, sandbox: Sandbox) -> None:
    happen(sandbox, act="warn")
    made = ask(Create(content=content()))
    assert (made.kind, made.code, made.data["warnings"]) == (OutcomeKind.PARTIAL, "acknowledge:warning", 1)
    assert "unknown customer" not in str(made)


@pytest.mark.parametrize("secret", ["token", "client_code"])
def test_another_secret_is_refused(ask: Ask, secret: str) -> None:
    assert ask(Create(content=content()), **{secret: "x"}).kind is OutcomeKind.AUTH_FAILED


@pytest.mark.parametrize(
    ("kind", "write", "read"),
    [
        ("503", OutcomeKind.IN_DOUBT, OutcomeKind.UNAVAILABLE),
        ("504", OutcomeKind.IN_DOUBT, OutcomeKind.UNAVAILABLE),
        ("429", OutcomeKind.RATE_LIMITED, OutcomeKind.RATE_LIMITED),
        ("garbage", OutcomeKind.IN_DOUBT, OutcomeKind.CONTRACT_BREACH),
        ("410", OutcomeKind.IN_DOUBT, OutcomeKind.CONTRACT_BREACH),
    ],
)
def test_what_is_no_answer_is_a_doubt_for_a_write(
    ask: Ask, sandbox: Sandbox, kind: str, write: OutcomeKind, read: OutcomeKind
) -> None:
    order = {"target": "agencies/paris-familles", "kind": kind, "count": 2}
    sandbox.http.post("/sandbox/faults", json=order).raise_for_status()
    assert ask(Create(content=content())).kind is write
    assert ask(RegistrationAsked(line=content().line)).kind is read


def test_its_health_and_our_contract_there_can_be_asked(sandbox: Sandbox, transport: HttpTransport) -> None:
    for depth, request in FAMILLES.probes(familles(sandbox)).items():
        assert FAMILLES.judge_probe(depth, transport.send(request)).kind is OutcomeKind.FOUND, depth
    asked = FAMILLES.probes(familles(sandbox, token="x"))[Depth.AUTH]
    assert FAMILLES.judge_probe(Depth.AUTH, transport.send(asked)).kind is OutcomeKind.AUTH_FAILED


def agency(sandbox: Sandbox, kind: str, slug: str, token: str = "") -> Binding:
    own = token or create_binding_secret(sandbox.state, f"{kind}/{slug}.token")
    return Binding("b", f"{sandbox.url}/{kind}/{slug}/api", SIRET, {"token": SecretStr(own)})


def tell(
    sandbox: Sandbox, transport: HttpTransport, kind: str, slug: str, command: Any, token: str = ""
) -> ExchangeOutcome:
    codec = REST[kind]
    return codec.decode(command, transport.send(codec.encode(command, agency(sandbox, kind, slug, token))))


def test_a_caisse_keeps_a_line_once_and_apart_from_anothers(sandbox: Sandbox, transport: HttpTransport) -> None:
    first = tell(sandbox, transport, "caisses", "caisse-6", made_up.REGISTER)
    again = tell(sandbox, transport, "caisses", "caisse-6", made_up.REGISTER)
    other = tell(sandbox, transport, "caisses", "caisse-10", made_up.REGISTER)
    assert [one.kind for one in (first, again, other)] == [
        OutcomeKind.APPLIED,
        OutcomeKind.DUPLICATE,
        OutcomeKind.APPLIED,
    ]
    own = create_binding_secret(sandbox.state, "caisses/caisse-10.token")
    assert tell(sandbox, transport, "caisses", "caisse-6", made_up.REGISTER, own).kind is OutcomeKind.AUTH_FAILED


def test_one_family_that_is_refused_leaves_the_others(sandbox: Sandbox, transport: HttpTransport) -> None:
    refused = made_up.FAMILIES.families[1].reference
    agency(sandbox, "caisses", "caisse-18")
    sandbox.http.post(f"/caisses/caisse-18/api/sandbox/refuses/{refused}").raise_for_status()
    outcome = tell(sandbox, transport, "caisses", "caisse-18", made_up.FAMILIES)
    assert (outcome.kind, outcome.code) == (OutcomeKind.PARTIAL, "1/2")
    assert [one["outcome"] for one in outcome.data["items"]] == ["applied", "rejected"]


def test_a_booking_can_be_looked_up(sandbox: Sandbox, transport: HttpTransport) -> None:
    unknown = ReservationAsked(session=UUID(int=9), days=made_up.DAYS)
    assert tell(sandbox, transport, "caisses", "caisse-6", unknown).kind is OutcomeKind.ABSENT
    assert tell(sandbox, transport, "caisses", "caisse-6", made_up.RESERVE).kind is OutcomeKind.APPLIED
    look = REST["caisses"].lookup(made_up.RESERVE)
    assert tell(sandbox, transport, "caisses", "caisse-6", look).kind is OutcomeKind.FOUND


DECISION = {
    "numero": "B-2026-1",
    "nature": "refus",
    "ligne": str(made_up.number(1)),
    "activite": "bursary",
    "decide_le": "2026-09-02",
    "effet": "2026-09-02",
    "motif_refus": "sans droit",
    "auteur": {"service": "Bureau des bourses", "fonction": "Cheffe de bureau"},
    "recours": [{"nature": "tribunal", "devant": "Tribunal administratif de Paris", "mois": 2}],
}


def test_what_an_agency_decided_comes_back(sandbox: Sandbox, transport: HttpTransport) -> None:
    agency(sandbox, "agencies", "bourses")
    before = tell(sandbox, transport, "agencies", "bourses", made_up.DECISIONS)
    assert (before.kind, before.proof) == (OutcomeKind.EMPTY, "total")
    sandbox.http.post("/agencies/bourses/api/sandbox/decisions", json=DECISION).raise_for_status()
    after = tell(sandbox, transport, "agencies", "bourses", made_up.DECISIONS)
    assert after.kind is OutcomeKind.FOUND
    (decided,) = after.data["decisions"]
    assert (decided.number, decided.kind, decided.refused_for) == ("B-2026-1", "refusal", "not_entitled")
    assert decided.decided_by == SIRET


def test_each_agency_is_well_and_takes_its_own_operations_only(sandbox: Sandbox, transport: HttpTransport) -> None:
    codec = EnrolmentRestCodec()
    for depth, request in codec.probes(agency(sandbox, "agencies", "mairie-13")).items():
        assert codec.judge_probe(depth, transport.send(request)).kind is OutcomeKind.FOUND, depth
    assert codec.decode(made_up.RESERVE, transport.send(request)).kind is OutcomeKind.MISCONFIGURED
    assert "register" in codec.manifest.operations
    assert isinstance(made_up.REGISTER, Register)
