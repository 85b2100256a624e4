"""Erasing makes every room forget, says so in a signed certificate, and says what remains with whom, until when, why."""

import json
import secrets
from datetime import date, timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.custody import worker_custody
from tests.journeys.agents import CLAIRE, GOOD, Agent, applied, family_in_doubt
from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, subject_of, value
from tests.system import CAISSE, Resident, eventually
from vault.documents.certificates import CertificateVerifier
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.standing import Purpose, standing

PDF = "application/pdf"
CANTEEN = ("canteen_enrolment", "child_identity")
MARKER = "zqxv" + secrets.token_hex(6)
TABLES = """SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
            WHERE table_schema IN ('vault', 'hub', 'jobs', 'public') AND table_type = 'BASE TABLE'"""


def places_of(system, marker: str) -> set[str]:
    """Tables in which a text lies, as such or inside binary columns."""
    forms = (marker, marker.encode().hex())
    names = [row["name"] for row in rows(system, TABLES)]
    found = "SELECT count(*) FROM {} t WHERE t::text LIKE ANY (%(forms)s)"
    asked = [f"%{form}%" for form in forms]
    return {name for name in names if value(system, found.format(name), forms=asked)}


def command(system, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words, "--state", str(system.running.layout.state)])
    return done.exit_code, done.output


def erased(person: Resident, paper: str) -> dict:
    answer = person.http.delete(f"/v1/documents/{paper}")
    assert answer.status_code == 202, answer.text
    state = "SELECT state::text FROM vault.document WHERE document_id = %(id)s"
    eventually(lambda: value(person.system, state, id=paper) == "erased")
    return answer.json()


@pytest.fixture
def served(running):
    """A family whose certificate the Caisse has received."""
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied(*CANTEEN)
    caisse = Partner(running, "caisse-13")
    told = caisse.ask(subject_of(parent, CAISSE, CANTEEN[0]), *CANTEEN).json()
    assert caisse.fetch(told["evidence"][0]["href"]).status_code == 200
    papers = parent.http.get("/v1/documents").json()
    return parent, next(paper["document"] for paper in papers if paper["evidence_type"] == "birth_certificate")


def plant(running, parent: Resident, paper: str, other: str) -> None:
    """Put a made-up value wherever something of a document could lie."""
    told = {"id": paper, "other": other, "m": MARKER, "who": person_id(parent), "key": uuid4().hex, "review": uuid4()}
    about = "(SELECT evidence_id FROM hub.evidence WHERE document_id = %(id)s)"
    for statement in (
        "UPDATE vault.finding SET reason = %(m)s WHERE document_id = %(id)s",
        "UPDATE vault.reading SET sealed_fields = convert_to(%(m)s, 'UTF8') WHERE document_id = %(id)s",
        """UPDATE vault.reading SET sealed_places = convert_to(%(m)s, 'UTF8'), sealed_looks = convert_to(%(m)s, 'UTF8')
           WHERE document_id = %(id)s""",
        "UPDATE vault.document SET sealed_facts = sealed_facts || convert_to(%(m)s, 'UTF8') WHERE document_id = %(id)s",
        f"UPDATE hub.fit SET decided_on = jsonb_build_object('seen', %(m)s::text) WHERE evidence_id = {about}",
        f"UPDATE hub.fit SET reason = %(m)s, tariff_band = %(m)s WHERE evidence_id = {about}",
        f"""INSERT INTO hub.fit SELECT gen_random_uuid(), o.evidence_id, line_id, requirement, reference_date, outcome,
            blocking, %(m)s, rule, catalogue_version, jsonb_build_object('of both', %(m)s::text), %(m)s, decided_at,
            f.grade, ARRAY[{about}], now(), current_date FROM hub.fit f, hub.evidence o
            WHERE f.evidence_id = {about} AND o.document_id = %(other)s LIMIT 1""",
        """INSERT INTO hub.review (review_id, kind, adult_id, document_id, service, reason, created_at, state, outcome,
           decided_at, decision_reason, decision)
           VALUES (%(review)s, 'family_link', %(who)s, %(id)s, 'family_link', %(m)s, now(), 'decided', 'passed',
           now(), %(m)s, jsonb_build_object('seen', %(m)s::text))""",
        """INSERT INTO hub.review_opinion SELECT %(review)s, agent_id, 'passed', %(m)s, %(m)s,
           jsonb_build_object('seen', %(m)s::text), now() FROM hub.agent LIMIT 1""",
        """INSERT INTO hub.review_ticket SELECT convert_to(%(m)s, 'UTF8'), %(review)s, agent_id, 'copy', now()
           FROM hub.agent LIMIT 1""",
        """INSERT INTO hub.idempotency VALUES (%(who)s::text, %(key)s, convert_to(%(m)s, 'UTF8'), 201,
           jsonb_build_object('document', %(id)s::text, 'name', %(m)s::text), now() + interval '1 day')""",
        """INSERT INTO hub.preview_ticket VALUES (convert_to(%(m)s, 'UTF8'), %(who)s, %(id)s, now() + interval '1 day')""",
        """INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status)
           VALUES ('left', 'left', NULL, NULL, jsonb_build_object('document_id', %(id)s::text, 'x', %(m)s::text), 'failed')""",
    ):
        rows(running, statement, **told)
    with (
        standing(purpose=Purpose.SAFETY),
        worker_custody(running.running.layout) as custody,
        custody.db.transaction() as tx,
    ):
        actor = Actor(ActorKind.PROCESS, "worker")
        append(tx, JournalEntry(JournalAct.REVIEW, actor, document=paper, detail={"found": MARKER}))


