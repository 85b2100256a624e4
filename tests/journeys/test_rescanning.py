"""Papers in use are scanned again under other rules; what is found goes out of use, and comes back when rules err no more."""

from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import pytest

from contracts.documents import Outcome
from hub.deposits.replacing import carry_out_replacement
from hub.deposits.rescanning import rescan_document, rescan_outdated
from hub.deposits.retention import place_hold
from hub.requirements.catalogue import load
from orchestration.custody import rescan_all, worker_custody
from tests.journeys.doors import assert_problem, family, person_id, rows, value
from tests.journeys.test_replacing import bill, put, replaced, told
from tests.system import MAIRIE, Resident, eventually
from vault.ingest.child import ReaderChild
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import Reason
from vault.ingest.scanning import Scan, joined, named, weighed
from vault.seals.trust import TrustStore
from vault.standing import Purpose, standing

WITH = "SELECT scanned_with FROM vault.reading WHERE document_id = %(id)s"


@dataclass
class Pretended:
    """Scanners of another day, who know one paper by its length."""

    rules: str
    bad_length: int = 0
    reason: Reason = Reason.MALWARE
    seen: list[int] = field(default_factory=list)

    def scanned_with(self):
        return None if self.rules == "away" else joined([named("rules", self.rules)])

    def scan(self, data, announced, *, today):
        self.seen.append(len(data))
        reason = self.reason if len(data) == self.bad_length else Reason.READ
        return weighed(Reading(Reason.READ, announced), [Scan("rules", reason, self.rules)])

    def read(self, data, announced, *, today):
        finding = Finding("safety", Outcome.PASSED, "read")
        return weighed(
            Reading(Reason.READ, announced, pages=1, findings=(finding,)), [Scan("rules", Reason.READ, self.rules)]
        )


@pytest.fixture
def custody(running):
    with standing(purpose=Purpose.SAFETY), worker_custody(running.running.layout) as found:
        yield found


def length(running, paper: str) -> int:
    return value(running, "SELECT plaintext_length FROM vault.document WHERE document_id = %(id)s", id=paper)


def test_a_deposit_says_with_which_scanners_and_rules_it_was_scanned(running):
    paper = bill(Resident(running).sign_in())
    with ReaderChild(TrustStore.from_pems([], roots=[], allow_test_authority=False)) as reader:
        assert value(running, WITH, id=paper) == reader.scanned_with()


def test_other_rules_find_a_paper_and_it_goes_out_of_use_everywhere(running, custody):
    parent, child = family(running)
    parent.request(child, "school_enrolment", MAIRIE)
    paper = bill(parent)
    parent.satisfied("school_enrolment", "residence")
    report = rescan_outdated(custody, load(), Pretended("made up, 2", length(running, paper)))
    assert report.found >= 1
    assert (told(parent, paper)["state"], told(parent, paper)["reason"]) == ("quarantined", "malware")
    assert_problem(parent.http.post(f"/v1/documents/{paper}/preview-tickets"), "not-found")
    withdrawn = "SELECT withdrawn_at FROM hub.evidence WHERE document_id = %(id)s"
    assert value(running, withdrawn, id=paper) is not None
    held = """SELECT count(*) FROM hub.satisfaction JOIN hub.evidence USING (evidence_id)
              WHERE document_id = %(id)s AND until IS NULL"""
    assert value(running, held, id=paper) == 0


def test_what_was_found_in_error_serves_again_under_rules_that_err_no_more(running, custody):
    person = Resident(running).sign_in()
    paper = bill(person)
    rescan_outdated(custody, load(), Pretended("made up, 3", length(running, paper)))
    assert told(person, paper)["state"] == "quarantined"
    rescan_document(custody, load(), Pretended("made up, 4"), paper)
    assert told(person, paper)["state"] == "available"
    assert value(running, "SELECT withdrawn_at FROM hub.evidence WHERE document_id = %(id)s", id=paper) is None


