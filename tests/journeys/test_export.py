"""A person leaves with everything: papers byte for byte, history, proofs, in one ZIP that says what it holds."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from tests.assets.pdfs import pages
from tests.journeys.doors import assert_problem, person_id, rows, schema
from tests.journeys.test_replacing import bill, replaced
from tests.system import Resident, eventually
from vault.journal.proofs import verify_proof
from vault.journal.signing import HeadVerifier

PDF = "application/pdf"


def downloaded(person: Resident) -> httpx.Response:
    ticket = person.http.post("/v1/export-tickets")
    assert ticket.status_code == 201, ticket.text
    return httpx.get(ticket.json()["href"], timeout=60)


@pytest.fixture(scope="module")
def taken(running):
    """Somebody with one paper kept and one erased, and what they took away."""
    person = Resident(running).sign_in()
    content = running.papers().bill(person)
    kept = person.hand_in_and_wait(content, PDF, kind="proof_of_address")["document"]
    gone = person.hand_in_and_wait(running.papers().bill(person, days_old=80), PDF)["document"]
    person.http.delete(f"/v1/documents/{gone}")
    eventually(lambda: person.http.get(f"/v1/documents/{gone}").json()["state"] == "erased")
    eventually(lambda: not rows(running, "SELECT 1 FROM vault.journal_pending"))
    answer = downloaded(person)
    assert answer.status_code == 200, answer.text
    return person, content, kept, gone, zipfile.ZipFile(io.BytesIO(answer.content))


def manifest(archive: zipfile.ZipFile) -> dict:
    found = json.loads(archive.read("manifest.json"))
    schema("export-manifest.json").validate(found)
    return found


def test_the_original_comes_back_byte_for_byte_and_the_manifest_says_so(taken):
    _, content, kept, _, archive = taken
    told = next(one for one in manifest(archive)["documents"] if one["document"] == kept)
    assert archive.read(told["original"]["path"]) == content
    assert told["original"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert archive.read(told["viewing_copy"]["path"]).startswith(b"%PDF-")
    assert json.loads(archive.read(told["receipt"]))["document"] == kept


def test_what_was_read_on_a_paper_comes_along(taken):
    _, _, kept, gone, archive = taken
    told = {one["document"]: one["values"] for one in manifest(archive)["documents"]}
    assert "75013" in archive.read(told[kept]).decode()
    assert told[gone] is None


def test_each_paper_has_the_name_its_sender_gave_it(running):
    person = Resident(running).sign_in()
    called = "facture d'électricité.pdf"
    given = {"content-disposition": f"attachment; filename*=UTF-8''{quote(called)}"}
    person.concluded(person.hand_in(running.papers().bill(person), PDF, **given).json()["document"])
    (told,) = manifest(zipfile.ZipFile(io.BytesIO(downloaded(person).content)))["documents"]
    assert told["file_name"] == called


def test_what_was_refused_comes_back_as_it_was_given_and_says_so(running):
    person = Resident(running).sign_in()
    active = pages(1, catalogue=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")
    given = {
        person.hand_in_and_wait(content, PDF)["document"]: content for content in (active, b"%PDF-1.7 and no more")
    }
    archive = zipfile.ZipFile(io.BytesIO(downloaded(person).content))
    for told in manifest(archive)["documents"]:
        assert (told["state"], told["checked"]) in (("quarantined", False), ("unusable", False))
        assert "NON-VERIFIE" in told["original"]["path"]
        assert archive.read(told["original"]["path"]) == given[told["document"]]
        assert told["viewing_copy"] is None
    assert "NON-VERIFIE" in archive.read("LISEZ-MOI.txt").decode()


def test_a_replaced_paper_comes_along_and_names_the_newer_one(running):
    person = Resident(running).sign_in()
    old, new = bill(person, 60), bill(person, 10)
    replaced(person, old, new)
    archive = zipfile.ZipFile(io.BytesIO(downloaded(person).content))
    told = next(one for one in manifest(archive)["documents"] if one["document"] == old)
    assert (told["replaced_by"], told["checked"]) == (new, True)
    assert "75013" in archive.read(told["values"]).decode()
    assert archive.read(told["viewing_copy"]["path"]).startswith(b"%PDF-")


def test_of_an_erased_paper_there_is_the_certificate_only(taken):
    _, _, _, gone, archive = taken
    told = next(one for one in manifest(archive)["documents"] if one["document"] == gone)
    assert (told["state"], told["original"], told["viewing_copy"]) == ("erased", None, None)
    assert json.loads(archive.read(told["destruction_certificate"]))["certificate"]["document"] == gone


def test_every_file_is_whole_and_named(taken):
    *_, archive = taken
    assert archive.testzip() is None
    told = manifest(archive)
    assert {*told["proofs"], told["history"], "manifest.json"} <= set(archive.namelist())


def test_the_proofs_verify_with_the_key_that_comes_along(taken):
    *_, archive = taken
    told = manifest(archive)
    key = HeadVerifier.from_text(told["journal_key"])
    assert len(told["proofs"]) >= 4
    assert all(verify_proof(archive.read(path).decode(), key).holds for path in told["proofs"])


def test_the_journal_keeps_it_and_the_person_sees_it(taken):
    person, *_ = taken
    assert "export" in {line["act"] for line in person.trace()}


def test_a_ticket_serves_once(taken):
    person, *_ = taken
    href = person.http.post("/v1/export-tickets").json()["href"]
    assert httpx.get(href, timeout=60).status_code == 200
    assert_problem(httpx.get(href), "not-found")


def test_an_old_sign_in_must_be_renewed(running):
    person = Resident(running).sign_in()
    older = """UPDATE hub.session SET authenticated_at = authenticated_at - %(age)s WHERE account_id IN
               (SELECT account_id FROM hub.account WHERE person_id = %(who)s)"""
    rows(running, older, who=person_id(person), age=timedelta(minutes=6))
    assert_problem(person.http.post("/v1/export-tickets"), "sign-in-stale")
    page = person.http.post("/documents/tout", headers={"accept": "text/html"})
    assert page.status_code == 401
    assert "connectez-vous à nouveau" in page.text


def test_the_page_has_a_button_that_leads_to_the_archive(taken):
    person, *_ = taken
    assert "Télécharger tout" in person.http.get("/documents").text
    answer = person.http.post("/documents/tout")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")


def test_a_damaged_object_cuts_the_download_without_a_clean_end(running):
    person = Resident(running).sign_in()
    paper = person.hand_in_and_wait(running.papers().bill(person), PDF)["document"]
    rows(
        running,
        "UPDATE vault.document SET commitment = set_byte(commitment, 40, 0) WHERE document_id = %(id)s",
        id=paper,
    )
    ticket = person.http.post("/v1/export-tickets").json()["href"]
    try:
        answer = httpx.get(ticket, timeout=30)
    except httpx.RemoteProtocolError:
        return
    assert answer.status_code == 500
