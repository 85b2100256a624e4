"""The school files of four families, to the last line: two homes, no CAF, born abroad, moved in March."""

import httpx

from tests.journeys.agents import CLAIRE, Agent, review_of
from tests.journeys.doors import family, person_id
from tests.journeys.test_family_link import RECOGNISED, finding, second_parent
from tests.journeys.test_moves import CAISSE_19, moved
from tests.system import CAISSE, FAMILLES, MAIRIE, Resident, eventually

TARIFF, INCOME = "canteen_tariff", "household_income"


def lines(parent: Resident) -> dict[tuple[str, str], dict]:
    (file,) = parent.http.get("/v1/school-files").json()
    return {(line["service"], line["body"]): line for line in file["lines"]}


def states(line: dict) -> dict[str, str]:
    return {item["id"]: item["state"] for item in line["requirements"]}


def test_two_homes_have_two_lines_two_tariffs_and_no_view_of_one_another(running):
    mother, child, father = second_parent(running)
    review = review_of(father, "family_link")
    assert Agent(running, CLAIRE).sign_in().decide(review, RECOGNISED | finding(father, child))
    eventually(lambda: [one["child"] for one in father.http.get("/v1/children").json()] == [child])
    for parent, weeks, income in ((mother, "even", 26_712), (father, "odd", 61_200)):
        wish = {"child": child, "school_year": "2026-2027", "service": TARIFF, "body": CAISSE, "parity": weeks}
        told = wish | {"accuracy_sworn": True, "reuse_authorised": True}
        assert parent.http.post("/v1/requests", json=told).status_code == 201
        photo = running.papers().tax_notice(parent, reference_income=income)
        parent.hand_in_and_wait(photo, "image/jpeg", kind="tax_notice")
    bands = {parent.satisfied(TARIFF, INCOME)["tariff_band"] for parent in (mother, father)}
    assert bands == {"6", "9"}
    for parent, weeks, other in ((mother, "even", father), (father, "odd", mother)):
        ((place, line),) = lines(parent).items()
        assert (place, line["parity"], line["complete"]) == ((TARIFF, CAISSE), weeks, True)
        shown = parent.http.get("/v1/school-files").text + parent.http.get("/v1/accesses").text
        assert other.given_name not in shown
        assert str(person_id(other)) not in shown


def test_a_family_without_a_caf_file_is_asked_for_its_tax_notice_only_then(running):
    parent, child = family(running)
    parent.request(child, TARIFF, CAISSE)
    asked = eventually(lambda: (r := parent.requirement(TARIFF, INCOME))["state"] == "missing" and r)
    assert (asked["provider"], asked["obtainable"], asked["delays_effect"]) == ("family", True, True)
    assert "Avis d'impôt sur le revenu" in asked["alternatives"]
    parent.hand_in_and_wait(running.papers().tax_notice(parent), "image/jpeg", kind="tax_notice")
    found = parent.satisfied(TARIFF, INCOME)
    assert (found["grade"], found["tariff_band"], found["until"][5:]) == ("sealed", "6", "09-15")


def why(parent: Resident, line: str) -> httpx.Response:
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
    return parent.http.post(f"/dossiers/{line}/calcul", headers=headers, follow_redirects=False)


def test_a_family_reads_how_its_tariff_was_computed_and_nobody_else_does(running):
    parent, child = family(running)
    parent.request(child, TARIFF, CAISSE)
    parent.hand_in_and_wait(running.papers().tax_notice(parent), "image/jpeg", kind="tax_notice")
    parent.satisfied(TARIFF, INCOME)
    line = lines(parent)[TARIFF, CAISSE]["line_id"]
    stranger = Resident(running).sign_in()
    assert why(stranger, line).status_code == 404
    told = why(parent, line)
    assert told.status_code == 303
    page = httpx.get(told.headers["location"], headers={"accept": "text/html"}, timeout=30)
    assert page.status_code == 200, page.text
    for words in ("26\u202f712", "÷ 12 ÷", "1\u202f484,00", "tranche 6", "L.311-3-1"):
        assert words in page.text
    assert httpx.get(told.headers["location"], timeout=30).status_code == 404
    assert "Vous avez consulté votre document" in [line["why"] for line in parent.trace()]


def test_a_parent_born_abroad_without_franceconnect_has_the_same_file(running):
    parent = Resident(running, provider="mon-paris").sign_in()
    child = parent.child()
    paper = running.papers().birth_certificate(parent, child)
    parent.hand_in_and_wait(paper, "application/pdf", kind="birth_certificate")
    review = review_of(parent, "family_link")
    assert Agent(running, CLAIRE).sign_in().decide(review, RECOGNISED | finding(parent, None))
    (known,) = eventually(lambda: parent.http.get("/v1/children").json())
    for service, body in (("school_enrolment", MAIRIE), ("after_school", FAMILLES)):
        assert parent.request(known["child"], service, body).status_code == 201
        parent.satisfied(service, "child_identity")
    enrolment, after_school = lines(parent)["school_enrolment", MAIRIE], lines(parent)["after_school", FAMILLES]
    assert states(enrolment) == {"child_identity": "satisfied", "residence": "missing"}
    assert states(after_school) == {"child_identity": "satisfied", "tariff_decision": "awaited"}
    residence = enrolment["requirements"][1]
    assert residence["sworn_statement"]
    assert not enrolment["complete"]


def test_a_family_that_moves_in_march_has_the_year_in_two_parts(running):
    parent, child = family(running, quotient=742)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.request(child, TARIFF, CAISSE)
    assert parent.satisfied(TARIFF, INCOME)["tariff_band"] == "4"
    parent.satisfied("canteen_enrolment", "child_identity")
    assert moved(parent, child).status_code == 201
    found = lines(parent)
    periods = {place: (line["valid_from"], line["valid_until"]) for place, line in found.items()}
    before, after = ("2026-09-01", "2027-02-28"), ("2027-03-01", "2027-08-31")
    assert periods == {
        ("canteen_enrolment", CAISSE): before,
        (TARIFF, CAISSE): before,
        ("canteen_enrolment", CAISSE_19): after,
        (TARIFF, CAISSE_19): after,
    }
    # What was pulled for one caisse is never handed to another: the new one's line waits for its own.
    eventually(lambda: states(lines(parent)["canteen_enrolment", CAISSE_19]) == {"child_identity": "satisfied"})
    assert states(found[TARIFF, CAISSE]) == {INCOME: "satisfied"}
    (income,) = eventually(
        lambda: [r for r in lines(parent)[TARIFF, CAISSE_19]["requirements"] if r["state"] == "missing"]
    )
    # The sandbox has no habilitation for the caisse of the 19th: nobody asked the CAF, so nobody may say what it knows.
    assert income["hint"].startswith("Pour ce service, nous ne pouvons pas le demander")
