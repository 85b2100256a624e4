"""A newer paper takes an older one's place, and two that look alike are pointed out: the resident decides, nobody else."""

from datetime import date

import pytest

from connectors.sandbox.papers import Child
from tests.assets.pictured import drawn, jpeg, pictured
from tests.journeys.doors import assert_problem, family, kept_of, person_id, rows, value
from tests.system import MAIRIE, Resident, eventually

PDF, PHOTO = "application/pdf", "image/jpeg"
STATE = "SELECT state::text FROM vault.document WHERE document_id = %(id)s"


def bill(person: Resident, days_old: int = 20) -> str:
    paper = person.system.papers().bill(person, days_old=days_old)
    found = person.hand_in_and_wait(paper, PDF, kind="proof_of_address")
    assert found["state"] == "available", found
    return found["document"]


def put(person: Resident, old: str, new: str):
    return person.http.put(f"/v1/documents/{old}/replacement", json={"by": new})


def told(person: Resident, paper: str) -> dict:
    return person.http.get(f"/v1/documents/{paper}").json()


def replaced(person: Resident, old: str, new: str) -> None:
    answer = put(person, old, new)
    assert (answer.status_code, answer.json()["state"]) == (202, "replacing"), answer.text
    eventually(lambda: told(person, old)["state"] == "superseded")


def test_a_newer_paper_serves_in_the_place_of_the_old_and_partners_are_told(running):
    parent, child = family(running)
    parent.request(child, "school_enrolment", MAIRIE)
    old = bill(parent, 60)
    parent.satisfied("school_enrolment", "residence")
    new = bill(parent, 10)
    replaced(parent, old, new)
    assert parent.requirement("school_enrolment", "residence")["state"] == "satisfied"
    served = """SELECT document_id FROM hub.satisfaction JOIN hub.evidence USING (evidence_id)
                WHERE holder_id = %(who)s AND requirement = 'residence' AND until IS NULL"""
    assert str(value(running, served, who=person_id(parent))) == new
    withdrawn = """SELECT data ->> 'reason' AS reason FROM vault.event
                   JOIN hub.evidence ON evidence_id::text = data ->> 'evidence'
                   WHERE type LIKE '%%evidence.withdrawn%%' AND document_id = %(id)s"""
    assert [row["reason"] for row in rows(running, withdrawn, id=old)] == ["superseded"]
    assert "replace" in {line["act"] for line in parent.trace()}


def test_the_old_paper_names_the_new_and_only_its_holder_still_sees_it(running):
    person = Resident(running).sign_in()
    old, new = bill(person, 60), bill(person, 10)
    replaced(person, old, new)
    assert (told(person, old)["replaced_by"], told(person, old)["reason"]) == (new, "superseded")
    href = person.http.post(f"/v1/documents/{old}/preview-tickets").json()["href"]
    assert person.http.get(href).content[:5] == b"%PDF-"
    other = Resident(running).sign_in()
    assert_problem(other.http.post(f"/v1/documents/{old}/preview-tickets"), "not-found")
    assert person.http.delete(f"/v1/documents/{old}").status_code == 202
    eventually(lambda: told(person, old)["state"] == "erased")


def test_asking_again_is_harmless_and_another_wish_is_refused(running):
    person = Resident(running).sign_in()
    old, new, third = bill(person, 60), bill(person, 10), bill(person, 5)
    replaced(person, old, new)
    assert put(person, old, new).json()["state"] == "replaced"
    assert_problem(put(person, old, third), "conflict")
    assert_problem(put(person, new, old), "conflict")
    assert_problem(put(person, new, new), "conflict")


def test_a_paper_of_another_kind_or_of_another_person_takes_no_place(running):
    person, other = Resident(running).sign_in(), Resident(running).sign_in()
    old, theirs = bill(person), bill(other)
    notice = person.hand_in_and_wait(running.papers().tax_notice(person), PHOTO, kind="tax_notice")["document"]
    assert_problem(put(person, old, notice), "invalid")
    assert_problem(put(person, old, theirs), "not-found")
    assert_problem(put(other, old, theirs), "not-found")


def test_a_paper_that_ends_before_it_takes_the_place_takes_none(running):
    person = Resident(running).sign_in()
    old, new = bill(person, 60), bill(person, 10)
    person.http.delete(f"/v1/documents/{new}")
    assert_problem(put(person, old, new), "conflict")
    assert told(person, old)["state"] == "available"


def test_the_database_knows_no_superseded_paper_without_its_newer_one(running):
    paper = bill(Resident(running).sign_in())
    with pytest.raises(Exception, match="no document replaces this one"):
        rows(running, "UPDATE vault.document SET state = 'superseded' WHERE document_id = %(id)s", id=paper)


