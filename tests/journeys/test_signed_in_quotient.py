"""A quotient that could not be found before is fetched in the family's own name when they sign in again."""

from tests.journeys.doors import rows
from tests.system import CAISSE, Resident, eventually

ASKED = """SELECT x.outcome FROM hub.exchange x JOIN hub.request r ON r.request_id::text = x.correlation
           JOIN hub.account a ON a.person_id = r.requester_id JOIN hub.civil_status c ON c.person_id = a.person_id
           WHERE c.family_name = %(name)s AND x.settled_at IS NOT NULL ORDER BY x.created_at"""


def asked(running, parent: Resident) -> list[str]:
    return [row["outcome"] for row in rows(running, ASKED, name=parent.family_name.upper())]


def test_who_signs_in_again_is_asked_for_in_their_own_name(running):
    parent = Resident(running)
    child = parent.child()
    parent.children = (child,)
    parent.sign_in()
    parent.request(parent.linked_child(child), "canteen_tariff", CAISSE)
    eventually(lambda: asked(running, parent) == ["absent"])
    parent.quotient = 742
    parent.sign_in()
    found = parent.satisfied("canteen_tariff", "household_income")
    assert (found["grade"], found["tariff_band"]) == ("source_pulled", "4")
    assert asked(running, parent) == ["absent", "found"]
    parent.sign_in()
    assert asked(running, parent) == ["absent", "found"]
