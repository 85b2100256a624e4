"""Notifications reach each partner in order by subject, whatever it or the others do, and none is lost or doubled."""

import time
from datetime import timedelta

import pytest

from contracts.identifiers import new_uuid
from hub.errors import CursorGone, WebhookNotThere
from hub.notifications.deliveries import BREAKER, LEASE, PATIENCE, SCHEDULE, claim_next
from hub.notifications.feed import KEPT, write_cursor
from hub.notifications.lanes import WIDTH, Lanes
from hub.notifications.letting_go import prune
from hub.notifications.replays import open_again, replay
from hub.partners.webhooks import rotate_credentials, webhook_of
from tests.system import eventually
from tests.unit.hub.notifications.conftest import START
from vault.journal.records import Actor, ActorKind
from vault.standing import Purpose, standing

ENGINEER = Actor(ActorKind.PARTNER, "x")


@pytest.fixture
def lanes(town):
    """The threads of the worker, on the town's clock."""
    made = []

    def start() -> Lanes:
        made.append(Lanes(town.sender()))
        return made[-1]

    yield start
    for one in made:
        one.stop.set()
        for partner in town.partners:
            if partner.receiver:
                partner.receiver.stalled.set()
            eventually(lambda one=one, partner=partner: not one.busy(partner.siret))


def test_what_is_told_is_verified_by_either_signature(town):
    partner = town.partner()
    partner.receiver.keys = [town.webhook(partner)["verifying_key"]]
    town.tell(partner, "one")
    town.drain()
    assert (partner.receiver.requirements(), town.states(partner)) == (["one"], ["delivered"])


def test_of_one_subject_nothing_overtakes(town, lanes):
    partner, line, other = town.partner(), new_uuid(), new_uuid()
    for n in range(12):
        town.tell(partner, f"{n}", line=line if n % 2 else other)
    partner.receiver.slow_s = 0.01
    lanes().wake()
    eventually(lambda: len(partner.receiver.taken) == 12)
    for one in (line, other):
        told = partner.receiver.requirements(town.subject(partner, one))
        assert told == sorted(told, key=int)


def test_different_subjects_go_beside_one_another_up_to_the_width_of_a_lane(town, lanes):
    partner = town.partner()
    partner.receiver.stalled.clear()
    for n in range(WIDTH * 2):
        town.tell(partner, f"{n}")
    lanes().wake()
    eventually(lambda: max(map(len, partner.receiver.together), default=0) == WIDTH)
    partner.receiver.stalled.set()
    eventually(lambda: len(partner.receiver.taken) == WIDTH * 2)
    assert max(map(len, partner.receiver.together)) == WIDTH


def test_a_partner_that_stalls_holds_up_nobody_else(town, lanes):
    stalled, well = town.partner(), town.partner()
    stalled.receiver.stalled.clear()
    for n in range(20):
        town.tell(stalled, f"{n}")
    running = lanes()
    running.wake()
    eventually(lambda: len(stalled.receiver.tried) == WIDTH)
    for n in range(20):
        town.tell(well, f"{n}")
        running.wake()
    eventually(lambda: len(well.receiver.taken) == 20)
    assert stalled.receiver.taken == []


def test_what_failed_waits_and_holds_back_its_own_subject_only(town):
    partner, line = town.partner(), new_uuid()
    for what in ("first", "second"):
        town.tell(partner, what, line=line)
    town.tell(partner, "elsewhere")
    partner.receiver.refusing = {town.subject(partner, line): 500}
    town.drain()
    assert partner.receiver.requirements() == ["elsewhere"]
    partner.receiver.refusing = {}
    town.drain()
    assert partner.receiver.requirements() == ["elsewhere"]
    town.later(seconds=5)
    town.drain()
    assert partner.receiver.requirements() == ["elsewhere", "first", "second"]


def test_a_sender_that_dies_leaves_what_it_was_sending_to_the_next_one(town):
    partner = town.partner()
    told = town.tell(partner, "one")
    sender = town.sender()
    sender.lanes()
    assert sender.claim(partner.siret).delivery_id == told
    town.drain()
    assert partner.receiver.taken == []
    town.later(seconds=LEASE.total_seconds())
    town.drain()
    assert [one["id"] for one in partner.receiver.taken] == [str(told)]


def test_one_that_was_taken_over_settles_nothing(town):
    partner = town.partner()
    town.tell(partner, "one")
    slow = town.sender()
    slow.lanes()
    claimed = slow.claim(partner.siret)
    town.later(seconds=LEASE.total_seconds())
    partner.receiver.status = 500
    town.drain()
    partner.receiver.status = 204
    slow.deliver(claimed)
    assert town.states(partner) == ["due"]


