"""A partner follows its events at the door and by webhook, and an engineer's check of a whole hub passes."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.sandbox.provisioning import webhook_secret
from connectors.webhook.signature import verify
from hub.notifications.feed import write_cursor
from orchestration.agents import database
from orchestration.partner_check import Check, Who
from orchestration.webhooks import rotate_secret, turn_on, wrapping_key
from tests.journeys.doors import Partner, assert_problem, family, rows, schema, subject_of, value
from tests.system import CAISSE, Resident, eventually, gone
from vault.bootstrap import utc_now


def told_family(running) -> Resident:
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    return parent


def call(partner: Partner, method: str, path: str, *, token: str, **more):
    return partner.http.request(method, path, auth=partner.proving(token), **more)


def everything(partner: Partner, token: str, after: str | None = None) -> tuple[list[dict], str]:
    """All of a feed from a cursor on, page by page."""
    found = []
    while True:
        where = "" if after is None else f"&after={after}"
        answer = call(partner, "GET", f"/hub/v1/events?limit=3{where}", token=token)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        found += answer.json()
        after = answer.headers["events-cursor"]
        if "link" not in answer.headers:
            return found, after


@pytest.fixture
def caisse(running) -> Partner:
    return Partner(running, "caisse-13")


def test_what_a_partner_is_told_is_in_its_feed_and_came_by_webhook_under_one_identifier(running, caisse):
    parent = told_family(running)
    subject = str(subject_of(parent, CAISSE, "canteen_enrolment"))
    token = caisse.token()
    event = eventually(lambda: next((e for e in everything(caisse, token)[0] if e["subject"] == subject), None))
    schema("notification.json").validate(event)
    eventually(lambda: event["id"] in {one["message"] for one in running.received("caisse-13")["notifications"]})


def test_a_reader_that_goes_on_from_its_cursor_gets_what_is_new_and_nothing_twice(running, caisse):
    token = caisse.token()
    before, cursor = everything(caisse, token)
    parent = told_family(running)
    subject = str(subject_of(parent, CAISSE, "canteen_enrolment"))
    new = eventually(lambda: [e for e in everything(caisse, token, cursor)[0] if e["subject"] == subject])
    assert not {e["id"] for e in before} & {e["id"] for e in new}


def test_feeds_of_two_partners_share_no_value(running, caisse):
    told_family(running)
    other = Partner(running, "paris-familles")
    mine, theirs = (
        {value for e in everything(one, one.token())[0] for value in (e["id"], e["subject"])} for one in (caisse, other)
    )
    assert not mine & theirs


@pytest.mark.parametrize("after", ["AQAAAAAAAAAA", "x", "AQAAAAAAAAAF_____w"])
def test_what_is_no_cursor_of_this_partner_is_refused(running, caisse, after):
    answer = call(caisse, "GET", f"/hub/v1/events?after={after}", token=caisse.token())
    assert_problem(answer, "invalid")


def test_a_cursor_is_its_partners_alone(running, caisse):
    told_family(running)
    other = Partner(running, "paris-familles")
    _, cursor = everything(caisse, caisse.token())
    assert_problem(call(other, "GET", f"/hub/v1/events?after={cursor}", token=other.token()), "invalid")


def test_a_partner_has_its_webhook_sent_again_from_a_cursor(running, caisse):
    parent = told_family(running)
    subject = str(subject_of(parent, CAISSE, "canteen_enrolment"))
    token, key = caisse.token(), str(uuid4())
    event = eventually(lambda: next((e for e in everything(caisse, token)[0] if e["subject"] == subject), None))
    gone(lambda: undelivered(running, subject))
    first, beginning = delivered_at(running, event), {"since": event["time"]}
    said = call(
        caisse, "POST", "/hub/v1/webhook-replays", token=token, json=beginning, headers={"idempotency-key": key}
    )
    assert said.status_code == 202, said.text
    again = call(
        caisse, "POST", "/hub/v1/webhook-replays", token=token, json=beginning, headers={"idempotency-key": key}
    )
    assert again.json() == said.json()
    assert said.json()["notifications"] >= 1
    gone(lambda: undelivered(running, subject))
    assert delivered_at(running, event) > first


def undelivered(running, subject: str) -> list[dict]:
    # Of one subject only: what another test left refused waits for its own time.
    made = """SELECT state, attempts, next_attempt_at, last_outcome FROM hub.delivery
              WHERE siret = %(s)s AND subject = %(subject)s AND state <> 'delivered'"""
    return rows(running, made, s=CAISSE, subject=subject)


def delivered_at(running, event: dict) -> datetime:
    return value(running, "SELECT settled_at FROM hub.delivery WHERE delivery_id = %(id)s", id=event["id"])


@pytest.mark.parametrize(
    "wish", [{}, {"after": "AQ", "since": "2026-01-01T00:00:00Z"}, {"since": "2026-01-01T00:00:00"}]
)
def test_a_replay_says_from_where(running, caisse, wish):
    answer = call(caisse, "POST", "/hub/v1/webhook-replays", token=caisse.token(), json=wish)
    assert_problem(answer, "invalid")


def test_a_partner_without_a_webhook_has_a_feed_and_is_told_so(running):
    bourses = Partner(running, "bourses")
    token = bourses.token()
    assert call(bourses, "GET", "/hub/v1/events", token=token).status_code == 200
    assert_problem(call(bourses, "GET", "/hub/v1/webhook", token=token), "no-webhook")
    wish = {"since": "2026-01-01T00:00:00Z"}
    assert_problem(call(bourses, "POST", "/hub/v1/webhook-replays", token=token, json=wish), "no-webhook")


def test_a_webhook_that_is_off_is_turned_on_by_its_partner_and_what_waited_arrives(running, caisse):
    rows(running, "UPDATE hub.webhook SET disabled_at = now(), disabled_for = 'gone' WHERE siret = %(s)s", s=CAISSE)
    parent = told_family(running)
    subject = str(subject_of(parent, CAISSE, "canteen_enrolment"))
    token = caisse.token()
    assert call(caisse, "GET", "/hub/v1/webhook", token=token).json()["state"] == "off"
    event = eventually(lambda: next((e for e in everything(caisse, token)[0] if e["subject"] == subject), None))
    opened = call(caisse, "POST", "/hub/v1/webhook/open", token=token)
    assert opened.json()["state"] == "open"
    eventually(lambda: event["id"] in {one["message"] for one in running.received("caisse-13")["notifications"]})


def test_a_sample_is_signed_as_notifications_are(running, caisse):
    told = call(caisse, "GET", "/hub/v1/webhook/sample", token=caisse.token()).json()
    keys = {one["client_id"]: one["keys"] for one in caisse.http.get("/hub/v1/webhook-keys").json()}
    body = told["body"].encode()
    assert verify([], told["headers"], body, now=utc_now(), keys=keys["caisse-13"]) == told["message"]
    secret = webhook_secret(running.places.sandbox, "caisse-13")
    assert verify([secret], told["headers"], body, now=utc_now()) == told["message"]
    assert keys["caisse-13"] != keys["paris-familles"]


def test_the_operator_gives_a_new_secret_while_notifications_go_on(running, caisse, tmp_path):
    layout, old = running.running.layout, webhook_secret(running.places.sandbox, "caisse-13")
    with database(layout, told=False) as db:
        rotate_secret(wrapping_key(layout), db, "caisse-13", tmp_path / "new.secret")
        assert not turn_on(db, "caisse-13")
    new = (tmp_path / "new.secret").read_text()
    told = call(caisse, "GET", "/hub/v1/webhook/sample", token=caisse.token()).json()
    for secret in (old, new):
        assert verify([secret], told["headers"], told["body"].encode(), now=utc_now()) == told["message"]
    parent = told_family(running)
    subject = str(subject_of(parent, CAISSE, "canteen_enrolment"))
    # The partner still has the old one.
    eventually(lambda: subject in {one["subject"] for one in running.received("caisse-13")["notifications"]})


def who(running, slug: str = "caisse-13", **changed) -> Who:
    sandbox = Path(running.places.sandbox)
    facts = {
        "base_url": running.release_url,
        "client_id": slug,
        "key": json.loads((sandbox / "partners" / slug / "key.json").read_text()),
        "service": "canteen_tariff",
        "requirement": "household_income",
        "purpose": "canteen_tariff",
        "on_behalf_of": "treatment:canteen_tariff",
    }
    return Who(**facts | changed)


def test_every_step_of_an_engineers_check_passes(running):
    secret = webhook_secret(running.places.sandbox, "mairie-13")
    mairie = {"service": "school_enrolment", "purpose": "school_enrolment", "requirement": "child_identity"}
    mairie |= {"on_behalf_of": "treatment:school_enrolment", "webhook_secret": secret}
    steps = list(Check(who(running, "mairie-13", **mairie)).steps())
    assert [step.words() for step in steps if step.passed is not True] == []
    assert len(steps) == 16


@pytest.mark.parametrize(
    ("wrong", "failing"),
    [
        ({"client_id": "nobody"}, "token"),
        ({"service": "bursary", "purpose": "bursary"}, "token"),
        ({"on_behalf_of": "treatment:another"}, "unknown subject"),
        ({"webhook_secret": "whsec_" + "A" * 44}, "webhook signature"),
    ],
)
def test_what_is_wrong_with_a_partner_fails_its_step_with_what_to_do(running, wrong, failing):
    steps = {step.name: step for step in Check(who(running, **wrong)).steps()}
    assert steps["metadata"].passed
    assert steps[failing].passed is False
    assert "→" in steps[failing].words()


def test_a_reader_that_waits_is_answered_by_the_event_and_holds_no_connection(running, caisse):
    token = caisse.token()
    _, cursor = everything(caisse, token)
    with ThreadPoolExecutor(4) as others:
        where = f"/hub/v1/events?wait=25&after={cursor}"
        waiting = [others.submit(call, caisse, "GET", where, token=token) for _ in range(4)]
        # Nobody's transaction stays open at the door while they wait.
        idle = "SELECT count(*) AS n FROM pg_stat_activity WHERE usename = 'unefois_release' AND xact_start IS NOT NULL"
        eventually(lambda: value(running, idle) == 0)
        parent = told_family(running)
        answers = [one.result() for one in waiting]
    subject = str(subject_of(parent, CAISSE, "canteen_enrolment"))
    assert all(answer.status_code == 200 for answer in answers), [answer.text for answer in answers]
    news = [{event["subject"] for event in answer.json()} for answer in answers]
    rest = [{e["subject"] for e in everything(caisse, token, a.headers["events-cursor"])[0]} for a in answers]
    assert all(subject in first | later for first, later in zip(news, rest, strict=True))


def test_a_wait_is_bounded(running, caisse):
    token = caisse.token()
    for wait in ("26", "-1", "x"):
        assert_problem(call(caisse, "GET", f"/hub/v1/events?wait={wait}", token=token), "invalid")


def test_a_cursor_older_than_what_is_kept_is_refused_with_since_when(running, caisse):
    token = caisse.token()
    assert everything(caisse, token)[0]
    place = value(running, "SELECT last_place FROM hub.feed WHERE siret = %(s)s", s=CAISSE)
    rows(running, "UPDATE hub.feed SET pruned_to = %(p)s WHERE siret = %(s)s", s=CAISSE, p=place)
    try:
        old = write_cursor(CAISSE, place - 1)
        told = assert_problem(call(caisse, "GET", f"/hub/v1/events?after={old}", token=token), "cursor-gone")
        assert "events are kept since" in told["detail"]
    finally:
        rows(running, "UPDATE hub.feed SET pruned_to = 0 WHERE siret = %(s)s", s=CAISSE)
