"""Several papers at once: alternatives, a hosting statement with what goes with it, papers that contradict each other."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.documents import Grade, Outcome
from hub.requirements.facts import Judgement
from hub.requirements.rules import judge
from hub.requirements.sentences import NOT_FOR_AGENTS, sentence
from hub.requirements.sets import choose, weigh
from tests.unit.hub.requirements.papers import (
    ADDRESS,
    CATALOGUE,
    NOTICE,
    OF_CHILD,
    PARENTS,
    TODAY,
    case,
    paper,
    wanted,
    weighed,
)

HOST = "Paul DURAND"
RESIDENCE = ("school_enrolment", "residence")
INCOME = ("canteen_tariff", "household_income")
AGENT = Grade.AGENT_CHECKED


def hosting() -> dict:
    """A hosting statement and everything that goes with it, by what each is."""
    return {
        "statement": paper(
            "hosting_statement", ADDRESS | {"host_name": HOST, "hosted_name": "Nora BELKACEM"}, grade=AGENT
        ),
        "identity": paper("identity_paper", {"holder_name": "DURAND Paul", "valid_until": "2030-01-01"}, grade=AGENT),
        "bill": paper("proof_of_address", ADDRESS | {"holder_name": f"M. {HOST}"}),
        "notice": paper("tax_notice", NOTICE | ADDRESS, issued_on=date(2026, 8, 1)),
    }


def outcome(held: dict, name: str, place=RESIDENCE) -> tuple[str, str]:
    found, _ = weighed(list(held.values()), *place)
    verdict = found[held[name].key].judgement
    return verdict.outcome.value, verdict.reason


def test_a_whole_set_passes_and_rests_on_every_paper_at_the_weakest_grade():
    held = hosting()
    found, chosen = weighed(list(held.values()), *RESIDENCE)
    assert chosen is not None
    assert chosen.evidence is held["statement"]
    assert {other.key for other in chosen.rests_on} == {held[name].key for name in ("identity", "bill", "notice")}
    assert chosen.grade is AGENT
    assert all(one.judgement.outcome is Outcome.PASSED for one in found.values())


@pytest.mark.parametrize("missing", ["identity", "bill", "notice"])
def test_a_set_is_complete_or_it_is_nothing(missing):
    held = hosting()
    del held[missing]
    found, chosen = weighed(list(held.values()), *RESIDENCE)
    assert chosen is None
    verdict = found[held["statement"].key].judgement
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, "attachments_missing")
    assert held["statement"].key not in {one.key for one in found[held["statement"].key].rests_on}
    assert {found[held[name].key].judgement.reason for name in held if name != "statement"} == {"set_incomplete"}


def test_a_statement_alone_names_what_is_missing():
    held = {"statement": hosting()["statement"]}
    found, _ = weighed(list(held.values()), *RESIDENCE)
    told = found[held["statement"].key].judgement.decided_on["missing"]
    assert told == "identity_paper:host,proof_of_address:host,tax_notice:address"
    assert (
        judge(held["statement"], wanted(*RESIDENCE), case("school_enrolment"), CATALOGUE).reason
        == "attachments_missing"
    )


def test_attachments_of_somebody_else_or_another_address():
    held = hosting()
    held["identity"] = replace(held["identity"], fields=held["identity"].fields | {"holder_name": "Jean DUPONT"})
    assert outcome(held, "statement") == ("failed", "attachments_missing")
    assert outcome(held, "identity") == ("failed", "other_host")
    held = hosting()
    held["bill"] = replace(held["bill"], fields=held["bill"].fields | {"street": "9 rue des Peupliers"})
    assert outcome(held, "statement")[0] == "failed"


def test_an_attachment_to_check_sends_the_statement_nowhere_else():
    held = hosting()
    held["identity"] = replace(held["identity"], grade=Grade.SELF_DECLARED)
    assert outcome(held, "statement") == ("inconclusive", "attachment_to_check")
    assert outcome(held, "identity") == ("inconclusive", "not_sealed")


def test_one_paper_is_never_two_attachments():
    held = hosting()
    del held["notice"]
    assert outcome(held, "statement")[0] == "failed"


def test_a_paper_of_ones_own_is_preferred_to_a_set_and_to_a_statement():
    held = hosting() | {
        "own": paper("proof_of_address", {"holder_name": "Nora BELKACEM"}),
        "sworn": paper("sworn_statement", {"holder_name": "Nora BELKACEM", "statement": "Je demeure ici"}),
    }
    _, chosen = weighed(list(held.values()), *RESIDENCE)
    assert chosen is not None
    assert chosen.evidence is held["own"]


def test_two_notices_of_one_year_that_disagree_pass_neither():
    held = {
        n: paper("tax_notice", NOTICE | {"reference_income": n}, issued_on=date(2026, 8, 1)) for n in ("100", "26712")
    }
    assert {outcome(held, name, INCOME) for name in held} == {("inconclusive", "contradiction")}


def test_two_certificates_that_name_other_parents_pass_neither():
    held = {
        "one": paper("birth_certificate", OF_CHILD | PARENTS),
        "other": paper(
            "birth_certificate", OF_CHILD | {"parent_1_family_name": "DUPONT", "parent_1_first_names": "Jean"}
        ),
    }
    place = ("canteen_enrolment", "child_identity")
    assert {outcome(held, name, place) for name in held} == {("inconclusive", "contradiction")}


def test_a_quotient_read_again_replaces_the_one_of_that_month_and_overwrites_nothing():
    def pulled(value, hour):
        fields = {"quotient_familial": value, "children": "BELKACEM/INES/2018-06-05"}
        at = datetime(2026, 9, 20, hour, tzinfo=UTC)
        return paper("quotient_familial", fields, grade=Grade.SOURCE_PULLED, issued_on=date(2026, 9, 1), as_of=at)

    held = {"early": pulled("742", 8), "late": pulled("300", 9)}
    assert outcome(held, "early", INCOME) == ("failed", "replaced")
    _, chosen = weighed(list(held.values()), *INCOME)
    assert chosen is not None
    assert (chosen.evidence, chosen.judgement.tariff_band) == (held["late"], CATALOGUE.canteen.band(300))


def test_after_a_move_the_newer_address_counts():
    held = {
        "old": paper(
            "proof_of_address", ADDRESS | {"holder_name": "Nora BELKACEM"}, issued_on=TODAY - timedelta(days=60)
        ),
        "new": paper("proof_of_address", {"holder_name": "Nora BELKACEM", "street": "1 rue X", "postcode": "75019"}),
    }
    assert outcome(held, "old") == ("failed", "replaced")
    assert outcome(held, "new")[0] == "passed"
    same_day = {name: replace(one, issued_on=TODAY) for name, one in held.items()}
    assert {outcome(same_day, name) for name in same_day} == {("inconclusive", "contradiction")}


def test_the_stronger_then_the_newer_of_two_good_papers_is_taken():
    held = [
        paper("proof_of_address", {"holder_name": "Nora BELKACEM"}, grade=AGENT),
        paper("proof_of_address", {"holder_name": "Nora BELKACEM"}, issued_on=TODAY - timedelta(days=30)),
        paper("proof_of_address", {"holder_name": "Nora BELKACEM"}, issued_on=TODAY - timedelta(days=2)),
    ]
    _, chosen = weighed(held, *RESIDENCE)
    assert chosen is not None
    assert chosen.evidence is held[2]


def notices(second: dict | None = None, *, say: tuple[str, str] | None = None):
    """The payer's notice and another adult's, weighed; ``say`` is what an agent decided about the second."""
    held = {
        "own": paper("tax_notice", NOTICE, issued_on=date(2026, 8, 1)),
        "second": paper(
            "tax_notice",
            NOTICE | {"declarant_1": "DURAND PAUL", "reference_income": "36000", "parts": "1"} | (second or {}),
            issued_on=date(2026, 8, 1),
        ),
    }

    def decide(one, rules):
        if say is None or one is not held["second"]:
            return rules(one)
        return Judgement(Outcome(say[0]), say[1], "agent/1", {})

    at = case(CATALOGUE.services["canteen_tariff"].purpose)
    found = weigh(wanted(*INCOME), list(held.values()), at, CATALOGUE, decide)
    return {one.evidence.key: one for one in found}, choose(found), held


def test_a_second_notice_of_another_adult_waits_for_an_agent_and_names_it():
    found, chosen, held = notices()
    assert chosen is None
    own = found[held["own"].key].judgement
    assert (own.outcome, own.reason, own.tariff_band) == (Outcome.INCONCLUSIVE, "second_notice_to_check", None)
    assert found[held["second"].key].judgement.reason == "other_name"
    told = sentence(CATALOGUE, wanted(*INCOME), own.reason, outcome=own.outcome)
    assert "second avis d'impôt" in told
    assert own.reason in NOT_FOR_AGENTS


def test_two_notices_of_one_household_are_summed_once_an_agent_said_so():
    found, chosen, held = notices(say=("passed", "checked_on_sight"))
    assert chosen is not None
    assert (chosen.evidence, chosen.rests_on) == (held["own"], (held["second"],))
    assert chosen.judgement.tariff_band == CATALOGUE.canteen.band((26712 + 36000) / 12 / 2.5)
    assert found[held["second"].key].attached


def test_a_second_notice_that_an_agent_refused_or_of_another_year_leaves_the_own_one_alone():
    for changed, say in (({}, ("failed", "other_person")), ({"income_year": "2024"}, None)):
        _, chosen, held = notices(changed, say=say)
        assert chosen is not None
        assert (chosen.evidence, chosen.rests_on) == (held["own"], ())
        assert chosen.judgement.tariff_band == CATALOGUE.canteen.band(26712 / 12 / 1.5)


def test_a_quotient_read_for_the_request_replaces_what_was_read_before_it():
    def pulled(value, month, day):
        fields = {"quotient_familial": value, "children": "BELKACEM/INES/2018-06-05"}
        at = datetime(2026, month, day, 9, tzinfo=UTC)
        return paper("quotient_familial", fields, grade=Grade.SOURCE_PULLED, issued_on=date(2026, month, 1), as_of=at)

    held = {"before": pulled("742", 8, 20), "since": pulled("300", 9, 20)}
    assert outcome(held, "before", INCOME) == ("failed", "replaced")
    assert outcome({"before": held["before"]}, "before", INCOME)[0] == "passed"
    earlier = weighed(list(held.values()), *INCOME, day=date(2026, 8, 15), today=TODAY)[0]
    assert {one.judgement.outcome for one in earlier.values()} == {Outcome.PASSED}
