"""What really leaves and lies in the database is what the contracts say."""

from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from jsonschema import Draft202012Validator

from contracts.events import EVENT_TYPES, SOURCE, SPEC_VERSION
from hub.persons.links import Authority, link_between, write_link
from tests.journeys.agents import CLAIRE, Agent, applied, review_of
from tests.journeys.deciding import deciding, outcomes, send, tariff
from tests.journeys.doors import Partner, family, person_id, rows, schema, subject_of
from tests.journeys.test_confirming import asked, both_parents, reply
from tests.journeys.test_informing import tell, with_quotient
from tests.journeys.test_linking import linked
from tests.journeys.test_merging import enrolled_twice, merged, second_reviewer
from tests.system import CAISSE, MAIRIE, Resident, System, eventually
from vault.bootstrap import utc_now
from vault.db import Database
from vault.standing import Purpose, standing


@pytest.fixture(scope="module")
def lived(running: System) -> Resident:
    """A family that did most of what there is to do."""
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    caisse = Partner(running, "caisse-13")
    told = caisse.ask(subject_of(parent, CAISSE, "canteen_enrolment"), "canteen_enrolment", "child_identity").json()
    assert caisse.fetch(told["evidence"][0]["href"]).status_code == 200
    stranger = Resident(running).sign_in()
    certificate = running.papers().birth_certificate(stranger, parent.children[0])
    stranger.hand_in_and_wait(certificate, "application/pdf", kind="birth_certificate")
    bill = parent.hand_in_and_wait(running.papers().bill(parent), "application/pdf")["document"]
    certificate_id = next(
        d["document"] for d in parent.http.get("/v1/documents").json() if d["evidence_type"] == "birth_certificate"
    )
    for paper in (bill, certificate_id):
        parent.http.delete(f"/v1/documents/{paper}")
        eventually(lambda paper=paper: parent.http.get(f"/v1/documents/{paper}").json()["state"] == "erased")
    disagree(running)
    oppose(running)
    link_and_end(running)
    merge_and_part(running)
    come_of_age(running)
    decide(running)
    return parent


def disagree(running: System) -> None:
    """Two parents who do not agree, an agent who finds so, and a link that ends."""
    first, child, second = both_parents(running)
    first.request(child, "school_enrolment", MAIRIE)
    reply(second, asked(second)[0]["confirmation"], "object")
    review = review_of(first, "objection")
    assert Agent(running, CLAIRE).sign_in().decide(review, {"outcome": "failed", "reason": "no_agreement"})
    applied(first, review)
    db = Database.connect(running.stores.dsn("unefois_owner", driver="psycopg"), pool_size=1)
    with standing(purpose=Purpose.MIGRATION), db.transaction() as tx:
        link = link_between(tx, person_id(second), UUID(child))
        write_link(tx, replace(link, authority=Authority.WITHDRAWN), now=utc_now())
    db.close()


def oppose(running: System) -> None:
    """Somebody who pauses what they authorised, and opposes being told of a right."""
    parent = with_quotient(running)
    (authorisation,) = parent.http.get("/v1/authorisations").json()
    assert parent.http.post(f"/v1/authorisations/{authorisation['authorisation']}/pause").status_code == 200
    assert tell(Partner(running, "caisse-13"), parent).status_code == 201
    (told,) = parent.http.get("/v1/rights-information").json()
    assert parent.http.post(f"/v1/rights-information/{told['information_id']}/opposition").status_code == 204


def link_and_end(running: System) -> None:
    """Somebody who links a partner to their child by a code, and ends it."""
    parent, child = family(running)
    linked(Partner(running, "caisse-13"), parent, child)
    (own,) = parent.http.get("/v1/partner-links").json()
    assert parent.http.delete(f"/v1/partner-links/{own['link_id']}").status_code == 200


