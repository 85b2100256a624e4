"""Somebody made up who visits the pages: signs in, hands in, asks, and reads what comes back."""

import re
from datetime import date
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from contracts.documents import EvidenceType, Grade, MediaType, Outcome
from hub.school_files.settling import settle_document
from tests.unit.hub.web.conftest import Place
from tests.unit.hub.web.pages_read import Page
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import Reason

PDF = b"%PDF-1.7\nmade up\n"

CAISSE = "91000001200013"

HTML = {"accept": "text/html"}


class Canned:
    """A reader that finds what the test says a paper holds."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def read(self, data: bytes, announced: MediaType, *, today: date) -> Reading:
        """Return the reading, whatever the bytes."""
        assert data.startswith(b"%PDF")
        assert announced is MediaType.PDF
        assert today
        return self._reading


def certificate(child: str, parent: str = "BELKACEM") -> Reading:
    fields = {
        "child_family_name": parent,
        "child_first_names": child,
        "child_born_on": "2019-03-27",
        "child_birthplace": "Paris 13e",
        "parent_1_family_name": parent,
        "parent_1_first_names": "Nora",
    }
    return Reading(
        Reason.READ,
        MediaType.PDF,
        pages=1,
        evidence_type=EvidenceType.BIRTH_CERTIFICATE,
        grade=Grade.SEALED,
        fields=fields,
        findings=(Finding("scan.rules", Outcome.PASSED, "nothing_found"),),
        viewing_media_type=MediaType.PDF,
        viewing_copy=b"%PDF rebuilt",
    )


def page(answer: httpx.Response, status: int = 200) -> Page:
    assert answer.status_code == status, answer.text
    found = Page(answer.text)
    assert found.problems == []
    return found


def get(place: Place, path: str, status: int = 200) -> Page:
    return page(place.browser.get(path, headers=HTML), status)


def send(place: Place, path: str, **fields: str) -> httpx.Response:
    headers = {**HTML, "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    answer: httpx.Response = place.browser.post(path, content=urlencode(fields), headers=headers)
    return answer


def deposit(place: Place, content: bytes = PDF, kind: str = "birth_certificate", **more: str) -> httpx.Response:
    form = get(place, "/deposer")
    file = (more.get("name", "acte.pdf"), content, more.get("media", "application/pdf"))
    fields = {"key": more.get("key", form.field("key")), "kind": kind}
    answer: httpx.Response = place.browser.post("/deposer", data=fields, files={"file": file}, headers=HTML)
    return answer


def document_of(place: Place, receipt_page: Page) -> UUID:
    number = re.search(r"Numéro ([0-9a-f-]{36})", receipt_page.text)
    assert number is not None
    with place.worker.db.read() as tx:
        found: UUID = tx.execute(
            text("SELECT document_id FROM hub.receipt WHERE receipt_id = :id"), {"id": number[1]}
        ).scalar_one()
    return found


def with_child(place: Place, child: str) -> None:
    """Sign in a fresh parent whose child is proved by a sealed certificate."""
    family = "BELKACEM" + uuid4().hex[:8].translate(str.maketrans("0123456789", "ghijklmnop")).upper()
    place.sign_in(family=family)
    document = document_of(place, get(place, deposit(place, PDF + uuid4().bytes).headers["location"]))
    settle_document(place.worker, place.door.catalogue, Canned(certificate(child, family)), document)


def only_child(place: Place) -> str:
    options = re.findall(r'<option value="([0-9a-f-]{36})"', place.browser.get("/demandes/nouvelle").text)
    assert len(options) == 1
    return str(options[0])


def this_year(place: Place) -> str:
    found = re.search(r'<option value="(\d{4}-\d{4})"', place.browser.get("/demandes/nouvelle").text)
    assert found is not None
    return found[1]


def wish(place: Place, service: str = "canteen_enrolment", body: str = CAISSE) -> dict[str, str]:
    return {"child": only_child(place), "school_year": this_year(place), "service": service, "body": body}