def test_the_same_content_after_it_was_replaced_or_erased_is_a_new_paper(running):
    person = Resident(running).sign_in()
    content = running.papers().bill(person, days_old=60)
    old, new = person.hand_in_and_wait(content, PDF)["document"], bill(person, 10)
    replaced(person, old, new)
    again = person.hand_in(content, PDF)
    assert (again.status_code, again.json()["reuse"]) == (201, None)
    person.concluded(again.json()["document"])
    person.http.delete(f"/v1/documents/{again.json()['document']}")
    eventually(lambda: told(person, again.json()["document"])["state"] == "erased")
    assert person.hand_in(content, PDF).status_code == 201


# Near duplicates -------------------------------------------------------------------------------------------------------


def photographed(person: Resident, paper: bytes, **how: float) -> str:
    content = jpeg(pictured(drawn(paper), **{"turned": 2.0} | how))
    return person.hand_in_and_wait(content, PHOTO, kind="proof_of_address")["document"]


def test_a_photo_of_a_paper_that_is_there_is_pointed_out_and_nothing_else_happens(running):
    person = Resident(running).sign_in()
    paper = running.papers().bill(person)
    first = person.hand_in_and_wait(paper, PDF, kind="proof_of_address")["document"]
    second = photographed(person, paper)
    assert eventually(lambda: told(person, second)["resembles"]) == [first]
    assert told(person, first)["resembles"] == []
    assert [told(person, one)["state"] for one in (first, second)] == ["available", "available"]


def test_two_bills_on_one_form_are_two_papers(running):
    person = Resident(running).sign_in()
    bill(person, 60)
    assert told(person, bill(person, 20))["resembles"] == []


def test_certificates_of_two_children_are_two_papers(running):
    person = Resident(running).sign_in()
    for child in (person.child(), Child(person.family_name.upper(), "Gaspard", date(2015, 2, 11), "Paris 13e")):
        paper = running.papers().birth_certificate(person, child)
        last = person.hand_in_and_wait(paper, PDF, kind="birth_certificate")["document"]
    assert told(person, last)["resembles"] == []


def test_nothing_is_compared_across_holders(running):
    one, other = Resident(running).sign_in(), Resident(running).sign_in()
    paper = running.papers().bill(one)
    one.hand_in_and_wait(paper, PDF)
    assert told(other, photographed(other, paper))["resembles"] == []
    assert not rows(running, "SELECT 1 FROM vault.likeness WHERE holder_id = %(who)s", who=person_id(other))


def alike(person: Resident) -> tuple[str, str]:
    paper = person.system.papers().bill(person)
    first = person.hand_in_and_wait(paper, PDF, kind="proof_of_address")["document"]
    second = photographed(person, paper)
    eventually(lambda: told(person, second)["resembles"])
    return first, second


def test_keep_both_is_remembered(running):
    person = Resident(running).sign_in()
    first, second = alike(person)
    assert_problem(Resident(running).sign_in().http.delete(f"/v1/documents/{second}/resemblances/{first}"), "not-found")
    assert person.http.delete(f"/v1/documents/{second}/resemblances/{first}").status_code == 204
    assert told(person, second)["resembles"] == []


def test_erasing_one_forgets_what_was_noted_and_what_it_looked_like(running):
    person = Resident(running).sign_in()
    first, second = alike(person)
    person.http.delete(f"/v1/documents/{first}")
    eventually(lambda: told(person, first)["state"] == "erased")
    assert told(person, second)["resembles"] == []
    assert not rows(running, "SELECT 1 FROM vault.likeness WHERE holder_id = %(who)s", who=person_id(person))
    looks = "SELECT sealed_looks FROM vault.reading WHERE document_id = %(id)s"
    assert (value(running, looks, id=first), value(running, looks, id=second) is None) == (None, False)


def test_the_pages_ask_and_do_what_the_resident_says(running):
    person = Resident(running).sign_in()
    first, second = alike(person)
    page = person.http.get("/documents").text
    assert "ressemble à" in page
    assert f"/documents/{first}/remplacer?par={second}" in page
    confirm = person.http.get(f"/documents/{first}/remplacer", params={"par": second}).text
    assert "ne servira plus" in confirm
    done = person.http.post(f"/documents/{first}/remplacer", data={"par": second})
    assert done.status_code == 200
    eventually(lambda: "Remplacé" in person.http.get("/documents").text)
    assert "ressemble à" not in person.http.get("/documents").text
    assert kept_of(person)["documents"] == 2


def test_the_page_keeps_both(running):
    person = Resident(running).sign_in()
    first, second = alike(person)
    person.http.post(f"/documents/{second}/garder/{first}")
    assert "ressemble à" not in person.http.get("/documents").text


def test_without_a_newer_paper_the_page_says_to_hand_it_in_first(running):
    person = Resident(running).sign_in()
    page = person.http.get(f"/documents/{bill(person)}/remplacer").text
    assert "Déposez d'abord" in page.replace("&#39;", "'")
