"""Informing of rights (CRPA L.114-8 II): told first, opposed at any time, destroyed at once, a year at most, never for fraud."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from contracts.identifiers import PersonId, Siret
from hub.errors import NoGround, NothingHere, OutsideAgreement
from hub.partners.credentials import Caller
from hub.partners.details import DETAIL_TYPE, Detail
from hub.releases.grounds import Question
from hub.releases.informing import Informing, destroy_ended, find_not_entitled, inform, informations_of, oppose
from tests.system import CAISSE
from tests.unit.hub.releases.conftest import CATALOGUE, Asked
from tests.unit.hub.school_files.conftest import NOW

QUOTIENT, TARIFF = EvidenceType.QUOTIENT_FAMILIAL, "canteen_tariff"
PROACTIVE = """INSERT INTO hub.agreement SELECT (r).* FROM (SELECT jsonb_populate_record(NULL::hub.agreement, to_jsonb(a)
    || '{"reference": "CDE13-DROITS", "purposes": ["rights_information"], "instrument": "CRPA L.114-8 II"}'
    || jsonb_build_object('agreement_id', gen_random_uuid())) r
    FROM hub.agreement a WHERE reference = 'CDE13-2026-01' AND retracted_at IS NULL) made ON CONFLICT DO NOTHING"""
BEHIND = "treatment:canteen_tariff"


@pytest.fixture
def family(asked) -> Asked:
    found = asked()
    found.rows(PROACTIVE)
    return found


def caller() -> Caller:
    detail = Detail(type=DETAIL_TYPE, service=TARIFF, purpose=Purpose.RIGHTS_INFORMATION)
    return Caller(siret=Siret(CAISSE), name="Caisse", granted=(detail,))


def tell(family: Asked, *, later: timedelta = timedelta()):
    with family.db.transaction() as tx:
        return inform(tx, CATALOGUE, caller(), family.made.lines[TARIFF], ("holiday_centres", BEHIND), now=NOW + later)


def question(family: Asked) -> Question:
    return replace(family.question(TARIFF, QUOTIENT), purpose=Purpose.RIGHTS_INFORMATION)


def test_nothing_serves_to_inform_before_the_family_was_told_and_offered_to_oppose(family):
    assert family.refused(question(family)) == "no message that offers to oppose (CRPA L.114-8 II)"
    row = tell(family)
    family.release(question(family))
    told = """SELECT instrument, act, act_reference, convention FROM hub.release JOIN hub.evidence e USING (evidence_id)
              WHERE e.holder_id = %(who)s"""
    (released,) = family.rows(told, who=family.made.adult)
    assert released == {
        "instrument": "CRPA L.114-8 II",
        "act": "informed",
        "act_reference": row.notice_id,
        "convention": "CDE13-DROITS",
    }
    with family.db.read() as tx:
        (shown,) = informations_of(tx, PersonId(family.made.adult))
    assert "Vous pouvez vous y opposer" in shown.message
    assert "ne peut pas s'en servir pour vous contrôler" in shown.message


def test_opposed_nothing_leaves_and_what_was_handed_over_is_due_at_once(family):
    row = tell(family)
    family.release(question(family))
    with family.db.transaction() as tx:
        oppose(tx, PersonId(family.made.adult), row.information_id, now=NOW)
        oppose(tx, PersonId(family.made.adult), row.information_id, now=NOW)
    assert family.refused(question(family)) == "the person opposed"
    assert destroy_ended(family.place.custody.db, now=NOW) >= 1
    copies = family.rows(
        """SELECT keep_until, schedule FROM hub.case_copy WHERE evidence_id = %(e)s AND purpose = 'rights_information'""",
        e=family.evidence(QUOTIENT),
    )
    assert [(one["keep_until"], one["schedule"]) for one in copies] == [
        (NOW.date(), "at once: opposed (CRPA L.114-8 II)")
    ]
    with pytest.raises(NoGround, match="the person opposed"):
        tell(family)


@pytest.mark.parametrize("pending", [True, False])
def test_in_the_hub_it_goes_unless_a_request_still_needs_it(family, pending):
    tell(family)
    if not pending:
        family.rows("UPDATE hub.request SET state = 'closed' WHERE requester_id = %(p)s", p=family.made.adult)
    with family.db.transaction() as tx:
        find_not_entitled(tx, caller(), family.made.lines[TARIFF], "holiday_centres", now=NOW)
    destroy_ended(family.place.custody.db, now=NOW)
    document = next(document for document, proof, _ in family.made.papers if proof == family.evidence(QUOTIENT))
    asked = family.rows("SELECT 1 FROM vault.erasure_asked WHERE document_id = %(d)s", d=document)
    assert bool(asked) is not pending


def test_a_year_is_the_end_of_it(family):
    row = tell(family)
    assert family.refused(question(family), later=timedelta(days=366)) in (
        "more than 12 months after the first message",
        "no line of this body for this family",
    )
    destroy_ended(family.place.custody.db, now=NOW + timedelta(days=367))
    (after,) = family.rows(
        "SELECT state, destroyed_at FROM hub.rights_information WHERE information_id = %(i)s", i=row.information_id
    )
    assert after["state"] == Informing.OVER
    assert after["destroyed_at"] is not None
    destroy_ended(family.place.custody.db, now=NOW + timedelta(days=367 + 740))
    assert not family.rows("SELECT 1 FROM hub.rights_information WHERE information_id = %(i)s", i=row.information_id)


def test_a_child_who_comes_of_age_is_the_end_of_it(family):
    row, other = tell(family), "SELECT state FROM hub.rights_information WHERE information_id = %(i)s"
    destroy_ended(family.place.custody.db, now=NOW)
    assert family.rows(other, i=row.information_id) == [{"state": Informing.OPEN}]
    family.rows(
        """INSERT INTO hub.coming_of_age (child_id, of_age_on, ended_at) SELECT child_id, %(day)s, %(now)s
           FROM hub.enrolment_line JOIN hub.school_file USING (file_id) WHERE line_id = %(line)s""",
        day=NOW.date(),
        now=NOW,
        line=family.made.lines[TARIFF],
    )
    assert destroy_ended(family.place.custody.db, now=NOW) >= 1
    assert family.rows(other, i=row.information_id) == [{"state": Informing.OVER}]


def test_the_database_lets_nobody_inform_for_longer_and_nothing_begin_again(family):
    row = tell(family)
    longer = "UPDATE hub.rights_information SET valid_until = valid_until + 1 WHERE information_id = %(i)s"
    with pytest.raises(psycopg.errors.CheckViolation):
        family.rows(longer, i=row.information_id)
    ended = "UPDATE hub.rights_information SET state = %(s)s, ended_at = %(at)s WHERE information_id = %(i)s"
    family.rows(ended, s="opposed", at=NOW, i=row.information_id)
    with pytest.raises(psycopg.errors.CheckViolation):
        family.rows(ended, s="open", at=None, i=row.information_id)


def test_without_an_agreement_that_rests_on_it_nobody_is_told(asked):
    family = asked()
    family.rows("DELETE FROM hub.agreement WHERE reference = 'CDE13-DROITS'")
    with pytest.raises(OutsideAgreement):
        tell(family)


def test_another_persons_is_not_there_to_oppose(family, asked):
    row, other = tell(family), asked()
    with family.db.transaction() as tx, pytest.raises(NothingHere):
        oppose(tx, PersonId(other.made.adult), row.information_id, now=NOW)


def test_finding_fraud_is_no_purpose():
    assert not [purpose for purpose in Purpose if "fraud" in purpose.value or "control" in purpose.value]
