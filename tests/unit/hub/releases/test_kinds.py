"""Each kind of ground: what it takes, the name of the first thing that lacks, and what is written down where it holds."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.documents import EvidenceType
from hub.errors import NoGround, OutsideAgreement
from hub.releases.grounds import find_ground
from tests.system import BOURSES
from tests.unit.hub.releases.conftest import CATALOGUE
from tests.unit.hub.school_files.conftest import NOW

BIRTH, QUOTIENT, VACCINATION = (
    EvidenceType.BIRTH_CERTIFICATE,
    EvidenceType.QUOTIENT_FAMILIAL,
    EvidenceType.VACCINATION_RECORD,
)
CANTEEN, TARIFF = "canteen_enrolment", "canteen_tariff"
RELEASED = """SELECT basis, instrument, act, act_reference, convention FROM hub.release
              JOIN hub.evidence e USING (evidence_id) WHERE e.holder_id = %(who)s"""


def test_a_paper_leaves_on_its_holders_authorisation_under_the_convention(asked):
    family = asked()
    family.tell(CANTEEN)
    grant = family.allow(CANTEEN)
    family.release(family.question(CANTEEN, BIRTH))
    assert family.rows(RELEASED, who=family.made.adult) == [
        {
            "basis": "public_task",
            "instrument": "convention",
            "act": "authorised",
            "act_reference": grant,
            "convention": "CDE13-2026-01",
        }
    ]


def test_what_was_pulled_leaves_on_the_request_and_its_notice(asked):
    family = asked()
    family.tell(TARIFF)
    family.release(family.question(TARIFF, QUOTIENT))
    (told,) = family.rows(RELEASED, who=family.made.adult)
    (notice,) = family.rows("SELECT notice_id FROM hub.notice_given WHERE person_id = %(p)s", p=family.made.adult)
    assert (told["instrument"], told["act"]) == ("CRPA L.114-8 I", "informed")
    assert told["act_reference"] == notice["notice_id"]


LACKS_OF_A_REQUEST = {
    "no notice given (CRPA L.114-8 I)": "SELECT 1",
    "no pending request": "UPDATE hub.request SET state = 'closed' WHERE line_id = %(line)s",
    "pulled for another body or purpose": f"""UPDATE hub.evidence SET usable_by = '{BOURSES}'
                                              WHERE evidence_id = %(evidence)s""",
    "evidence withdrawn or unknown": "UPDATE hub.evidence SET withdrawn_at = now() WHERE evidence_id = %(evidence)s",
    "no requirement rests on this evidence": "UPDATE hub.satisfaction SET until = now() WHERE line_id = %(line)s",
    "no line of this body for this family": "UPDATE hub.enrolment_line SET retracted_at = now() WHERE line_id = %(line)s",
}


@pytest.mark.parametrize("lack", LACKS_OF_A_REQUEST)
def test_a_release_on_a_request_names_what_first_lacks(asked, lack):
    family = asked()
    if "notice" not in lack:
        family.tell(TARIFF)
    question = family.question(TARIFF, QUOTIENT)
    family.rows(LACKS_OF_A_REQUEST[lack], line=question.line_id, evidence=question.evidence_id)
    assert family.refused(question) == lack
    assert family.rows(RELEASED, who=family.made.adult) == []


DECIDED = """WITH decision AS (
        INSERT INTO hub.line_decision (decision_id, line_id, body, number, digest, kind, decided_on, valid_from,
            tariff_band, parity, share, author_service, author_function, remedies, recorded_at)
        SELECT uuidv7(), line_id, body, 'T-1', sha256('T-1'), 'tariff', current_date, valid_from,
            '4', 'every', 100, 'Restauration scolaire', 'Responsable', '[]', now()
        FROM hub.enrolment_line WHERE line_id = %(line)s RETURNING decision_id
    ) UPDATE hub.request q SET decided_at = now(), decision_id = d.decision_id, rests_until = %(until)s
    FROM decision d WHERE q.line_id = %(line)s"""


def test_a_decided_request_gives_ground_until_its_remedies_are_over(asked):
    family = asked()
    family.tell(TARIFF)
    question = family.question(TARIFF, QUOTIENT)
    family.rows(DECIDED, line=question.line_id, until=family.place.clock[0].date())
    family.release(question)
    assert family.refused(question, later=timedelta(days=1)) == "no pending request"


LACKS_OF_AN_AUTHORISATION = {
    "the authorisation is paused": "state = 'paused'",
    "the authorisation was withdrawn": "state = 'withdrawn', withdrawn_at = now()",
    "the authorisation has expired": "state = 'expired'",
}


@pytest.mark.parametrize("lack", LACKS_OF_AN_AUTHORISATION)
def test_an_authorisation_that_does_not_stand_is_named(asked, lack):
    family = asked()
    family.tell(CANTEEN)
    question = family.question(CANTEEN, BIRTH)
    assert family.refused(question) == "reuse of the paper not authorised"
    grant = family.allow(CANTEEN)
    family.rows(f"UPDATE hub.reuse_grant SET {LACKS_OF_AN_AUTHORISATION[lack]} WHERE grant_id = %(g)s", g=grant)
    assert family.refused(question) == lack


def test_an_authorisation_counts_for_its_time_its_papers_its_request_and_its_body(asked):
    family = asked()
    family.tell(CANTEEN)
    question = family.question(CANTEEN, BIRTH)
    family.allow(CANTEEN, valid_until=(family.place.clock[0]).date())
    assert family.refused(question, later=timedelta(days=1)) == "the authorisation is not for this time"
    family.rows("DELETE FROM hub.authorisation_step")
    family.rows("DELETE FROM hub.reuse_grant")
    family.allow(CANTEEN, evidence_types=(EvidenceType.FAMILY_RECORD_BOOK,))
    assert family.refused(question) == "the authorisation does not name this kind of paper"
    with pytest.raises((NoGround, OutsideAgreement)):
        family.release(replace(question, recipient=BOURSES))


def test_one_time_serves_one_question_and_each_paper_once(asked):
    family = asked()
    family.tell(CANTEEN)
    family.allow(CANTEEN, once=True)
    question, first = family.question(CANTEEN, BIRTH), family.asking()
    family.release(question, first)
    used = "the authorisation was for one time, and has served"
    # A hand-over of the day that only looks withholds it, and goes on with the other families.
    with family.db.read() as tx, pytest.raises(NoGround, match=used):
        find_ground(tx, CATALOGUE, question, now=NOW)
    assert family.refused(question, cause=first) == used
    assert family.refused(question) == used
    assert family.refused(question, later=timedelta(hours=2)) == used


def test_of_two_that_come_at_once_one_is_served(asked):
    family = asked()
    family.tell(CANTEEN)
    family.allow(CANTEEN, once=True)
    question, causes = family.question(CANTEEN, BIRTH), [family.asking() for _ in range(4)]

    def attempt(cause) -> bool:
        try:
            family.release(question, cause)
        except NoGround:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        served = list(pool.map(attempt, causes))
    assert served.count(True) == 1
    assert len(family.rows(RELEASED, who=family.made.adult)) == 1


def as_health(family, service: str, kind: EvidenceType):
    """Make the paper data on health, with a convention that lists it: only the person's own act is left to decide."""
    question = family.question(service, kind)
    family.rows(
        "UPDATE hub.evidence SET evidence_type = %(k)s WHERE evidence_id = %(e)s", k=VACCINATION, e=question.evidence_id
    )
    family.rows(
        """UPDATE hub.agreement SET evidence_types = evidence_types || '{vaccination_record}'
           WHERE reference = 'CDE13-2026-01' AND NOT 'vaccination_record' = ANY (evidence_types)"""
    )
    return question


