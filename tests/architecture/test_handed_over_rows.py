"""What was handed over, on what ground, what partners are told and who decides reviews: each row to whom it concerns."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from orchestration.stack.logins import GUESTS, OWNERS
from tests.architecture.standings import OTHERS, counted, job, shown
from tests.architecture.test_row_security import LAST
from tests.journeys.caring import ASKED, enrolled
from tests.journeys.doors import Partner, person_id, rows, value
from tests.system import CAISSE, FAMILLES, System
from vault.standing import KINDS

DOOR, RELEASE, WORKER, PIPELINES = GUESTS
BODIES = "(SELECT body FROM hub.agent_role WHERE agent_id = %(agent)s AND withdrawn_at IS NULL)"
OF_EVIDENCE = "evidence_id IN (SELECT evidence_id FROM hub.evidence WHERE holder_id = %(person)s)"
RELEASED = "release_id IN (SELECT release_id FROM hub.release WHERE {})"
GRANTED = "grant_id IN (SELECT grant_id FROM hub.reuse_grant WHERE {})"
REVIEWED = "review_id IN (SELECT review_id FROM hub.review WHERE {})"
MINE, ADULT, BODY, SIRET = (
    "person_id = %(person)s",
    "adult_id = %(person)s",
    "recipient = %(partner)s",
    "siret = %(partner)s",
)
SEES = {
    ("hub.agent", DOOR, "agent"): "agent_id = %(agent)s",
    ("hub.agent", RELEASE, "agent"): "agent_id = %(agent)s",
    ("hub.agent_role", DOOR, "agent"): "agent_id = %(agent)s",
    ("hub.agent_role", RELEASE, "agent"): "agent_id = %(agent)s",
    ("hub.authorisation_step", DOOR, "person"): GRANTED.format(MINE),
    ("hub.authorisation_step", DOOR, "agent"): GRANTED.format(f"recipient IN {BODIES}"),
    ("hub.authorisation_step", RELEASE, "agent"): GRANTED.format(f"recipient IN {BODIES}"),
    ("hub.authorisation_step", RELEASE, "partner"): GRANTED.format(BODY),
    ("hub.authorisation_step", WORKER, "job"): GRANTED.format(MINE),
    ("hub.case_copy", DOOR, "person"): OF_EVIDENCE,
    ("hub.case_copy", RELEASE, "person"): OF_EVIDENCE,
    ("hub.case_copy", WORKER, "job"): OF_EVIDENCE,
    ("hub.case_copy", RELEASE, "partner"): BODY,
    ("hub.case_copy", PIPELINES, "partner"): BODY,
    ("hub.delivery", RELEASE, "partner"): SIRET,
    ("hub.disclosure", DOOR, "person"): RELEASED.format(OF_EVIDENCE),
    ("hub.disclosure", WORKER, "job"): RELEASED.format(OF_EVIDENCE),
    ("hub.disclosure", RELEASE, "partner"): BODY,
    ("hub.exchange", WORKER, "request"): "natural_key = %(request)s::text",
    ("hub.exchange", PIPELINES, "partner"): "siret = %(partner)s",
    ("hub.exchange", WORKER, "partner"): "siret = %(partner)s",
    ("hub.exchange", OWNERS["unefois"], "partner"): "siret = %(partner)s",
    ("hub.export_ticket", DOOR, "person"): MINE,
    ("hub.export_ticket", RELEASE, "ticket"): "ticket_digest = decode(%(ticket)s, 'hex')",
    ("hub.idempotency", DOOR, "person"): "caller = %(person)s::text",
    ("hub.idempotency", RELEASE, "person"): "caller = %(person)s::text",
    ("hub.idempotency", DOOR, "agent"): "caller = 'agent:' || %(agent)s::text",
    ("hub.idempotency", RELEASE, "agent"): "caller = 'agent:' || %(agent)s::text",
    ("hub.idempotency", DOOR, "partner"): "caller = 'partner:' || %(partner)s",
    ("hub.idempotency", RELEASE, "partner"): "caller = 'partner:' || %(partner)s",
    ("hub.message", DOOR, "person"): MINE,
    ("hub.message", WORKER, "job"): MINE,
    ("hub.notice_given", DOOR, "person"): MINE,
    ("hub.notice_given", DOOR, "agent"): f"recipient IN {BODIES}",
    ("hub.notice_given", RELEASE, "agent"): f"recipient IN {BODIES}",
    ("hub.notice_given", RELEASE, "partner"): BODY,
    ("hub.notice_given", PIPELINES, "partner"): BODY,
    ("hub.pending_sign_in", DOOR, "ticket"): "state_digest = decode(%(ticket)s, 'hex')",
    ("hub.preview_ticket", DOOR, "person"): MINE,
    ("hub.preview_ticket", WORKER, "document"): "document_id = %(document)s",
    ("hub.idempotency", WORKER, "document"): "response ->> 'document' = %(document)s::text",
    ("hub.preview_ticket", RELEASE, "ticket"): "ticket_digest = decode(%(ticket)s, 'hex')",
    ("hub.pseudonym", DOOR, "person"): (
        "(siret, subject_id) IN (SELECT body, line_id FROM hub.enrolment_line WHERE payer_id = %(person)s)"
    ),
    ("hub.pseudonym", WORKER, "job"): (
        "(siret, subject_id) IN (SELECT body, line_id FROM hub.enrolment_line WHERE payer_id = %(person)s)"
    ),
    ("hub.pseudonym", RELEASE, "partner"): SIRET,
    ("hub.pseudonym", WORKER, "partner"): SIRET,
    ("hub.pseudonym", PIPELINES, "partner"): SIRET,
    ("hub.receipt", DOOR, "person"): MINE,
    ("hub.receipt", RELEASE, "person"): MINE,
    ("hub.release", DOOR, "person"): OF_EVIDENCE,
    ("hub.release", WORKER, "job"): OF_EVIDENCE,
    ("hub.release", RELEASE, "partner"): BODY,
    ("hub.release", PIPELINES, "partner"): BODY,
    ("hub.reuse_grant", DOOR, "person"): MINE,
    ("hub.reuse_grant", DOOR, "agent"): f"recipient IN {BODIES}",
    ("hub.reuse_grant", RELEASE, "agent"): f"recipient IN {BODIES}",
    ("hub.reuse_grant", RELEASE, "person"): MINE,
    ("hub.authorisation_step", RELEASE, "person"): GRANTED.format(MINE),
    ("hub.notice_given", RELEASE, "person"): MINE,
    ("hub.reuse_grant", RELEASE, "partner"): BODY,
    ("hub.reuse_grant", PIPELINES, "partner"): BODY,
    ("hub.reuse_grant", WORKER, "job"): MINE,
    ("hub.review", DOOR, "person"): ADULT,
    ("hub.review", DOOR, "agent"): f"body IN {BODIES}",
    ("hub.review", RELEASE, "agent"): f"body IN {BODIES}",
    ("hub.review", WORKER, "job"): ADULT,
    ("hub.review_opinion", DOOR, "person"): REVIEWED.format(ADULT),
    ("hub.review_opinion", DOOR, "agent"): REVIEWED.format(f"body IN {BODIES}"),
    ("hub.review_opinion", RELEASE, "agent"): REVIEWED.format(f"body IN {BODIES}"),
    ("hub.review_opinion", WORKER, "job"): REVIEWED.format(ADULT),
    ("hub.review_ticket", RELEASE, "ticket"): "ticket_digest = decode(%(ticket)s, 'hex')",
    ("hub.rights_information", DOOR, "person"): MINE,
    ("hub.rights_information", RELEASE, "partner"): BODY,
    ("hub.rights_information", PIPELINES, "partner"): BODY,
}
"""Table, login and standing, with the rows that it shows: these, and no others."""
FORGED = (
    """INSERT INTO hub.release SELECT (jsonb_populate_record(r, jsonb_build_object(
           'release_id', uuidv7(), 'recipient', %(other)s::text, 'act_reference', uuidv7()))).*
       FROM hub.release r WHERE recipient = %(siret)s AND channel = 'pull' LIMIT 1""",
    """INSERT INTO hub.disclosure SELECT (jsonb_populate_record(one, jsonb_build_object(
           'release_id', r.release_id, 'recipient', %(other)s::text))).*
       FROM hub.release r, (SELECT d AS one FROM hub.disclosure d LIMIT 1) d WHERE r.recipient = %(other)s
       ON CONFLICT DO NOTHING""",
    """INSERT INTO hub.case_copy SELECT (jsonb_populate_record(one, jsonb_build_object(
           'case_copy_id', uuidv7(), 'release_id', r.release_id, 'recipient', %(other)s::text))).*
       FROM hub.release r, (SELECT c AS one FROM hub.case_copy c LIMIT 1) c WHERE r.recipient = %(other)s
       ON CONFLICT DO NOTHING""",
    """WITH coined AS (INSERT INTO hub.pseudonym VALUES (%(other)s, 'file', uuidv7(), gen_random_uuid()) RETURNING value)
       INSERT INTO hub.delivery (delivery_id, siret, event_id, body, state, next_attempt_at, created_at, subject, service)
       SELECT uuidv7(), %(other)s, e.event_id, '{}', 'abandoned', now(), now(), value, 'a' FROM coined,
           (SELECT event_id FROM vault.event LIMIT 1) e""",
    """INSERT INTO hub.notice_given SELECT (jsonb_populate_record(n, jsonb_build_object(
           'notice_id', uuidv7(), 'recipient', %(other)s::text))).* FROM hub.notice_given n LIMIT 1""",
    """WITH made AS (INSERT INTO hub.reuse_grant SELECT (jsonb_populate_record(g, jsonb_build_object(
           'grant_id', uuidv7(), 'recipient', %(other)s::text))).* FROM hub.reuse_grant g WHERE state = 'active' LIMIT 1
           RETURNING grant_id), spare AS (
           SELECT entry_id FROM vault.journal_entry LEFT JOIN hub.authorisation_step s USING (entry_id)
           WHERE s.entry_id IS NULL LIMIT 1)
       INSERT INTO hub.authorisation_step SELECT entry_id, grant_id, 'active', now() FROM made, spare""",
)
"""What another body has, as if it had it so."""
FORGED_OF_EACH = (
    """INSERT INTO hub.message (message_id, person_id, kind, state, attempts, not_before, created_at)
       VALUES (uuidv7(), %(person)s, 'mandate', 'cancelled', 0, now(), now())""",
    "INSERT INTO hub.export_ticket VALUES (decode(%(ticket)s, 'hex'), %(person)s, now() + interval '1 hour')",
    "INSERT INTO hub.preview_ticket VALUES (decode(%(ticket)s, 'hex'), %(person)s, %(document)s, now() + interval '1 hour')",
    """INSERT INTO hub.pending_sign_in (state_digest, provider, nonce, verifier, return_to, expires_at)
       VALUES (decode(%(ticket)s, 'hex'), 'a', 'b', 'c', '/', now() + interval '1 hour')""",
    """INSERT INTO hub.rights_information (information_id, line_id, person_id, recipient, service, requested_for, notice_id,
           state, opened_at, valid_until)
       SELECT uuidv7(), line_id, %(person)s, %(partner)s, 'a', 'b', notice_id, 'open', now(), current_date
       FROM hub.request JOIN hub.notice_given USING (request_id) WHERE requester_id = %(person)s LIMIT 1""",
    """INSERT INTO hub.exchange (exchange_id, binding, operation, natural_key, correlation, state, leased_until, created_at,
           siret) VALUES (uuidv7(), 'of-a-test', 'a', %(request)s::text, 'b', 'in_doubt', now(), now(), %(partner)s)""",
    """WITH made AS (INSERT INTO hub.review (review_id, kind, adult_id, service, body, reason, opinions_needed, state,
               created_at, outcome, decision_reason, decided_at)
           SELECT uuidv7(), 'family_link', %(person)s, 'a', b.body, 'of_a_test', 1, 'decided', now(), 'failed', 'x', now()
           FROM (SELECT body FROM hub.agent_role WHERE agent_id = %(agent)s LIMIT 1) b RETURNING review_id),
       said AS (INSERT INTO hub.review_opinion SELECT review_id, %(agent)s, 'failed', 'x', '', '{}', now() FROM made)
       INSERT INTO hub.review_ticket SELECT decode(%(ticket)s, 'hex'), review_id, %(agent)s, 'copy', now() + interval '1 hour'
       FROM made""",
    """INSERT INTO hub.idempotency (caller, key, expires_at)
       SELECT caller, gen_random_uuid()::text, now() + interval '1 hour'
       FROM unnest(ARRAY['agent:' || %(agent)s::uuid, 'partner:' || %(partner)s::text]) caller""",
)


@pytest.fixture(scope="module")
def there(running: System) -> dict[str, Any]:
    """A family, a body, an agent, a ticket and a request, of whom and of others there are rows in every table."""
    agents = rows(
        running,
        "SELECT DISTINCT ON (body) agent_id FROM hub.agent_role WHERE role = 'reviewer' ORDER BY body LIMIT 2",
    )
    told = [_of_one(running, agent["agent_id"], ticket) for agent, ticket in zip(agents, ("0a", "0b"), strict=True)]
    told[1]["partner"] = FAMILLES
    for forged in FORGED:
        rows(running, forged, siret=CAISSE, other=FAMILLES)
    for one in told:
        for forged in FORGED_OF_EACH:
            rows(running, forged, **one)
    return told[0]


def _of_one(running: System, agent: UUID, ticket: str) -> dict[str, Any]:
    parent, subject = enrolled(running)
    partner = Partner(running, "caisse-13")
    (offered,) = partner.ask(subject, *ASKED).json()["evidence"]
    assert partner.fetch(offered["href"]).status_code == 200
    whose = {"person": person_id(parent), "partner": CAISSE, "agent": agent, "ticket": ticket}
    request = value(running, "SELECT request_id FROM hub.request WHERE requester_id = %(person)s", **whose)
    paper = value(running, "SELECT document_id FROM vault.document WHERE holder_id = %(person)s", **whose)
    return whose | {"request": request, "document": paper}


JOBS = {"job": "adult_id", "request": "request_id", "document": "document_id"}
ABOUT = {"adult_id": "person", "request_id": "request", "document_id": "document"}
"""What a job is about, by its argument."""


@contextmanager
def standing_of(running: System, there: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """What a transaction says that has this business."""
    if (about := JOBS.get(kind)) is not None:
        with job(running, "doing", **{about: there[ABOUT[about]]}) as doing:
            yield {"job": doing}
    else:
        yield {kind: there[kind]}


@pytest.mark.parametrize(("table", "login", "kind"), SEES)
def test_the_right_standing_shows_ones_own_rows_and_no_others(running, there, table, login, kind):
    everything = value(running, f"SELECT count(*) FROM {table}")
    own = value(running, f"SELECT count(*) FROM {table} WHERE {SEES[table, login, kind]}", **there)
    assert 0 < own < everything
    with standing_of(running, there, kind) as standing:
        assert counted(running, login, table, **standing) == own


@pytest.mark.parametrize("kind", ["person", "agent", "partner", "ticket", "job"])
@pytest.mark.parametrize("login", GUESTS)
def test_what_is_not_named_here_is_seen_by_nobody(running, there, login, kind):
    with standing_of(running, there, kind) as standing:
        found = shown(running, login, LAST, **standing)
    assert {table for table, many in found.items() if many} <= {t for t, who, k in SEES if (who, k) == (login, kind)}


@pytest.mark.parametrize("login", [*GUESTS, OWNERS["unefois"]])
def test_with_no_and_with_anothers_standing_nothing_is_there(running, there, login):
    assert not any(shown(running, login, LAST).values())
    for kind in KINDS:
        found = shown(running, login, LAST, **{kind: OTHERS[kind]})
        assert not any(found.values()), found


def test_a_job_that_is_done_shows_nothing(running, there):
    with job(running, "succeeded", adult_id=there["person"]) as done:
        assert not any(shown(running, WORKER, LAST, job=done).values())


PURPOSES = {
    "sending": {"hub.delivery"},
    "telling": {"hub.message"},
    "audit": {"hub.message"},
    "leases": {"hub.idempotency"},
    "staff": {"hub.agent", "hub.agent_role"},
    "breach": {"hub.release", "hub.case_copy", "hub.exchange", "hub.delivery", "hub.pseudonym"},
    "reevaluation": {"hub.pseudonym", "hub.review"},
}
WHO = {
    "sending": WORKER, "telling": WORKER, "audit": WORKER, "reevaluation": WORKER, "leases": DOOR,
}  # fmt: skip


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_purpose_opens_its_tables_to_its_login(running, there, purpose):
    served = WHO.get(purpose, OWNERS["unefois"])
    found = shown(running, served, LAST, purpose=purpose)
    assert {table for table, many in found.items() if many} == PURPOSES[purpose]
    others = {login for login in (*GUESTS, OWNERS["unefois"]) if login not in (served, *ALSO.get(purpose, ()))}
    for login in others:
        assert not any(shown(running, login, LAST, purpose=purpose).values())


ALSO = {"leases": (RELEASE,), "telling": (OWNERS["unefois"],), "audit": (OWNERS["unefois"],)}
"""Whom else a purpose serves."""


def test_a_body_writes_nothing_in_anothers_name(running, there):
    coining = "INSERT INTO hub.pseudonym VALUES (%(partner)s, 'evidence', %(request)s, gen_random_uuid())"
    using = "UPDATE hub.reuse_grant SET used_at = used_at WHERE recipient = %(partner)s"
    with psycopg.connect(running.stores.dsn(RELEASE)) as release:
        release.execute("SELECT set_config('unefois.partner', %s, false)", [FAMILLES])
        assert release.execute(using, there).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            release.execute(coining, there)
        release.rollback()


def test_no_worker_hands_anything_over(running, there):
    with psycopg.connect(running.stores.dsn(WORKER)) as worker:
        worker.execute("SELECT set_config('unefois.partner', %s, true)", [CAISSE])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            worker.execute("INSERT INTO hub.release SELECT * FROM hub.release")
