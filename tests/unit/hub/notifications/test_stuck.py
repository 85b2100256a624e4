"""One notification that a partner does not take: tried at once, or let go once that partner was told, never in silence."""

import json
from uuid import UUID

import pytest

from contracts.identifiers import new_uuid
from hub.errors import InvalidValue, NothingHere, PartnerNotTold
from hub.notifications.feed import read_feed
from hub.notifications.held import held_webhooks
from hub.notifications.letting_go import NOTICE
from hub.notifications.stuck import let_go_one, queue_of, send_now, tell_partner
from hub.persons.agents import OPERATOR
from vault.standing import Purpose, standing

WHY = "their engineer asked for it"


def refused(town, *words: str):
    """A partner that refuses what it is told of one subject; what comes later waits behind the first."""
    partner, line = town.partner(), new_uuid()
    partner.receiver.status = 400
    for word in words:
        town.tell(partner, word, line=line)
    town.drain(partner)
    return partner


def act(town, what, *told) -> None:
    with standing(purpose=Purpose.SENDING), town.owner.transaction() as tx:
        what(tx, *told, WHY, actor=OPERATOR, now=town.now())


def seen(town, partner):
    with standing(purpose=Purpose.SENDING), town.owner.read() as tx:
        return queue_of(tx, partner.siret)


def first(town, partner) -> UUID:
    return seen(town, partner).shown[0].delivery_id


def test_nothing_goes_before_its_partner_was_told_for_long_enough(town):
    partner = refused(town, "one", "two")
    number = first(town, partner)
    for wait in (0, NOTICE.days - 1):
        town.later(days=wait)
        with pytest.raises(PartnerNotTold):
            act(town, let_go_one, number)
        if not wait:
            act(town, tell_partner, partner.siret)
            with pytest.raises(InvalidValue):
                act(town, tell_partner, partner.siret)
    town.later(days=1, seconds=1)
    act(town, let_go_one, number)
    assert town.states(partner) == ["abandoned", "due"]
    kinds = town.rows("SELECT kind FROM hub.message WHERE siret = %(s)s", s=partner.siret)
    assert [row["kind"] for row in kinds] == ["webhook_ageing"]


def test_what_came_behind_it_is_sent_and_it_can_still_be_read(town):
    partner = refused(town, "one", "two")
    act(town, tell_partner, partner.siret)
    town.later(days=NOTICE.days, seconds=1)
    act(town, let_go_one, first(town, partner))
    partner.receiver.status = 204
    town.drain(partner)
    assert town.states(partner) == ["abandoned", "delivered"]
    with standing(purpose=Purpose.SENDING), town.db.read() as tx:
        assert len(read_feed(tx, partner.siret, None, limit=10, now=town.now()).events) == 2


def test_what_was_let_go_can_be_sent_after_all_under_its_own_number(town):
    partner = refused(town, "one")
    number = first(town, partner)
    act(town, tell_partner, partner.siret)
    town.later(days=NOTICE.days, seconds=1)
    act(town, let_go_one, number)
    with pytest.raises(NothingHere):
        act(town, let_go_one, number)
    partner.receiver.status = 204
    act(town, send_now, number)
    town.drain(partner)
    assert (town.states(partner), seen(town, partner).waiting) == (["delivered"], 0)
    with pytest.raises(NothingHere):
        act(town, send_now, number)


def test_what_waits_after_the_letter_needs_another_one(town):
    partner = refused(town, "one")
    act(town, tell_partner, partner.siret)
    town.later(days=NOTICE.days, seconds=1)
    town.tell(partner, "later")
    town.sender().lanes()
    later = [one for one in seen(town, partner).shown if one.may_go_from is None]
    assert len(later) == 1
    with pytest.raises(PartnerNotTold):
        act(town, let_go_one, later[0].delivery_id)


def test_a_partner_that_refuses_one_is_listed_and_the_journal_has_who_and_why(town):
    partner = refused(town, "one")
    with standing(purpose=Purpose.SENDING), town.owner.read() as tx:
        assert [one.failing for one in held_webhooks(tx) if one.siret == partner.siret] == [False]
    number = first(town, partner)
    act(town, send_now, number)
    told = town.rows(
        "SELECT record FROM vault.journal_record WHERE convert_from(record, 'UTF8') LIKE %(n)s", n=f"%{number}%"
    )
    detail = json.loads(bytes(told[0]["record"]))["detail"]
    assert (len(told), detail["step"], detail["reason"]) == (1, "notification_again", WHY)
