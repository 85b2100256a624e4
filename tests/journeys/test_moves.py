"""A family moves and says it once: lines pass to the right bodies, and a secret address shows nowhere."""

from tests.journeys.doors import assert_problem, family, person_id, rows
from tests.mentions import mentions
from tests.system import CAISSE, FAMILLES, MAIRIE, eventually

CAISSE_19 = "91000001900018"
MARCH = {"on": "2027-03-01", "postcode": "75019", "confidential": False, "accuracy_sworn": True}
PERIODS = """SELECT service, body, valid_from::text, valid_until::text, follows FROM hub.enrolment_line
             WHERE payer_id = %(who)s AND retracted_at IS NULL ORDER BY service, valid_from"""


def settled_family(running):
    parent, child = family(running)
    for service, body in (("canteen_enrolment", CAISSE), ("after_school", FAMILLES)):
        assert parent.request(child, service, body).status_code == 201
        parent.satisfied(service, "child_identity")
    return parent, child


def moved(parent, child, **told):
    wish = MARCH | {"changing_school": [child], "reuse_authorised": True} | told
    return parent.http.post("/v1/moves", json=wish)


def lines_of(parent) -> list[tuple]:
    return [tuple(row.values()) for row in rows(parent.system, PERIODS, who=person_id(parent))]


def test_a_move_in_march_makes_a_second_line_with_another_caisse(running):
    parent, child = settled_family(running)
    answer = moved(parent, child)
    assert answer.status_code == 201, answer.text
    assert {(line["service"], line["passage"]) for line in answer.json()} == {
        ("canteen_enrolment", "passed_on"),
        ("after_school", "kept"),
    }
    after_school, before, after = lines_of(parent)
    assert after_school[:4] == ("after_school", FAMILLES, "2026-09-01", "2027-08-31")
    assert before[:4] == ("canteen_enrolment", CAISSE, "2026-09-01", "2027-02-28")
    assert after[:4] == ("canteen_enrolment", CAISSE_19, "2027-03-01", "2027-08-31")
    assert after[4] is not None


def test_what_still_serves_is_not_asked_again_after_a_move(running):
    parent, child = settled_family(running)
    moved(parent, child)
    (file,) = parent.http.get("/v1/school-files").json()
    new = next(line for line in file["lines"] if line["body"] == CAISSE_19)
    assert new["follows"] is not None
    assert parent.satisfied("canteen_enrolment", "child_identity")["grade"] == "sealed"


def test_a_child_who_stays_at_school_stays_with_its_caisse(running):
    parent, child = settled_family(running)
    answer = moved(parent, child, changing_school=[])
    assert {line["passage"] for line in answer.json()} == {"kept"}
    assert {line[1] for line in lines_of(parent)} == {CAISSE, FAMILLES}


def test_leaving_paris_ends_the_lines_of_the_arrondissement(running):
    parent, child = settled_family(running)
    answer = moved(parent, child, postcode="94200")
    assert [line["passage"] for line in answer.json()] == ["ended", "kept"]
    assert lines_of(parent)[1][3] == "2027-02-28"


def test_a_secret_address_is_in_no_row_and_no_answer(running):
    parent, child = settled_family(running)
    assert moved(parent, child, confidential=True, changing_school=[]).status_code == 201
    (home,) = rows(running, "SELECT * FROM hub.residence WHERE person_id = %(who)s", who=person_id(parent))
    assert (home["sector"], home["confidential"]) == (None, True)
    shown = parent.http.get("/v1/school-files").text + parent.http.get("/v1/accesses").text
    assert not mentions(shown, "75019")


def test_a_move_that_is_not_sworn_changes_nothing(running):
    parent, child = settled_family(running)
    before = lines_of(parent)
    assert_problem(moved(parent, child, accuracy_sworn=False), "invalid")
    assert_problem(moved(parent, child, on="2020-01-01"), "invalid")
    assert lines_of(parent) == before


def test_two_bodies_never_have_one_service_of_one_payer_on_one_day(running):
    parent, child = settled_family(running)
    assert_problem(parent.request(child, "canteen_enrolment", CAISSE_19), "served-elsewhere")


def test_a_proof_of_address_raises_what_was_declared_or_asks(running):
    parent, child = family(running)
    assert parent.request(child, "school_enrolment", MAIRIE).status_code == 201
    told = {"postcode": "75019", "confidential": False, "since": "2020-01-01"}
    assert parent.http.put("/v1/residence", json=told).status_code == 204
    parent.hand_in_and_wait(running.papers().bill(parent), "application/pdf", kind="proof_of_address")
    question = eventually(lambda: parent.http.get("/v1/residence").json()["question"])
    assert question["sector"] == "75013"
    assert "Avez-vous déménagé" in parent.http.get("/", headers={"accept": "text/html"}).text
    assert parent.http.put("/v1/residence", json=told | {"postcode": "75013"}).status_code == 204
    eventually(lambda: parent.http.get("/v1/residence").json()["grade"] == "sealed")
    assert parent.http.get("/v1/residence").json()["question"] is None


def test_where_one_lives_is_said_by_period(running):
    parent, _ = settled_family(running)
    for since, postcode in (("2020-01-01", "75013"), ("2026-10-01", "75116")):
        told = {"postcode": postcode, "confidential": False, "since": since}
        assert parent.http.put("/v1/residence", json=told).status_code == 204
    assert parent.http.get("/v1/residence").json()["sector"] == "75016"
    periods = "SELECT sector, valid_until::text FROM hub.residence WHERE person_id = %(who)s ORDER BY valid_from"
    found = [tuple(row.values()) for row in rows(running, periods, who=person_id(parent))]
    assert found == [("75013", "2026-09-30"), ("75016", None)]


def test_each_parent_says_how_to_be_reached(running):
    parent, _ = family(running)
    assert parent.http.get("/v1/contact").json() is None
    told = {"channel": "email", "value": "nora@exemple.example"}
    parent.reached_at(told["value"])
    assert parent.http.get("/v1/contact").json() == told | {"awaiting_code": None}
    assert_problem(parent.http.put("/v1/contact", json={"channel": "email", "value": "nobody"}), "invalid")
    assert_problem(parent.http.put("/v1/contact", json={"channel": "post", "value": "1 rue"}), "invalid")
