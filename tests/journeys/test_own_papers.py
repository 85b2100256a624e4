"""What a family is given for what it does: receipts, acknowledgements, reuse, hints, and its own papers."""

import base64
import secrets
from datetime import UTC, date, datetime, timedelta

import httpx

from hub.api.shapes import AcknowledgementShape, ReceiptShape
from tests.assets.pdfs import pages
from tests.journeys.doors import assert_problem, family, kept_of, rows
from tests.system import BOURSES, CAISSE, MAIRIE, Resident, eventually

PDF = "application/pdf"
METADATA = f"filetype {base64.b64encode(PDF.encode()).decode()},filename {base64.b64encode(b'facture.pdf').decode()}"


def test_a_deposit_gets_a_receipt_that_can_be_read_again(running):
    person = Resident(running).sign_in()
    content = running.papers().bill(person)
    answer = person.hand_in(content, PDF, kind="proof_of_address")
    receipt = answer.json()
    assert answer.headers["location"] == f"/v1/documents/{receipt['document']}"
    assert abs(datetime.fromisoformat(receipt["received_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert "Ville de Paris" in receipt["in_charge"]
    assert (receipt["media_type"], receipt["length"], receipt["reuse"]) == (PDF, len(content), None)
    again = person.http.get(f"/v1/documents/{receipt['document']}/receipt").json()
    assert ReceiptShape.model_validate(again) == ReceiptShape.model_validate(receipt)
    entry = rows(running, "SELECT act FROM vault.journal_entry WHERE entry_id = %(id)s", id=receipt["entry"])
    assert entry == [{"act": "deposit"}]


def test_an_acknowledgement_says_what_the_code_asks_for(running):
    parent, child = family(running)
    answer = parent.request(child, "school_enrolment", MAIRIE)
    told, today = answer.json(), datetime.now(UTC)
    assert answer.status_code == 201
    assert abs(datetime.fromisoformat(told["received_at"]) - today) < timedelta(minutes=1)
    assert all(told["in_charge"][name] for name in ("name", "address", "email", "phone"))
    assert date.fromisoformat(told["decision_before"]) > today.date()
    assert "deux mois" in told["silence"]
    assert "tribunal administratif" in told["remedies"]
    assert "ne bloque pas" in told["note"]
    assert "voir qui a consulté" in told["notice"]


def test_an_acknowledgement_names_each_paper_and_who_provides_it(running):
    parent, child = family(running)
    papers = {p["requirement"]: p for p in parent.request(child, "canteen_tariff", CAISSE).json()["papers"]}
    income = papers["household_income"]
    assert income["fetched_for_you"]
    assert len(income["alternatives"]) == 2
    enrolment = parent.request(child, "school_enrolment", MAIRIE).json()["papers"]
    assert {p["requirement"] for p in enrolment} == {"child_identity", "residence"}
    assert all(p["sworn_statement_possible"] for p in enrolment)


def test_an_acknowledgement_is_kept_with_the_notices_that_were_given(running):
    parent, child = family(running)
    told = parent.request(child, "canteen_enrolment", CAISSE).json()
    (kept,) = rows(running, "SELECT acknowledgement FROM hub.request WHERE request_id = %(id)s", id=told["request"])
    again = AcknowledgementShape.model_validate(kept["acknowledgement"])
    assert again == AcknowledgementShape.model_validate(told)
    notices = rows(running, "SELECT text_version FROM hub.notice_given WHERE request_id = %(id)s", id=told["request"])
    # What is fetched, and, with it, what the family let the service reuse.
    assert {notice["text_version"] for notice in notices} == {"L114-8-I/fr/2", "autorisation/fr/1"}


def test_a_request_is_not_taken_twice_nor_without_the_oath(running):
    parent, child = family(running)
    assert_problem(parent.request(child, "canteen_enrolment", CAISSE, sworn=False), "invalid")
    assert parent.request(child, "canteen_enrolment", CAISSE).status_code == 201
    assert_problem(parent.request(child, "canteen_enrolment", CAISSE), "already-requested")
    assert_problem(parent.request(child, "canteen_enrolment", MAIRIE), "invalid")
    assert_problem(parent.request(child, "swimming", CAISSE), "invalid")


def test_a_missing_paper_does_not_stop_the_request(running):
    parent, child = family(running)
    assert parent.request(child, "school_enrolment", MAIRIE).status_code == 201
    assert parent.satisfied("school_enrolment", "child_identity")
    assert parent.requirement("school_enrolment", "residence")["state"] == "missing"


def test_a_second_deposit_of_the_same_paper_is_offered_as_reuse(running):
    person = Resident(running).sign_in()
    content = running.papers().bill(person)
    first = person.hand_in(content, PDF).json()
    answer = person.hand_in(content, PDF)
    again = answer.json()
    assert (answer.status_code, again["document"]) == (200, first["document"])
    assert again["reuse"]["document"] == first["document"]
    since, received = (datetime.fromisoformat(at) for at in (again["reuse"]["held_since"], first["received_at"]))
    assert abs(since - received) < timedelta(seconds=1)
    assert "déjà déposé" in again["reuse"]["fr"]
    assert kept_of(person)["documents"] == 1
    assert [line for line in person.trace() if line["act"] == "deposit" and "réutilisé" in line["what"]]


def test_reuse_is_offered_by_the_form_and_by_a_resumable_upload_too(running):
    person = Resident(running).sign_in()
    content = running.papers().bill(person)
    first = person.hand_in(content, PDF).json()["document"]
    form = {"key": secrets.token_hex(16), "kind": "proof_of_address"}
    page = person.http.post("/deposer", data=form, files={"file": ("facture.pdf", content, PDF)})
    assert "Nous avons déjà ce document" in page.text
    made = {"tus-resumable": "1.0.0", "upload-length": str(len(content)), "upload-metadata": METADATA}
    sent = {"tus-resumable": "1.0.0", "upload-offset": "0", "content-type": "application/offset+octet-stream"}
    where = person.http.post("/v1/uploads", headers=made).headers["location"]
    assert person.http.patch(where, content=content, headers=sent).status_code == 204
    assert kept_of(person)["documents"] == 1
    assert [one["document"] for one in person.http.get("/v1/documents").json()] == [first]


def test_what_is_quarantined_is_not_offered_as_reuse(running):
    person = Resident(running).sign_in()
    active = pages(1, catalogue=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")
    assert person.hand_in_and_wait(active, PDF)["state"] == "quarantined"
    again = person.hand_in(active, PDF)
    assert (again.status_code, again.json()["reuse"]) == (201, None)


def test_what_is_erased_is_not_offered_as_reuse(running):
    person = Resident(running).sign_in()
    bill = running.papers().bill(person)
    first = person.hand_in_and_wait(bill, PDF)["document"]
    person.http.delete(f"/v1/documents/{first}")
    eventually(lambda: person.http.get(f"/v1/documents/{first}").json()["state"] == "erased")
    again = person.hand_in(bill, PDF)
    assert (again.status_code, again.json()["reuse"]) == (201, None)


def test_a_second_erasure_says_that_it_is_done(running):
    person = Resident(running).sign_in()
    paper = person.hand_in_and_wait(running.papers().bill(person), PDF)["document"]
    assert person.http.delete(f"/v1/documents/{paper}").json()["state"] == "erasing"
    eventually(lambda: person.http.get(f"/v1/documents/{paper}").json()["state"] == "erased")
    assert person.http.delete(f"/v1/documents/{paper}").json()["state"] == "erased"
    assert "Ce document est effacé" in person.http.post(f"/documents/{paper}/effacer").text
    entries = "SELECT count(*) FROM vault.journal_record WHERE document_id = %(id)s AND entry_id IN (SELECT entry_id FROM vault.journal_entry WHERE act = 'withdraw')"
    assert rows(running, entries, id=paper) == [{"count": 1}]


def test_what_is_available_can_be_seen_whether_or_not_it_is_evidence_yet(running):
    person = Resident(running).sign_in()
    paper = person.hand_in_and_wait(running.papers().bill(person), PDF)["document"]
    # Recorded a moment after the conclusion; nothing a person does may depend on that moment.
    eventually(lambda: rows(running, "SELECT 1 FROM hub.evidence WHERE document_id = %(id)s", id=paper))
    rows(running, "DELETE FROM hub.evidence WHERE document_id = %(id)s", id=paper)
    href = person.http.post(f"/v1/documents/{paper}/preview-tickets").json()["href"]
    assert httpx.get(href).content[:5] == b"%PDF-"


def hint_of(parent, service, requirement):
    return eventually(lambda: parent.requirement(service, requirement)["hint"])


def test_an_old_bill_does_not_do_and_the_family_is_told_why(running):
    parent, child = family(running)
    parent.request(child, "school_enrolment", MAIRIE)
    parent.hand_in_and_wait(running.papers().bill(parent, days_old=400), PDF, kind="proof_of_address")
    assert "trop ancien" in hint_of(parent, "school_enrolment", "residence")
    parent.hand_in_and_wait(running.papers().bill(parent), PDF, kind="proof_of_address")
    assert parent.satisfied("school_enrolment", "residence")["hint"] is None


def test_somebody_elses_bill_does_not_do(running):
    parent, child = family(running)
    parent.request(child, "school_enrolment", MAIRIE)
    parent.hand_in_and_wait(running.papers().bill(Resident(running)), PDF, kind="proof_of_address")
    assert "Le nom" in hint_of(parent, "school_enrolment", "residence")
    assert parent.requirement("school_enrolment", "residence")["state"] == "missing"


def test_a_tax_notice_of_another_year_does_not_do(running):
    parent, child = family(running)
    parent.request(child, "bursary", BOURSES)
    photo = running.papers().tax_notice(parent, income_year=date.today().year - 4)
    parent.hand_in_and_wait(photo, "image/jpeg", kind="tax_notice")
    assert "bonne année" in hint_of(parent, "bursary", "household_income")
    assert parent.requirement("bursary", "household_income")["state"] == "missing"


def test_a_person_sees_their_own_paper_once_per_ticket(running):
    person = Resident(running).sign_in()
    paper = person.hand_in_and_wait(running.papers().bill(person), PDF, kind="proof_of_address")["document"]
    ticket = person.http.post(f"/v1/documents/{paper}/preview-tickets")
    href = ticket.json()["href"]
    # Nothing but the ticket: the door that opens papers knows no session.
    seen = httpx.get(href)
    assert (seen.status_code, seen.content[:5], seen.headers["cache-control"]) == (200, b"%PDF-", "no-store")
    assert "sandbox" in seen.headers["content-security-policy"]
    assert_problem(httpx.get(href), "not-found")
    assert "Vous avez consulté votre document" in [line["why"] for line in person.trace()]


def test_a_paper_that_is_being_read_cannot_be_seen_yet(running):
    person = Resident(running).sign_in()
    paper = person.hand_in_and_wait(b"%PDF-1.7 and then nothing of use", PDF)
    assert paper["state"] == "unusable"
    assert_problem(person.http.post(f"/v1/documents/{paper['document']}/preview-tickets"), "not-found")