def test_a_value_planted_in_each_place_is_nowhere_afterwards(served, running):
    parent, paper = served
    other = parent.hand_in_and_wait(running.papers().bill(parent), PDF, kind="proof_of_address")["document"]
    eventually(lambda: rows(running, "SELECT 1 FROM hub.evidence WHERE document_id = %(id)s", id=other))
    plant(running, parent, paper, other)
    planted = {"vault.finding", "vault.reading", "hub.fit", "hub.review", "hub.idempotency", "hub.preview_ticket"}
    planted |= {"jobs.procrastinate_jobs", "vault.journal_record", "hub.review_opinion", "hub.review_ticket"}
    assert planted <= places_of(running, MARKER)
    # What custody opens while it re-keys must be what it sealed: the planted facts are the erased paper's own.
    erased(parent, paper)
    assert places_of(running, MARKER) == set()


def test_an_agents_note_about_a_paper_goes_with_it(running):
    parent, review = family_in_doubt(running)
    paper = str(value(running, "SELECT document_id FROM hub.review WHERE review_id = %(id)s", id=review))
    note = "zqxv" + secrets.token_hex(6)
    Agent(running, CLAIRE).sign_in().decide(review, GOOD | {"note": note})
    assert places_of(running, note) == set()
    sealed = "SELECT place FROM vault.kept_value WHERE holder_id = %(who)s AND place LIKE 'note%%'"
    assert len(rows(running, sealed, who=person_id(parent))) == 1
    applied(parent, review)
    erased(parent, paper)
    assert places_of(running, note) == set()
    assert rows(running, sealed, who=person_id(parent)) == []


def test_where_likenesses_and_replacements_are_kept_no_value_has_a_place(running):
    kinds = (
        """SELECT DISTINCT data_type FROM information_schema.columns WHERE table_schema || '.' || table_name = %(t)s"""
    )
    identifiers = {"uuid", "timestamp with time zone"}
    for table in ("vault.likeness", "vault.replacement", "vault.erasure_asked"):
        assert {row["data_type"] for row in rows(running, kinds, t=table)} == identifiers


def test_what_stays_are_identifiers_days_and_words(served, running):
    parent, paper = served
    erased(parent, paper)
    (row,) = rows(running, "SELECT * FROM vault.reading WHERE document_id = %(id)s", id=paper)
    assert (row["issued_on"], row["pages"], row["sealed_fields"]) == (None, 0, None)
    fits = "SELECT fit.* FROM hub.fit JOIN hub.evidence USING (evidence_id) WHERE document_id = %(id)s"
    told = {(str(fit["decided_on"]), fit["tariff_band"], fit["good_until"]) for fit in rows(running, fits, id=paper)}
    assert told == {("{}", None, None)}
    acts = {line["act"] for line in parent.trace() if line["document"] == paper}
    assert {"deposit", "release", "withdraw", "erase"} <= acts
    assert "conclude" not in acts