def test_data_on_health_leave_on_an_authorisation_that_names_them_and_on_nothing_else(asked):
    family = asked()
    family.tell(CANTEEN)
    family.tell(TARIFF)
    pulled = as_health(family, TARIFF, QUOTIENT)
    assert family.refused(pulled) == "health data: authorisation only (CRPA L.114-9 2°)"
    paper = as_health(family, CANTEEN, BIRTH)
    family.allow(CANTEEN)
    assert family.refused(paper) == "the authorisation does not name this kind of paper"
    family.allow(CANTEEN, evidence_types=(VACCINATION,))
    family.release(paper)
    (told,) = family.rows(RELEASED, who=family.made.adult)
    assert (told["basis"], told["act"]) == ("consent", "authorised")


def test_the_body_keeps_no_longer_than_the_person_allowed(asked):
    family = asked()
    family.tell(CANTEEN)
    family.allow(CANTEEN, data_life_months=3)
    family.release(family.question(CANTEEN, BIRTH))
    (copy,) = family.rows(
        "SELECT keep_until, schedule FROM hub.case_copy WHERE evidence_id = %(e)s", e=family.evidence(BIRTH)
    )
    assert (copy["keep_until"].year, copy["keep_until"].month) == (2026, 12)
    assert copy["schedule"] == "3 months: as long as the person allowed"


def test_a_notice_is_kept_word_for_word_under_an_identifier_of_its_own(asked):
    family = asked()
    family.tell(CANTEEN)
    (told,) = family.rows(
        """SELECT t.* FROM hub.notice_text t JOIN hub.notice_given g USING (notice_text_id)
           WHERE g.person_id = %(p)s""",
        p=family.made.adult,
    )
    assert "Caisse des écoles du 13e arrondissement a besoin de" in told["body"]
    assert (told["kind"], told["version"]) == ("l114_8_i", "L114-8-I/fr/2")
