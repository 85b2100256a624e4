"""Whatever an agency answers is one outcome, and none of them says « done » or « nothing » without proof."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.agency_rest.codec import BursaryRestCodec, CaisseRestCodec
from connectors.caisse.commands import Command
from connectors.errors import OperationNotEnabled, SecretMissing
from connectors.port import Exchange
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from tests.unit.connectors.caisse import made_up
from tests.unit.connectors.wire import answer, binding, broken, exchanges, mutations

CODEC = CaisseRestCodec()
BINDING = binding("https://caisse.example/api", token="t")
COMMANDS = made_up.COMMANDS
LINE, SESSION = str(made_up.number(1)), str(made_up.number(7))
FAMILIES = [str(one.reference) for one in made_up.FAMILIES.families]
DECISION: dict[str, Any] = {
    "numero": "T-1",
    "nature": "tarif",
    "ligne": LINE,
    "activite": "canteen_tariff",
    "decide_le": "2026-09-02",
    "effet": "2026-09-05",
    "fin": "2027-08-31",
    "tranche": "4",
    "auteur": {"service": "Régie", "fonction": "Directrice"},
    "recours": [{"nature": "gracieux", "devant": "La Caisse", "mois": 2}],
}
INVOICE: dict[str, Any] = {
    "numero": "F-1",
    "emise_le": "2026-10-01",
    "echeance": "2026-10-31",
    "montant": 1250,
    "regle": 250,
    "lignes": [{"libelle": "Cantine", "montant": 1500}, {"libelle": "Remboursement", "montant": -250}],
}
GOOD: dict[str, Any] = {
    "register": {"reference": LINE, "etat": "fait", "numero": "I-1"},
    "reserve": {"reference": SESSION, "etat": "fait", "numero": "R-1"},
    "reservation": {"session": SESSION, "numero": "R-1", "jours": ["2026-09-21", "2026-09-22"]},
    "synchronise_families": {"lignes": [{"reference": one, "etat": "fait", "numero": "F"} for one in FAMILIES]},
    "tariff_decisions": {"total": 1, "decisions": [DECISION], "suivant": ""},
    "invoices": {"famille": str(made_up.number(50)), "nombre": 1, "du": 1000, "factures": [INVOICE]},
}
DONE = {OutcomeKind.APPLIED, OutcomeKind.FOUND}


def said(body: Any, status: int = 200) -> Exchange:
    return answer(status, json.dumps(body).encode())


def decoded(operation: str, body: Any, status: int = 200) -> ExchangeOutcome:
    return CODEC.decode(COMMANDS[operation], said(body, status))


@pytest.mark.parametrize("operation", sorted(GOOD))
def test_a_good_answer_is_good(operation: str) -> None:
    assert decoded(operation, GOOD[operation]).kind in DONE


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda one: one.operation)
def test_the_same_command_is_the_same_request_and_nothing_of_it_is_logged(command: Command) -> None:
    first, second = CODEC.encode(command, BINDING), CODEC.encode(command, BINDING)
    assert (first.url, first.headers, first.body) == (second.url, second.headers, second.body)
    assert "Martin" not in first.target + repr(first)
    assert ("authorization", "Bearer t") in first.headers


def test_a_write_carries_its_key() -> None:
    assert ("idempotency-key", f'"{LINE}"') in CODEC.encode(made_up.REGISTER, BINDING).headers


@pytest.mark.parametrize(
    ("operation", "changes", "kind"),
    [
        ("register", {"etat": "deja"}, OutcomeKind.DUPLICATE),
        ("register", {"etat": "recu"}, OutcomeKind.ACCEPTED),
        ("register", {"etat": "refus", "code": "AGE"}, OutcomeKind.REJECTED),
        ("register", {"etat": "fusion", "nouvelle_reference": LINE}, OutcomeKind.SUPERSEDED),
        ("register", {"etat": "fusion"}, OutcomeKind.IN_DOUBT),
        ("register", {"numero": ""}, OutcomeKind.IN_DOUBT),
        ("register", {"reference": SESSION}, OutcomeKind.IN_DOUBT),
        ("register", {"avertissement": "x"}, OutcomeKind.IN_DOUBT),
        ("reservation", {"jours": []}, OutcomeKind.CONFLICT),
        ("reservation", {"session": LINE}, OutcomeKind.CONTRACT_BREACH),
        ("synchronise_families", {"lignes": []}, OutcomeKind.IN_DOUBT),
        ("tariff_decisions", {"total": 0, "decisions": []}, OutcomeKind.EMPTY),
        ("tariff_decisions", {"total": 2}, OutcomeKind.CONTRACT_BREACH),
        ("tariff_decisions", {"total": 1, "decisions": []}, OutcomeKind.CONTRACT_BREACH),
        ("tariff_decisions", {"decisions": [DECISION | {"nature": "avis"}]}, OutcomeKind.CONTRACT_BREACH),
        ("invoices", {"nombre": 0, "du": 0, "factures": []}, OutcomeKind.EMPTY),
        ("invoices", {"du": 999}, OutcomeKind.CONTRACT_BREACH),
        ("invoices", {"factures": []}, OutcomeKind.CONTRACT_BREACH),
        ("invoices", {"famille": LINE}, OutcomeKind.CONTRACT_BREACH),
    ],
)
def test_each_word_of_an_answer_counts(operation: str, changes: dict[str, Any], kind: OutcomeKind) -> None:
    assert decoded(operation, GOOD[operation] | changes).kind is kind


@pytest.mark.parametrize(
    ("operation", "status", "body", "kind"),
    [
        ("invoices", 404, {"code": "inconnu"}, OutcomeKind.ABSENT),
        ("invoices", 404, {}, OutcomeKind.CONTRACT_BREACH),
        ("register", 404, {"code": "inconnu"}, OutcomeKind.UNAVAILABLE),
        ("register", 422, {"code": "AGE"}, OutcomeKind.REJECTED),
        ("register", 409, {"code": "autre"}, OutcomeKind.CONFLICT),
        ("register", 409, {"code": "fusion", "nouvelle_reference": LINE}, OutcomeKind.SUPERSEDED),
        ("register", 401, {}, OutcomeKind.AUTH_FAILED),
        ("register", 302, {}, OutcomeKind.IN_DOUBT),
        ("register", 500, {}, OutcomeKind.UNAVAILABLE),
        ("reserve", 500, {}, OutcomeKind.IN_DOUBT),
        ("reserve", 429, {}, OutcomeKind.RATE_LIMITED),
    ],
)
def test_each_status_has_its_outcome(operation: str, status: int, body: Any, kind: OutcomeKind) -> None:
    assert decoded(operation, body, status).kind is kind


def test_a_broken_write_is_asked_about_or_repeated_under_its_key() -> None:
    assert CODEC.decode(made_up.RESERVE, broken(Phase.SENT)).kind is OutcomeKind.IN_DOUBT
    assert CODEC.lookup(made_up.RESERVE) == made_up.ASKED
    assert CODEC.decode(made_up.REGISTER, broken(Phase.SENT)).kind is OutcomeKind.UNAVAILABLE


def test_an_agency_is_not_told_what_it_does_not_take() -> None:
    with pytest.raises(OperationNotEnabled):
        BursaryRestCodec().encode(made_up.RESERVE, BINDING)
    with pytest.raises(SecretMissing):
        CODEC.encode(made_up.REGISTER, binding())


@pytest.mark.parametrize("operation", sorted(GOOD))
def test_decode_is_total_and_says_nothing_without_proof(operation: str) -> None:
    whole = json.dumps(GOOD[operation]).encode()

    @given(exchanges(mutations(whole)))
    def holds(exchange: Exchange) -> None:
        outcome = CODEC.decode(COMMANDS[operation], exchange)
        if outcome.kind in DONE:
            # Only what still says the same as a whole answer may say that it is done.
            assert json.loads(exchange.body)
            assert exchange.status in (200, 201, 202)

    holds()


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_json_is_an_outcome(body: Any) -> None:
    for operation in GOOD:
        assert decoded(operation, body).kind not in DONE | {OutcomeKind.EMPTY, OutcomeKind.ABSENT}