def merge_and_part(running: System) -> None:
    """Two accounts that enrolled one child at one body become one, and two again."""
    second_reviewer(running)
    person, _ = enrolled_twice(running)
    merged(running, person)
    (one,) = person.http.get("/v1/account-merges").json()
    person.http.delete(f"/v1/account-merges/{one['merge_id']}").raise_for_status()
    eventually(lambda: person.http.get("/v1/account-merges").json() == [])


def come_of_age(running: System) -> None:
    """A child with a request, of whom civil status says of a sudden that they are eighteen."""
    parent, child = family(running)
    assert parent.request(child, "canteen_enrolment", CAISSE).status_code == 201
    grown = "UPDATE hub.civil_status SET born_on = '2001-05-06' WHERE person_id = %(child)s"
    rows(running, grown, child=child)
    asked = """INSERT INTO procrastinate_jobs (queue_name, task_name, args)
               VALUES ('come_of_age', 'come_of_age', jsonb_build_object('child_id', %s::text))"""
    with psycopg.connect(running.owner_dsn()) as owner:
        # The library's triggers name its tables without their schema.
        owner.execute("SET search_path = jobs")
        owner.execute(asked, [child])
    done = "SELECT passed_at FROM hub.coming_of_age WHERE child_id = %(child)s"
    eventually(lambda: [row for row in rows(running, done, child=child) if row["passed_at"]])


def decide(running: System) -> None:
    """A Caisse that decides a tariff."""
    _, line, _ = deciding(running)
    assert outcomes(send(Partner(running, "caisse-13"), tariff(line))) == [("recorded", None)]


def test_every_event_that_was_published_is_of_the_closed_list_and_of_its_shape(running, lived):
    found = rows(running, "SELECT * FROM vault.event")
    for row in found:
        message = {
            "specversion": SPEC_VERSION,
            "id": str(row["event_id"]),
            "source": SOURCE,
            "type": row["type"],
            "subject": row["subject"],
            "time": row["occurred_at"].isoformat(),
            "datacontenttype": "application/json",
            "data": row["data"],
        }
        schema(f"events/{row['type']}.json").validate(message)
    assert {row["type"] for row in found} == {kind.type for kind in EVENT_TYPES}


def test_an_event_holds_identifiers_and_words_and_no_name(running, lived):
    written = str([row["data"] for row in rows(running, "SELECT data FROM vault.event")]).lower()
    for name in (lived.family_name, lived.given_name, lived.children[0].first_names):
        assert name.lower() not in written


def test_every_notification_is_of_its_shape_and_thin(running, lived):
    # An empty one was never sent: what the test of the policies writes in another's name.
    bodies = [row["body"] for row in rows(running, "SELECT body FROM hub.delivery WHERE body <> '{}'")]
    assert bodies
    for body in bodies:
        schema("notification.json").validate(body)
    written = str(bodies).lower()
    assert lived.family_name.lower() not in written
    inside = rows(running, "SELECT line_id AS id FROM hub.enrolment_line UNION SELECT event_id FROM vault.event")
    assert not [row for row in inside if str(row["id"]) in written]


@pytest.mark.parametrize("path", ["/v1/session", "/v1/documents", "/v1/children", "/v1/school-files", "/v1/accesses"])
def test_what_the_residents_door_answers_is_of_its_shape(lived, path):
    described = schema("openapi/residents.json").schema
    said = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    conforms(said, described, lived.http.get(path).json())


@pytest.mark.parametrize("subject", ["known", "unknown"])
def test_what_the_partners_door_answers_is_of_its_shape(running, lived, subject):
    described = schema("openapi/partners.json").schema
    answers = described["paths"]["/hub/v1/evidence-requests"]["post"]["responses"]
    known = subject_of(lived, CAISSE, "canteen_enrolment")
    asked = known if subject == "known" else UUID(int=1)
    reply = Partner(running, "caisse-13").ask(asked, "canteen_enrolment", "child_identity")
    said = answers[str(reply.status_code)]["content"]["application/json"]["schema"]
    conforms(said, described, reply.json())


def conforms(said: dict, described: dict, told: object) -> None:
    whole = said | {"components": described["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(told)
