"""One document inside a string, in capital letters of another century; what is not said is not believed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.caisse_rpc.codec import CaisseRpcCodec
from connectors.errors import OperationNotEnabled
from contracts.outcomes import OutcomeKind
from tests.unit.connectors.caisse.made_up import COMMANDS, FAMILIES, REGISTER, line
from tests.unit.connectors.caisse_rpc.goldens import ANSWERS, BINDING, FOLDER, goldens
from tests.unit.connectors.wire import answer, exchanges, mutations

CODEC = CaisseRpcCodec()
CASES = [(operation, name) for operation, answers in ANSWERS.items() for name in answers]


def test_the_golden_exchanges_are_those_of_today():
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == goldens()


@pytest.mark.parametrize(
    ("operation", "name", "kind"),
    [
        ("register", "applied", "applied"),
        ("register", "duplicate", "duplicate"),
        ("register", "rejected", "rejected"),
        ("register", "closed", "closed"),
        ("register", "credentials", "auth_failed"),
        ("register", "applied_without_number", "in_doubt"),
        ("register", "another_key", "in_doubt"),
        ("register", "any_text", "in_doubt"),
        ("register", "empty_string", "in_doubt"),
        ("register", "login_page", "in_doubt"),
        ("register", "fault", "unavailable"),
        ("reserve", "server_after_effect", "in_doubt"),
        ("tariff_decisions", "found", "found"),
        ("tariff_decisions", "empty", "empty"),
        ("tariff_decisions", "fewer_than_told", "contract_breach"),
        ("tariff_decisions", "year_zero", "contract_breach"),
        ("invoices", "sums_that_differ", "contract_breach"),
        ("invoices", "unavailable", "unavailable"),
    ],
)
def test_each_answer_comes_to_what_it_says(operation, name, kind):
    assert CODEC.decode(COMMANDS[operation], ANSWERS[operation][name]).kind == kind


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("D'ALMEIDA-ŒUVRARD", "D.ALMEIDA.OEUVRARD"),
        ("N’Diaye", "N.DIAYE"),
        ("Ÿ", "Y"),
        ("de la Tour", "DE.LA.TOUR"),
        ("X" * 60, "X" * 38),
        ("MARTIN", "MARTIN"),
    ],
)
def test_names_are_written_in_capitals_and_the_loss_is_said(name, written):
    command = REGISTER.model_copy(update={"line": line(family_name=name, first_name="ZOE")})
    assert f'nom="{written}"' in CODEC.encode(command, BINDING).body.decode("iso-8859-1").replace("&quot;", '"')
    lost = CODEC.decode(command, ANSWERS["register"]["applied"]).data.get("losses", [])
    assert [one["field"] for one in lost] == ([] if name == written else ["family_name"])


def test_what_the_software_does_not_know_is_not_sent():
    with pytest.raises(OperationNotEnabled):
        CODEC.encode(FAMILIES, BINDING)
    assert CODEC.decode(FAMILIES, answer(200)).kind is OutcomeKind.MISCONFIGURED


def test_a_reason_that_may_name_somebody_is_no_code():
    outcome = CODEC.decode(REGISTER, ANSWERS["register"]["rejected"])
    assert (outcome.code, outcome.data) == ("2", {"citizen_message": "Enfant trop âgé"})


DONE = (OutcomeKind.APPLIED, OutcomeKind.DUPLICATE, OutcomeKind.EMPTY, OutcomeKind.ABSENT)


@pytest.mark.parametrize(("operation", "name"), CASES)
@settings(max_examples=15)
@given(data=st.data())
def test_no_body_makes_it_raise_or_believe(operation, name, data):
    body = data.draw(mutations(ANSWERS[operation][name].body))
    outcome = CODEC.decode(COMMANDS[operation], answer(200, body))
    assert outcome.kind not in DONE or outcome.proof or outcome.receipt


@given(exchange=exchanges(st.binary(max_size=40)), operation=st.sampled_from(sorted(ANSWERS)))
def test_no_conversation_makes_it_raise(exchange, operation):
    assert CODEC.decode(COMMANDS[operation], exchange).kind not in DONE