def test_waits_follow_the_schedule_and_chance_only_lengthens_them(town):
    partner = town.partner()
    partner.receiver.status = 500
    town.chance = 0.5
    town.tell(partner, "one")
    for wait in SCHEDULE[:4]:
        begun = town.now()
        town.drain()
        town.clock[0] = town.next_moment(partner)
        assert wait * 1.05 <= town.now() - begun <= wait * 1.05 + timedelta(minutes=10)


@pytest.mark.parametrize("status", [429, 503])
def test_a_partner_says_when_to_come_back(town, status):
    partner = town.partner()
    partner.receiver.status, partner.receiver.headers = status, {"retry-after": "7200"}
    town.tell(partner, "one")
    before = time.time()
    town.drain()
    (row,) = town.rows("SELECT next_attempt_at FROM hub.delivery WHERE siret = %(s)s", s=partner.siret)
    assert row["next_attempt_at"].timestamp() >= before + 7200
    assert town.webhook(partner)["open_at"].timestamp() >= before + 7200


def test_a_partner_that_takes_nothing_is_tried_with_one_at_a_time(town):
    partner = town.partner()
    partner.receiver.status = 500
    for n in range(20):
        town.tell(partner, f"{n}")
    town.drain()
    assert len(partner.receiver.tried) == BREAKER
    town.later(seconds=5)
    town.drain()
    assert len(partner.receiver.tried) == BREAKER + 1


def test_what_one_partner_refuses_for_good_is_given_up_and_the_rest_goes_on(town):
    partner, line = town.partner(), new_uuid()
    for what in ("bad", "after"):
        town.tell(partner, what, line=line)
    partner.receiver.refusing = {town.subject(partner, line): 400}
    for _ in range(len(SCHEDULE) + 1):
        town.drain()
        town.clock[0] = max(town.now(), town.next_moment(partner))
    partner.receiver.refusing = {}
    town.drain()
    assert partner.receiver.requirements() == ["after"]
    assert town.states(partner) == ["abandoned", "delivered"]
    assert town.webhook(partner)["disabled_at"] is None


def test_410_turns_a_webhook_off_and_nothing_is_given_up(town):
    partner = town.partner()
    partner.receiver.status = 410
    for n in range(3):
        town.tell(partner, f"{n}")
    town.drain()
    assert (len(partner.receiver.tried), town.webhook(partner)["disabled_for"]) == (1, "gone")
    partner.receiver.status = 204
    town.later(days=4)
    town.drain()
    assert partner.receiver.taken == []
    assert opened_by_owner(town, partner)
    town.drain()
    assert sorted(partner.receiver.requirements()) == ["0", "1", "2"]


def opened_by_owner(town, partner) -> bool:
    with town.owner.transaction() as tx:
        return open_again(tx, partner.siret, actor=ENGINEER, now=town.now())


def test_a_partner_away_for_75_hours_gets_everything_in_order_by_subject(town):
    partner, lines, told = town.partner(), [new_uuid() for _ in range(4)], 0
    partner.receiver.status, begun, town.chance = 503, town.now(), 0.99
    while town.now() < begun + timedelta(hours=75):
        town.tell(partner, f"{told}", line=lines[told % 4])
        told += 1
        town.drain()
        town.later(hours=1.5)
    partner.receiver.status = 204
    while "due" in town.states(partner):
        town.clock[0] = max(town.now(), town.next_moment(partner))
        town.drain()
    assert town.webhook(partner)["disabled_at"] is None
    assert sorted(partner.receiver.requirements(), key=int) == [f"{n}" for n in range(told)]
    for line in lines:
        words = partner.receiver.requirements(town.subject(partner, line))
        assert words == sorted(words, key=int)


def test_a_partner_that_has_taken_nothing_for_three_days_is_turned_off_and_its_events_wait(town):
    partner, begun = town.partner(), town.now()
    partner.receiver.status = 503
    town.tell(partner, "one")
    while (lane := town.webhook(partner))["disabled_at"] is None:
        town.drain()
        town.clock[0] = max(town.now() + timedelta(minutes=1), town.next_moment(partner))
        assert town.now() < begun + 2 * PATIENCE
    assert (lane["disabled_for"], town.states(partner)) == ("failing", ["due"])
    assert lane["disabled_at"] - begun >= PATIENCE
    partner.receiver.status = 204
    assert opened_by_owner(town, partner)
    town.drain()
    assert partner.receiver.requirements() == ["one"]


def test_what_was_taken_is_sent_again_on_demand_under_the_same_identifiers_in_order(town):
    partner, line = town.partner(), new_uuid()
    told = [str(town.tell(partner, f"{n}", line=line)) for n in range(4)]
    town.drain()
    with town.owner.transaction() as tx:
        after = write_cursor(partner.siret, 1)
        assert replay(tx, partner.siret, after, None, actor=ENGINEER, now=town.now()) == 3
    town.drain()
    assert [one["id"] for one in partner.receiver.taken] == told + told[1:]


