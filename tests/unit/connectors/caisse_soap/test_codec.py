"""Messages as they leave, and what every answer comes to: never an effect or an emptiness without its proof."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.caisse_soap import codec
from connectors.caisse_soap.codec import CaisseSoapCodec
from connectors.errors import SecretMissing
from connectors.port import Depth, OperationKind
from connectors.schemas.contract import Contract
from connectors.schemas.declared import Deviation, Rule
from contracts.outcomes import OutcomeKind
from tests.unit.connectors.caisse.made_up import COMMANDS, REGISTER, RESERVE, line
from tests.unit.connectors.caisse_soap.goldens import ANSWERS, BINDING, FOLDER, goldens
from tests.unit.connectors.wire import answer, binding, exchanges, mutations

CODEC = CaisseSoapCodec()
CASES = [(operation, name) for operation, answers in ANSWERS.items() for name in answers]


def test_the_golden_exchanges_are_those_of_today():
    made = goldens()
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == made


@pytest.mark.parametrize(
    ("operation", "name", "kind"),
    [
        ("register", "applied", "applied"),
        ("register", "accepted", "accepted"),
        ("register", "applied_without_number", "in_doubt"),
        ("register", "another_reference", "in_doubt"),
        ("register", "error_in_a_good_answer", "rejected"),
        ("register", "fault_with_200", "rejected"),
        ("register", "fault_of_the_server", "unavailable"),
        ("register", "credentials", "auth_failed"),
        ("register", "login_page", "in_doubt"),
        ("register", "empty", "in_doubt"),
        ("register", "renamed_element", "in_doubt"),
        ("register", "superseded", "superseded"),
        ("reserve", "server_after_effect", "in_doubt"),
        ("reserve", "cut_short", "in_doubt"),
        ("reservation", "absent", "absent"),
        ("reservation", "other_days", "conflict"),
        ("synchronise_families", "partial", "partial"),
        ("synchronise_families", "one_missing", "in_doubt"),
        ("synchronise_families", "closed", "closed"),
        ("tariff_decisions", "empty", "empty"),
        ("tariff_decisions", "fewer_than_told", "contract_breach"),
        ("tariff_decisions", "nothing_at_all", "contract_breach"),
        ("invoices", "found", "found"),
        ("invoices", "sums_that_differ", "contract_breach"),
        ("invoices", "unavailable", "unavailable"),
    ],
)
def test_each_answer_comes_to_what_it_says(operation, name, kind):
    assert CODEC.decode(COMMANDS[operation], ANSWERS[operation][name]).kind == kind


def test_a_decision_comes_back_whole():
    found = CODEC.decode(COMMANDS["tariff_decisions"], ANSWERS["tariff_decisions"]["found"])
    (decision,) = found.data["decisions"]
    assert (decision.number, decision.band, len(decision.payers), len(decision.remedies)) == ("T-2026/17", "4", 2, 2)
    assert decision.amends is not None
    assert decision.amends.number == "T-2026/3"


def test_cents_are_whole_and_add_up():
    found = CODEC.decode(COMMANDS["invoices"], ANSWERS["invoices"]["found"])
    assert found.data["due_cents"] == 3250
    assert [each["cents"] for each in found.data["invoices"][0]["lines"]] == [4500, -250]


def test_the_same_command_gives_the_same_bytes_and_reads_back():
    for command in COMMANDS.values():
        assert CODEC.encode(command, BINDING).body == CODEC.encode(command, BINDING).body
        assert CODEC.commands.validate_json(CODEC.commands.dump_json(command)) == command


def test_credentials_are_needed_and_stay_out_of_address_and_body():
    request = CODEC.encode(REGISTER, BINDING)
    assert b"of-a-test" not in request.body + request.url.encode()
    assert dict(request.headers)["authorization"].startswith("Basic ")
    with pytest.raises(SecretMissing):
        CODEC.encode(REGISTER, binding("https://caisse.test"))


@pytest.mark.parametrize("name", ["D'ALMEIDA-ŒUVRARD", "N’Diaye", "Ÿ", "Ł", "李", "X" * 60, "E\u0301mile"])
def test_any_name_is_written_and_what_is_lost_is_said(name):
    command = REGISTER.model_copy(update={"line": line(family_name=f"A{name}")})
    body = CODEC.encode(command, BINDING).body.decode()
    lost = CODEC.decode(command, ANSWERS["register"]["applied"]).data.get("losses", [])
    assert (f"<nom>A{name}</nom>" in body) is (lost == []) or name == "E\u0301mile"
    assert all(set(each) == {"reference", "field"} for each in lost)


def test_a_booking_can_be_looked_up_and_nothing_else():
    looked = CODEC.lookup(RESERVE)
    assert looked is not None
    assert looked.operation == "reservation"
    assert CODEC.lookup(REGISTER) is None


def test_the_contract_probe_sees_another_wsdl():
    locked = Path(codec.__file__).with_name("schemas").joinpath("caisse.wsdl").read_bytes()
    assert CODEC.judge_probe(Depth.CONTRACT, answer(200, locked)).kind is OutcomeKind.FOUND
    assert CODEC.judge_probe(Depth.CONTRACT, answer(200, locked + b" ")).kind is OutcomeKind.CONTRACT_BREACH
    assert set(CODEC.probes(BINDING)) == {Depth.REACH, Depth.AUTH, Depth.CONTRACT}


def with_deviation(since: str, expires: str) -> CaisseSoapCodec:
    renamed = Deviation.model_validate(
        {"id": "numero-dossier", "contract": "caisse", "xpath": "//c:resultat/c:numeroDossier", "rule": Rule.RENAMED,
         "name": "c:numero", "since": since, "expires": expires, "owner": "a team",
         "namespaces": {"c": "urn:exemple:caisse-des-ecoles:1"}}
    )  # fmt: skip
    return CaisseSoapCodec(Contract.locked(codec.__file__, CODEC.manifest.contracts, [renamed]))


def test_a_tolerated_breach_that_hides_the_proof_proves_nothing():
    tolerant = with_deviation("2026-09-01", "2026-10-01")
    # It passes the schema then, but nobody reads a number where none stands.
    assert tolerant.decode(REGISTER, ANSWERS["register"]["renamed_element"]).code == "no_number"
    assert (
        with_deviation("2026-01-01", "2026-02-01")
        .decode(REGISTER, ANSWERS["register"]["renamed_element"])
        .code.endswith("expired: numero-dossier")
    )


DONE = (OutcomeKind.APPLIED, OutcomeKind.DUPLICATE, OutcomeKind.EMPTY, OutcomeKind.ABSENT)


@pytest.mark.parametrize(("operation", "name"), CASES)
@settings(max_examples=15)
@given(data=st.data())
def test_no_body_makes_it_raise_or_believe(operation, name, data):
    original = ANSWERS[operation][name]
    body = data.draw(mutations(original.body))
    outcome = CODEC.decode(COMMANDS[operation], answer(200, body))
    if outcome.kind in DONE:
        assert outcome.proof or outcome.receipt or outcome.data.get("items")
        json.dumps(outcome.code)


@given(exchange=exchanges(st.binary(max_size=40)), operation=st.sampled_from(sorted(COMMANDS)))
def test_no_conversation_makes_it_raise(exchange, operation):
    outcome = CODEC.decode(COMMANDS[operation], exchange)
    kind = CODEC.manifest.operations[operation].kind
    assert outcome.kind not in DONE
    assert outcome.kind is not OutcomeKind.CONTRACT_BREACH or kind is OperationKind.PULL
