"""A family asks for the canteen: papers once, a quotient fetched, agencies get what they are entitled to."""

from tests.system import BOURSES, CAISSE, FAMILLES, MAIRIE, Resident, eventually


def _family(running, **facts) -> tuple[Resident, str]:
    parent = Resident(running, **facts)
    child = parent.child()
    parent.children = (child,)
    parent.sign_in()
    return parent, parent.linked_child(child)


def test_one_birth_certificate_satisfies_three_services_at_once(running):
    parent, child = _family(running)
    for service, body in (("school_enrolment", MAIRIE), ("canteen_enrolment", CAISSE), ("after_school", FAMILLES)):
        assert parent.request(child, service, body).status_code == 201
    for service in ("school_enrolment", "canteen_enrolment", "after_school"):
        assert parent.satisfied(service, "child_identity")["grade"] == "sealed"


def test_a_quotient_is_fetched_in_place_of_a_paper_and_proposes_a_band(running):
    parent, child = _family(running, quotient=742)
    parent.request(child, "canteen_tariff", CAISSE)
    found = parent.satisfied("canteen_tariff", "household_income")
    assert (found["grade"], found["tariff_band"]) == ("source_pulled", "4")


def test_a_caisse_is_notified_asks_and_receives_with_a_receipt(running):
    parent, child = _family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    line = eventually(lambda: next((e for e in parent.trace() if e["act"] == "release" and "13e" in e["who"]), None))
    assert "avec votre autorisation" in line["why"]


def test_without_the_familys_agreement_a_paper_is_refused_and_the_family_sees_it(running):
    parent, child = _family(running)
    parent.request(child, "canteen_enrolment", CAISSE, reuse=False)
    parent.satisfied("canteen_enrolment", "child_identity")
    refused = eventually(lambda: [e for e in parent.trace() if e["act"] == "refuse"])
    assert "13e" in refused[0]["who"]
    assert not [e for e in parent.trace() if e["act"] == "release"]


def test_a_tax_notice_photographed_serves_the_bursary(running):
    parent, child = _family(running)
    parent.request(child, "bursary", BOURSES)
    photo = running.papers().tax_notice(parent)
    assert parent.hand_in_and_wait(photo, "image/jpeg", kind="tax_notice")["evidence_type"] == "tax_notice"
    assert parent.satisfied("bursary", "household_income")["grade"] == "sealed"