def test_a_replay_from_a_moment_leaves_out_what_was_before(town):
    partner = town.partner()
    town.tell(partner, "before")
    town.later(hours=1)
    town.tell(partner, "since")
    town.drain()
    with town.owner.transaction() as tx:
        assert replay(tx, partner.siret, None, town.now(), actor=ENGINEER, now=town.now()) == 1
    town.drain()
    assert partner.receiver.requirements() == ["before", "since", "since"]


def test_a_replay_of_what_is_kept_no_more_says_so(town):
    partner = town.partner()
    town.tell(partner, "old")
    town.drain()
    town.clock[0] += KEPT + timedelta(days=1)
    with standing(purpose=Purpose.SENDING), town.db.transaction() as tx:
        prune(tx, now=town.now())
    with town.owner.transaction() as tx, pytest.raises(CursorGone):
        replay(tx, partner.siret, write_cursor(partner.siret, 0), None, actor=ENGINEER, now=town.now())


def test_after_a_rotation_both_secrets_and_both_keys_verify_until_the_old_ones_end(town):
    partner = town.partner()
    old = (partner.secret, town.webhook(partner)["verifying_key"])
    with town.owner.transaction() as tx:
        new = rotate_credentials(tx, partner.siret, town.master.wrap, now=town.now())
    for secret, key in (old, (new.secret, new.verifying_key)):
        partner.receiver.secrets, partner.receiver.keys = [secret], [key]
        town.tell(partner, "either")
        town.drain()
    assert len(partner.receiver.taken) == 2
    town.clock[0] = new.before_until
    town.tell(partner, "new only")
    town.drain()
    assert len(partner.receiver.taken) == 3


def test_only_the_new_secret_signs_once_the_old_one_is_over(town):
    partner = town.partner()
    with town.owner.transaction() as tx:
        town.clock[0] = rotate_credentials(tx, partner.siret, town.master.wrap, now=town.now()).before_until
    town.tell(partner, "one")
    town.drain()
    assert partner.receiver.taken == []
    assert partner.receiver.wrong.pop().endswith("no signature that holds")


def test_what_is_no_longer_agreed_on_is_not_sent(town):
    partner = town.partner()
    town.tell(partner, "one")
    town.rows("UPDATE hub.agreement SET retracted_at = now() WHERE siret = %(s)s", s=partner.siret)
    town.drain()
    assert (partner.receiver.tried, town.states(partner)) == ([], ["abandoned"])


def test_a_suspended_partner_is_sent_nothing_and_later_all_of_it(town):
    partner = town.partner()
    town.tell(partner, "one")
    suspending = "UPDATE hub.partner SET suspended_at = {} WHERE siret = %(s)s"
    town.rows(suspending.format("now()"), s=partner.siret)
    town.drain()
    assert partner.receiver.tried == []
    town.rows(suspending.format("NULL"), s=partner.siret)
    town.drain()
    assert partner.receiver.requirements() == ["one"]


def test_a_partner_without_a_webhook_has_a_feed_and_nothing_to_send_again(town):
    partner = town.partner(webhook=False)
    town.tell(partner, "one")
    town.drain()
    assert town.states(partner) == ["listed"]
    with town.db.read() as tx, pytest.raises(WebhookNotThere):
        webhook_of(tx, partner.siret)


def test_what_is_replayed_while_a_later_one_of_its_subject_is_claimed_does_not_go_beside_it(town):
    partner, line, sender = town.partner(), new_uuid(), town.sender()
    town.tell(partner, "0", line=line)
    town.drain()
    town.tell(partner, "1", line=line)
    sender.lanes()
    with standing(purpose=Purpose.SENDING), town.db.transaction() as tx:
        later = claim_next(tx, partner.siret, now=town.now())
        # Between that claim and its commit the partner asks for everything again, and another lane takes it up.
        with town.owner.transaction() as replaying:
            replay(replaying, partner.siret, None, START, actor=ENGINEER, now=town.now())
        earlier = sender.claim(partner.siret)
    assert earlier.body["data"]["requirement"] == "0"
    assert sender.deliver(later)
    assert partner.receiver.requirements() == ["0"]
    assert sender.deliver(earlier)
    town.drain()
    assert partner.receiver.requirements() == ["0", "0", "1"]
    assert [
        row["attempts"] for row in town.rows("SELECT attempts FROM hub.delivery WHERE siret = %(s)s", s=partner.siret)
    ] == [1, 1]
