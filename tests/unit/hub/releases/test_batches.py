"""A lot of questions comes to what each would alone: the same grounds, the same refusals, the same rows."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from contracts.answers import Gives
from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from contracts.identifiers import EnrolmentLineId, Siret
from hub.errors import HubError
from hub.exchanges import log
from hub.releases.batches import Ruled, hold_grounds, order_pushes
from hub.releases.gate import Cause
from hub.releases.grounds import Question, hold_ground
from tests.unit.hub.releases.conftest import CANTEEN, CATALOGUE, Asked
from tests.unit.hub.school_files.conftest import NOW
from vault.db import WriteTx
from vault.standing import standing


@pytest.fixture
def family(asked: Callable[[], Asked]) -> Asked:
    found = asked()
    found.tell(CANTEEN)
    return found


def answer(family: Asked, **changed: object) -> Question:
    plain = family.question(CANTEEN, EvidenceType.BIRTH_CERTIFICATE)
    said = {name: getattr(plain, name) for name in Question.__slots__} | {"form": Gives.ANSWER} | changed
    return Question(**said)


def alone(family: Asked, question: Question) -> object:
    with family.db.transaction() as tx:
        try:
            return hold_ground(tx, CATALOGUE, question, now=NOW).kind
        except HubError as refusal:
            return (type(refusal), refusal.detail)


def together(family: Asked, questions: list[Question]) -> list[object]:
    with family.db.transaction() as tx:
        ruled = hold_grounds(tx, CATALOGUE, questions, now=NOW)
    found: dict[Question, object] = {question: allowed.kind for question, allowed in ruled.allowed}
    found |= {question: (type(refusal), refusal.detail) for question, refusal in ruled.refused}
    return [found[question] for question in questions]


def questions(family: Asked) -> list[Question]:
    return [
        answer(family),
        answer(family, purpose=Purpose.CANTEEN_TARIFF),
        answer(family, evidence_id=uuid4()),
        answer(family, line_id=EnrolmentLineId(uuid4())),
        family.question("canteen_tariff", EvidenceType.TAX_NOTICE),
    ]


@pytest.mark.parametrize("once", [False, True])
def test_each_of_many_comes_to_what_it_would_alone(family: Asked, once: bool) -> None:
    family.allow(CANTEEN, once=once)
    several = questions(family)
    assert together(family, several) == [alone(family, question) for question in several]
    assert not isinstance(together(family, several)[0], tuple)


def test_without_an_authorisation_none_is_allowed(family: Asked) -> None:
    several = questions(family)
    assert together(family, several) == [alone(family, question) for question in several]
    assert all(isinstance(one, tuple) for one in together(family, several))


def test_what_served_another_question_once_stops_nobody_else(asked: Callable[[], Asked]) -> None:
    spent, fresh = asked(), asked()
    for one in (spent, fresh):
        one.tell(CANTEEN)
        one.allow(CANTEEN, once=True)
    with standing(purpose="migration"), spent.db.transaction() as tx:
        order(tx, [answer(spent)])
    with standing(purpose="migration"), spent.db.transaction() as tx:
        ruled = order(tx, [answer(spent), answer(fresh)])
    assert [question for question, _ in ruled.allowed] == [answer(fresh)]
    assert [refusal.detail for _, refusal in ruled.refused] == ["the authorisation was for one time, and has served"]


def order(tx: WriteTx, several: list[Question]) -> Ruled:
    begun = log.begin(tx, log.Key("test", "hand_over", str(uuid4())), correlation="test", now=NOW)
    ruled = hold_grounds(tx, CATALOGUE, several, now=NOW)
    order_pushes(tx, CATALOGUE, ruled.allowed, Cause(exchange_id=begun.exchange_id), now=NOW)
    return ruled


def test_a_lot_is_for_one_body(family: Asked) -> None:
    with family.db.transaction() as tx, pytest.raises(ValueError, match="one body"):
        hold_grounds(tx, CATALOGUE, [answer(family), answer(family, recipient=Siret("91000052000015"))], now=NOW)


def test_each_release_has_its_entry_its_receipt_and_its_copy(asked: Callable[[], Asked]) -> None:
    families = [asked() for _ in range(3)]
    for one in families:
        one.tell(CANTEEN)
        one.allow(CANTEEN)
    db, several = families[0].db, [answer(one) for one in families]
    with standing(purpose="migration"), db.transaction() as tx:
        begun = log.begin(tx, log.Key("test", "hand_over", str(uuid4())), correlation="test", now=NOW)
        ruled = hold_grounds(tx, CATALOGUE, several, now=NOW)
        cause = Cause(exchange_id=begun.exchange_id)
        ordered = order_pushes(tx, CATALOGUE, ruled.allowed, cause, now=NOW)
    assert len({one.release_id for one in ordered}) == len({one.entry_id for one in ordered}) == 3
    kept = families[0].rows(
        """SELECT r.entry_id, d.receipt_entry_id, c.case_copy_id, j.act FROM hub.release r
           JOIN hub.disclosure d USING (release_id) JOIN hub.case_copy c USING (release_id)
           JOIN vault.journal_entry j ON j.entry_id = r.entry_id WHERE r.exchange_id = %(e)s""",
        e=begun.exchange_id,
    )
    assert {row["entry_id"] for row in kept} == {one.entry_id for one in ordered}
    assert len(kept) == len({row["receipt_entry_id"] for row in kept}) == 3
    assert {row["act"] for row in kept} == {"release"}
