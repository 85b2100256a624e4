"""A body asks, and the family finds one message in its mailbox that says nothing about it."""

from tests.journeys.doors import Partner, family, subject_of
from tests.system import CAISSE, eventually


def test_what_a_body_asks_reaches_the_family_by_mail_once(running):
    parent, child = family(running)
    address = f"{parent.persona}@exemple.example"
    parent.reached_at(address)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.request(child, "canteen_tariff", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    caisse = Partner(running, "caisse-13")
    subject_of(parent, CAISSE, "canteen_enrolment")
    asked = {
        "subject": str(coined(parent)),
        "requirement": "household_income",
        "on_behalf_of": "treatment:canteen_tariff",
    }
    said = caisse.http.post("/hub/v1/family-asks", json=asked, auth=caisse.proving(caisse.token()))
    assert said.status_code in (201, 409), said.text
    (letter,) = eventually(lambda: running.mailbox(address)[1:])
    told = letter["subject"] + letter["text"]
    assert running.door_url in told
    assert not [word for word in (parent.family_name, parent.given_name, "cantine") if word.lower() in told.lower()]


def coined(parent):
    from tests.journeys.doors import person_id, rows

    statement = """INSERT INTO hub.pseudonym SELECT body, 'file', line_id, gen_random_uuid() FROM hub.enrolment_line
                   WHERE payer_id = %(payer)s AND body = %(siret)s ON CONFLICT DO NOTHING"""
    rows(parent.system, statement, payer=person_id(parent), siret=CAISSE)
    return subject_of(parent, CAISSE, "canteen_tariff")