def test_a_replaced_paper_is_scanned_too_and_comes_back_replaced(running, custody):
    person = Resident(running).sign_in()
    old, new = bill(person, 60), bill(person, 10)
    replaced(person, old, new)
    report = rescan_outdated(custody, load(), Pretended("made up, 9", length(running, old)))
    assert report.found >= 1
    assert (told(person, old)["state"], told(person, old)["reason"]) == ("quarantined", "malware")
    assert_problem(person.http.post(f"/v1/documents/{old}/preview-tickets"), "not-found")
    assert put(person, old, new).json()["state"] == "replaced"
    carry_out_replacement(custody, load(), UUID(old))  # a job that is run once more drops no replacement
    use = "UPDATE vault.document SET state = 'available' WHERE document_id = %(id)s"
    with pytest.raises(psycopg.errors.CheckViolation, match="took the place"):
        rows(running, use, id=old)
    assert person.http.delete(f"/v1/documents/{new}").status_code == 202
    eventually(lambda: told(person, new)["state"] == "erased")
    rescan_document(custody, load(), Pretended("made up, 10"), UUID(old))
    assert (told(person, old)["state"], told(person, old)["reason"]) == ("superseded", "superseded")
    assert told(person, old)["replaced_by"] == new
    assert value(running, "SELECT withdrawn_at FROM hub.evidence WHERE document_id = %(id)s", id=old) is not None
    href = person.http.post(f"/v1/documents/{old}/preview-tickets").json()["href"]
    assert person.http.get(href).status_code == 200


def test_a_hold_on_a_replaced_paper_goes_on_through_quarantine(running, custody):
    person = Resident(running).sign_in()
    old, new = bill(person, 60), bill(person, 10)
    replaced(person, old, new)
    place_hold(custody, old, reference="TJ-75-2026-23")
    rescan_outdated(custody, load(), Pretended("made up, 11", length(running, old)))
    assert told(person, old)["state"] == "quarantined"
    rescan_document(custody, load(), Pretended("made up, 12"), UUID(old))
    assert (told(person, old)["state"], told(person, old)["held"]) == ("superseded", True)


def test_what_was_never_replaced_does_not_come_back_replaced(running, custody):
    person = Resident(running).sign_in()
    paper = bill(person)
    rescan_outdated(custody, load(), Pretended("made up, 13", length(running, paper)))
    with pytest.raises(psycopg.errors.CheckViolation, match="no document took the place"):
        rows(running, "UPDATE vault.document SET state = 'superseded' WHERE document_id = %(id)s", id=paper)


def test_the_same_rules_scan_nothing_twice(running, custody):
    paper = bill(Resident(running).sign_in())
    first, second = Pretended("made up, 5"), Pretended("made up, 5")
    rescan_outdated(custody, load(), first)
    rescan_outdated(custody, load(), second)
    assert (length(running, paper) in first.seen, length(running, paper) in second.seen) == (True, False)


@pytest.mark.parametrize("reason", [Reason.NOT_SCANNED, Reason.TOO_SLOW])
def test_a_scanner_without_an_answer_takes_nothing_out_of_use(running, custody, reason):
    person = Resident(running).sign_in()
    paper = bill(person)
    before = value(running, WITH, id=paper)
    report = rescan_outdated(custody, load(), Pretended("made up, 6", length(running, paper), reason))
    if reason is Reason.NOT_SCANNED:
        assert report.left >= 1
        assert value(running, WITH, id=paper) == before
    assert told(person, paper)["state"] == "available"


def test_a_scanner_that_is_away_is_waited_for(running, custody):
    away = Pretended("away")
    rescan_outdated(custody, load(), away)
    assert away.seen == []


def test_the_operator_may_have_everything_scanned_again(running, custody):
    paper = bill(Resident(running).sign_in())
    assert rescan_all(running.running.layout) >= 1
    assert value(running, WITH, id=paper) is None
    again = Pretended("made up, 7")
    rescan_outdated(custody, load(), again)
    assert length(running, paper) in again.seen


def test_a_damaged_paper_keeps_no_other_from_being_scanned(running, custody):
    person = Resident(running).sign_in()
    broken, well = bill(person, 30), bill(person, 10)
    damage = "UPDATE vault.document SET commitment = set_byte(commitment, 40, 0) WHERE document_id = %(id)s"
    rows(running, damage, id=broken)
    scanner = Pretended("made up, 8")
    report = rescan_outdated(custody, load(), scanner)
    assert report.left >= 1
    assert length(running, well) in scanner.seen
    assert person_id(person)