def test_a_late_retry_of_the_deposit_brings_nothing_back(running):
    person = Resident(running).sign_in()
    content, key = running.papers().bill(person), secrets.token_hex(16)
    paper = person.hand_in(content, PDF, key=key).json()["document"]
    person.concluded(paper)
    erased(person, paper)
    assert_problem(person.hand_in(content, PDF, key=key), "idempotency-key-reused")


def test_case_copies_say_with_whom_until_when_and_why(served, running):
    parent, paper = served
    copy = erased(parent, paper)["case_copies"][0]
    assert (copy["recipient"], copy["purpose"], copy["schedule_status"]) == (CAISSE, CANTEEN[0], "unconfirmed")
    assert date.fromisoformat(copy["keep_until"]) > date.today() + timedelta(days=300)
    assert "Caisse" in copy["recipient_name"]
    page = parent.http.get(f"/documents/{paper}/effacer").text
    assert "Jusqu'au" in page
    assert "certificat" in page


def test_a_copy_ends_after_its_schedule_and_with_a_visa_only(served, running):
    parent, paper = served
    copy = erased(parent, paper)["case_copies"][0]["case_copy_id"]
    assert command(running, "vault", "end-case-copy", copy, "--visa", "AD75/2031/12")[0] != 0
    rows(running, "UPDATE hub.case_copy SET keep_until = current_date - 1 WHERE case_copy_id = %(id)s", id=copy)
    assert copy in command(running, "vault", "case-copies")[1]
    assert command(running, "vault", "end-case-copy", copy, "--visa", " ")[0] != 0
    assert command(running, "vault", "end-case-copy", copy, "--visa", "AD75/2031/12")[0] == 0
    assert copy not in command(running, "vault", "case-copies")[1]


def test_the_certificate_verifies_offline_and_a_changed_one_does_not(served, running, tmp_path):
    parent, paper = served
    assert_problem(parent.http.get(f"/v1/documents/{paper}/destruction-certificate"), "not-found")
    erased(parent, paper)
    answer = parent.http.get(f"/v1/documents/{paper}/destruction-certificate")
    told = answer.json()["certificate"]
    day = date.fromisoformat(told["holder_key"]["last_backup_dies_on"])
    assert timedelta(34) <= day - date.fromisoformat(told["destroyed_at"][:10]) <= timedelta(36)
    assert {one["what"] for one in told["remaining"]} == {"trace", "case_copy"}
    kept, forged = tmp_path / "kept.json", tmp_path / "forged.json"
    kept.write_text(answer.text)
    code, words = command(running, "vault", "certificate", "verify", str(kept))
    assert (code, paper in words) == (0, True)
    forged.write_text(json.dumps(answer.json() | {"certificate": told | {"destroyed_at": "2020-01-01T00:00:00+00:00"}}))
    assert command(running, "vault", "certificate", "verify", str(forged))[0] == 1


def test_nobody_else_gets_the_certificate(served, running):
    parent, paper = served
    erased(parent, paper)
    other = Resident(running).sign_in()
    assert_problem(other.http.get(f"/v1/documents/{paper}/destruction-certificate"), "not-found")


def test_the_signing_key_is_the_workers_alone_and_apart_from_the_journals(running):
    text = running.places.key("destruction.pub").read_text()
    assert CertificateVerifier.from_text(text).text() == text
    assert running.places.key("journal.pub").read_text() != text


def test_a_held_paper_is_not_erased_until_the_hold_is_lifted(running):
    person = Resident(running).sign_in()
    paper = person.hand_in_and_wait(running.papers().bill(person), PDF, kind="proof_of_address")["document"]
    assert command(running, "vault", "hold", paper, "TJ-75-2026-114")[0] == 0
    assert person.http.get(f"/v1/documents/{paper}").json()["state"] == "held"
    assert_problem(person.http.delete(f"/v1/documents/{paper}"), "held")
    assert person.http.post(f"/v1/documents/{paper}/preview-tickets").status_code == 201
    assert "garder ce document" in person.http.get("/documents").text
    assert command(running, "vault", "unhold", paper)[0] == 0
    erased(person, paper)
