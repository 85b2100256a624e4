"""What waits for a webhook that is off goes only after its partner was told, which is told again once it is gone."""

import pytest

from hub.errors import CursorGone
from hub.notifications.feed import KEPT, read_feed, waiting_for, write_cursor
from hub.notifications.letting_go import NOTICE, prune, warn
from hub.partners.webhooks import open_webhook
from vault.standing import Purpose, standing


@pytest.fixture(autouse=True)
def quiet(town):
    """No messages and no old deliveries of other tests."""
    town.rows("DELETE FROM hub.delivery; DELETE FROM hub.message WHERE siret IS NOT NULL")


def turned_off(town, *words: str):
    """A partner whose webhook is turned off while so much waits for it."""
    partner = town.partner()
    partner.receiver.status = 410
    for word in words:
        town.tell(partner, word)
    town.drain(partner)
    assert town.webhook(partner)["disabled_at"] is not None
    return partner


def looked(town) -> int:
    with standing(purpose=Purpose.SENDING), town.db.transaction() as tx:
        warn(tx, now=town.now())
        return prune(tx, now=town.now())


def told(town, partner) -> list[str]:
    statement = "SELECT kind FROM hub.message WHERE siret = %(s)s ORDER BY created_at, kind"
    return [row["kind"] for row in town.rows(statement, s=partner.siret)]


def test_a_partner_is_told_before_anything_goes_and_once(town):
    partner = turned_off(town, "one", "two")
    town.later(days=(KEPT - NOTICE).days - 1)
    assert (looked(town), told(town, partner)) == (0, ["webhook_off"])
    town.later(days=1)
    for _ in range(3):
        assert (looked(town), told(town, partner)) == (0, ["webhook_off", "webhook_ageing"])


def test_what_goes_unsent_is_told_and_counted_and_the_feed_refuses_the_cursor(town):
    partner = turned_off(town, "one", "two")
    beginning = write_cursor(partner.siret, 0)
    town.later(days=(KEPT - NOTICE).days)
    looked(town)
    town.tell(partner, "three")
    town.sender().lanes()
    town.later(days=NOTICE.days, seconds=1)
    assert looked(town) == 2
    assert told(town, partner) == ["webhook_off", "webhook_ageing", "webhook_lost"]
    with (
        standing(purpose=Purpose.SENDING),
        town.db.read() as tx,
        pytest.raises(CursorGone, match="2 that waited for your webhook went unsent"),
    ):
        read_feed(tx, partner.siret, beginning, limit=10, now=town.now())
    assert town.webhook(partner)["lost"] == 2
    with standing(purpose=Purpose.SENDING), town.db.read() as tx:
        assert waiting_for(tx, partner.siret).many == 1
    town.later(days=KEPT.days)
    assert looked(town) == 1
    assert told(town, partner).count("webhook_lost") == 1
    assert town.webhook(partner)["lost"] == 3


def test_a_worker_that_was_away_for_months_tells_first_and_waits(town):
    partner = turned_off(town, "one")
    town.later(days=100)
    assert (looked(town), told(town, partner)) == (0, ["webhook_off", "webhook_ageing"])
    town.later(days=NOTICE.days - 1)
    assert looked(town) == 0
    town.later(days=1)
    assert looked(town) == 1


def test_what_others_were_sent_goes_in_its_time(town):
    partner, well = turned_off(town, "one"), town.partner()
    town.tell(well, "sent")
    town.drain(well)
    town.later(days=KEPT.days + 1)
    assert looked(town) == 1
    assert (town.states(partner), town.states(well)) == (["due"], [])
    assert told(town, well) == []


def test_a_second_outage_is_told_of_by_itself(town):
    partner = turned_off(town, "one")
    town.later(days=KEPT.days)
    looked(town)
    partner.receiver.status = 204
    with town.owner.transaction() as tx:
        assert open_webhook(tx, partner.siret, now=town.now())
    town.drain(partner)
    town.later(hours=1)
    partner.receiver.status = 410
    town.tell(partner, "two")
    town.drain(partner)
    town.later(days=KEPT.days + 1)
    assert looked(town) == 1  # « one », which was sent
    assert told(town, partner).count("webhook_ageing") == 2
    assert town.states(partner) == ["due"]


def test_a_suspended_partner_is_told_too(town):
    partner = town.partner()
    town.tell(partner, "one")
    town.later(hours=1)
    town.rows("UPDATE hub.partner SET suspended_at = %(at)s WHERE siret = %(s)s", at=town.now(), s=partner.siret)
    town.later(days=30)
    with standing(purpose=Purpose.SENDING), town.db.transaction() as tx:
        assert (warn(tx, now=town.now()), warn(tx, now=town.now())) == (1, 0)
    assert told(town, partner) == ["webhook_ageing"]
