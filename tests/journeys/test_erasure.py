"""A paper is erased: refused at once, opened by nobody, told to who relied on it; everything else stays."""

import httpx
import pytest

from tests.journeys.doors import Partner, assert_problem, family, objects, person_id, rows, subject_of, value
from tests.system import CAISSE, Resident, System, eventually
from vault.db import Database
from vault.journal.signing import HeadVerifier
from vault.journal.verify import JournalReport, verify_journal

PDF = "application/pdf"
CANTEEN = ("canteen_enrolment", "child_identity")


def journal(running: System) -> JournalReport:
    """What a verification of the whole journal finds, with the owner's login and the public key."""
    database = Database.connect(running.stores.dsn("unefois_owner", driver="psycopg"), pool_size=1)
    key = HeadVerifier.from_text(running.places.key("journal.pub").read_text(encoding="utf-8"))
    try:
        with database.read() as tx:
            return verify_journal(tx, key)
    finally:
        database.close()


def document(running: System, identifier: str) -> dict:
    (row,) = rows(running, "SELECT * FROM vault.document WHERE document_id = %(id)s", id=identifier)
    return row


def erased(person: Resident, identifier: str) -> httpx.Response:
    answer = person.http.delete(f"/v1/documents/{identifier}")
    assert answer.status_code == 202, answer.text
    eventually(lambda: document(person.system, identifier)["state"] == "erased")
    return answer


def of_kind(person: Resident, kind: str) -> str:
    return next(d["document"] for d in person.http.get("/v1/documents").json() if d["evidence_type"] == kind)


def looked_at(person: Resident, identifier: str) -> httpx.Response:
    ticket = person.http.post(f"/v1/documents/{identifier}/preview-tickets")
    return httpx.get(ticket.json()["href"]) if ticket.status_code == 201 else ticket


@pytest.fixture
def served(running) -> tuple[Resident, str, Partner, dict]:
    """A family whose certificate the Caisse has received, and what was offered to it."""
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied(*CANTEEN)
    caisse = Partner(running, "caisse-13")
    told = caisse.ask(subject_of(parent, CAISSE, CANTEEN[0]), *CANTEEN).json()
    assert caisse.fetch(told["evidence"][0]["href"]).status_code == 200
    return parent, of_kind(parent, "birth_certificate"), caisse, told


def test_what_was_handed_out_is_said_and_from_then_on_refused(served):
    parent, paper, caisse, told = served
    copies = parent.http.delete(f"/v1/documents/{paper}").json()["case_copies"]
    assert {copy["recipient"] for copy in copies} == {CAISSE}
    # Without waiting for the worker: the withdrawal committed before the answer.
    assert_problem(caisse.fetch(told["evidence"][0]["href"]), "no-ground")
    assert caisse.ask(subject_of(parent, CAISSE, CANTEEN[0]), *CANTEEN).json()["outcome"] == "pending"
    assert parent.requirement(*CANTEEN)["state"] == "missing"
    assert_problem(parent.http.post(f"/v1/documents/{paper}/preview-tickets"), "not-found")


def test_who_relied_on_it_is_told(served):
    parent, paper, caisse, _ = served
    erased(parent, paper)
    subject = str(subject_of(parent, CAISSE, CANTEEN[0]))

    def told() -> set:
        seen = parent.system.received(caisse.slug)["notifications"]
        return {n["type"].rsplit(".", 2)[1] for n in seen if n["subject"] == subject}

    eventually(lambda: told() == {"satisfied", "withdrawn"})


def test_the_key_and_the_objects_are_gone(served):
    parent, paper, _, _ = served
    holder = person_id(parent)
    copy = value(parent.system, "SELECT object_name FROM vault.viewing_copy WHERE document_id = %(id)s", id=paper)
    name = document(parent.system, paper)["object_name"]
    assert {name, copy} <= objects(parent.system)
    erased(parent, paper)
    row = document(parent.system, paper)
    assert [row[n] for n in ("wrapped_key", "holder_generation", "keyed_digest", "sealed_facts")] == [None] * 4
    keys = rows(parent.system, "SELECT generation FROM vault.holder_key WHERE holder_id = %(h)s", h=holder)
    assert [key["generation"] for key in keys] == [2]
    assert rows(parent.system, "SELECT 1 FROM vault.viewing_copy WHERE document_id = %(id)s", id=paper) == []
    assert rows(parent.system, SEALED_FIELDS, id=paper) == [{"sealed_fields": None}]
    eventually(lambda: not {name, copy} & objects(parent.system))


SEALED_FIELDS = "SELECT sealed_fields FROM vault.reading WHERE document_id = %(id)s"


def test_other_papers_of_the_holder_still_open_after_the_re_keying(running):
    person = Resident(running).sign_in()
    bill = person.hand_in_and_wait(running.papers().bill(person), PDF, kind="proof_of_address")["document"]
    gone = person.hand_in_and_wait(running.papers().bill(person, days_old=90), PDF)["document"]
    erased(person, gone)
    assert looked_at(person, bill).content.startswith(b"%PDF-")
    assert_problem(looked_at(person, gone), "not-found")
    # A digest under the new key: the same content is still recognised.
    assert document(running, bill)["holder_generation"] == 2


def test_another_person_is_not_touched(running):
    one, other = Resident(running).sign_in(), Resident(running).sign_in()
    papers = [p.hand_in_and_wait(running.papers().bill(p), PDF)["document"] for p in (one, other)]
    erased(one, papers[0])
    assert document(running, papers[1])["holder_generation"] == 1
    assert looked_at(other, papers[1]).status_code == 200


def test_the_journal_still_verifies_and_the_person_sees_both_steps(served):
    parent, paper, _, _ = served
    erased(parent, paper)
    eventually(lambda: {"withdraw", "erase"} <= {line["act"] for line in parent.trace() if line["document"] == paper})
    report = eventually(lambda: (found := journal(parent.system)).waiting == 0 and found)
    assert report.holds, report.fault
    assert report.sequenced > 0


def test_asking_twice_is_harmless_and_the_paper_may_come_back(served):
    parent, paper, _, _ = served
    erased(parent, paper)
    assert erased(parent, paper).json()["case_copies"]
    erasures = [line for line in parent.trace() if line["act"] == "erase"]
    assert len(erasures) == 1
    again = parent.hand_in(running_paper(parent), PDF, kind="birth_certificate")
    assert again.status_code == 201
    assert again.json()["document"] != paper
    assert parent.satisfied(*CANTEEN)["grade"] == "sealed"


def running_paper(parent: Resident) -> bytes:
    return parent.system.papers().birth_certificate(parent, parent.children[0])


def test_the_same_bytes_after_erasure_are_a_new_document(running):
    person = Resident(running).sign_in()
    content = running.papers().bill(person)
    first = person.hand_in_and_wait(content, PDF)["document"]
    erased(person, first)
    again = person.hand_in(content, PDF)
    assert (again.status_code, again.json()["reuse"]) == (201, None)


def test_an_erased_paper_is_still_listed_as_erased(running):
    person = Resident(running).sign_in()
    paper = person.hand_in_and_wait(running.papers().bill(person), PDF)["document"]
    erased(person, paper)
    shown = person.http.get(f"/v1/documents/{paper}").json()
    assert (shown["state"], shown["reason"]) == ("erased", "asked_by_holder")
