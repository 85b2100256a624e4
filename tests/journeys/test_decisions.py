"""What a body decided comes back: recorded once, shown to its family, and reused by others in place of a second question."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from tests.journeys.deciding import REUSED, deciding, outcomes, send, tariff
from tests.journeys.doors import Partner, person_id, rows, value
from tests.journeys.test_answers import opened
from tests.system import CAISSE, eventually


@pytest.fixture(scope="module")
def caisse(running):
    return Partner(running, "caisse-13")


@pytest.fixture(scope="module")
def familles(running):
    return Partner(running, "paris-familles")


def test_a_tariff_is_decided_once_and_reused_by_paris_familles(running, caisse, familles):
    parent, line, other = deciding(running)
    assert familles.ask(other, *REUSED).json()["outcome"] == "pending"
    sent = tariff(line)
    assert [outcomes(send(caisse, sent)), outcomes(send(caisse, sent))] == [[("recorded", None)], [("repeated", None)]]
    assert parent.satisfied(*REUSED)["tariff_band"] == "4"
    # Decided without the paper: nobody is asked for it any more.
    assert parent.satisfied("canteen_tariff", "household_income")["by"] == "Décision de tarif de la Caisse des écoles"
    claims = opened(familles.ask(other, *REUSED, wants="answer"), familles)
    assert claims["answer"] == {
        "holds": True,
        "tariff_band": "4",
        "decision": "decided",
        "decided_by": CAISSE,
        "valid_from": "2026-09-01",
        "valid_until": "2027-08-31",
    }
    assert "algorithm" not in claims
    assert "L.114-8 I" in str(
        rows(running, "SELECT instrument FROM hub.release WHERE release_id = %(r)s", r=claims["jti"])
    )


def test_what_is_decided_wins_over_what_we_propose(running, caisse):
    parent, line, _ = deciding(running, quotient=742)
    assert parent.satisfied("canteen_tariff", "household_income")["tariff_band"] == "4"
    asked = ("canteen_tariff", "household_income")
    proposed = opened(caisse.ask(line, *asked, wants="answer"), caisse)
    assert (proposed["answer"]["decision"], "algorithm" in proposed) == ("proposed", True)
    assert outcomes(send(caisse, tariff(line, band="3"))) == [("recorded", None)]
    parent.satisfied(*REUSED)
    decided = opened(caisse.ask(line, *asked, wants="answer"), caisse)
    assert (decided["answer"]["tariff_band"], decided["answer"]["decision"]) == ("3", "decided")
    assert "algorithm" not in decided
    # The papers behind a proposal are still there for who may have them.
    assert [one["type"] for one in caisse.ask(line, *asked).json()["evidence"]] == ["quotient_familial"]


def test_each_decision_of_a_batch_has_an_outcome_of_its_own(running, caisse):
    _, line, other = deciding(running)
    batch = (
        tariff(line, band="11"),
        tariff(other),
        tariff(uuid4()),
        tariff(line, service="after_school"),
        tariff(line, kind="refusal", band="", refused_for="incomplete", service="school_enrolment"),
        tariff(line, decided_on="2026-01-05", valid_from="2026-01-01", valid_until="2026-08-31"),
        tariff(line, amends={"kind": "corrects", "number": "never-sent"}),
        tariff(line, valid_until="2026-08-31"),
        tariff(line),
    )
    token = caisse.token()
    assert send(caisse, batch[4], token=token).status_code == 403
    told = outcomes(send(caisse, *(one for one in batch if one["service"] == "canteen_tariff"), token=token))
    assert told == [
        ("refused", "band"),
        ("refused", "no_such_line"),
        ("refused", "no_such_line"),
        ("refused", "outside_line"),
        ("refused", "nothing_to_amend"),
        ("refused", "dates"),
        ("recorded", None),
    ]


def test_what_comes_later_ends_what_was_and_nothing_is_overwritten(running, caisse, familles):
    parent, line, other = deciding(running)
    first, second = tariff(line), tariff(line, band="6", valid_from="2026-10-01")
    assert outcomes(send(caisse, first, second)) == [("recorded", None)] * 2
    eventually(lambda: (found := parent.requirement(*REUSED))["state"] == "satisfied" and found["tariff_band"] == "6")
    corrected = tariff(line, number=second["number"], band="5", valid_from="2026-10-01")
    assert outcomes(send(caisse, corrected)) == [("refused", "number_taken")]
    corrected["amends"] = {"kind": "corrects", "number": second["number"]}
    assert outcomes(send(caisse, corrected)) == [("recorded", None)]
    eventually(lambda: parent.requirement(*REUSED)["tariff_band"] == "5")
    kept = "SELECT tariff_band FROM hub.line_decision d JOIN hub.enrolment_line USING (line_id) WHERE payer_id = %(p)s ORDER BY nth"
    assert [row["tariff_band"] for row in rows(running, kept, p=person_id(parent))] == ["4", "6", "5"]
    gone = tariff(line, band="", valid_from="2026-10-01", amends={"kind": "withdraws", "number": second["number"]})
    assert outcomes(send(caisse, gone)) == [("recorded", None)]
    eventually(lambda: parent.requirement(*REUSED)["state"] == "awaited")
    assert familles.ask(other, *REUSED).json()["outcome"] == "pending"


def test_the_family_is_told_once_and_the_journal_says_who_decided(running, caisse):
    parent, line, _ = deciding(running)
    proved = """INSERT INTO hub.contact (contact_id, person_id, channel, value, recorded_at, verified_at)
                VALUES (uuidv7(), %(p)s, 'email', 'parent@example.org', now(), now())"""
    rows(running, proved, p=person_id(parent))
    assert outcomes(send(caisse, tariff(line))) == [("recorded", None)]
    parent.satisfied(*REUSED)
    told = "SELECT count(*) FROM hub.message WHERE person_id = %(p)s AND kind = 'decision'"
    assert value(running, told, p=person_id(parent)) == 1
    (said,) = [one for one in parent.trace() if one["what"] == "Un service a pris une décision pour votre enfant"]
    assert "13e" in said["who"]


ANSWERED = """SELECT q.state, q.decided_at IS NOT NULL AS decided, q.rests_until FROM hub.request q
    JOIN hub.enrolment_line l USING (line_id) WHERE l.payer_id = %(p)s AND l.service = 'canteen_tariff' ORDER BY q.received_at"""


def test_a_decision_answers_the_request_until_it_is_taken_back(running, caisse):
    parent, line, _ = deciding(running)
    told = date.today() - timedelta(days=40)
    sent = tariff(line, decided_on=told.isoformat(), notified_on=told.isoformat())
    assert outcomes(send(caisse, sent)) == [("recorded", None)]
    (row,) = rows(running, ANSWERED, p=person_id(parent))
    assert (row["state"], row["decided"]) == ("pending", True)
    assert told + timedelta(days=59) < row["rests_until"] <= told + timedelta(days=64)
    gone = tariff(line, band="", amends={"kind": "withdraws", "number": sent["number"]})
    assert outcomes(send(caisse, gone)) == [("recorded", None)]
    (row,) = rows(running, ANSWERED, p=person_id(parent))
    assert (row["decided"], row["rests_until"]) == (False, None)


def test_what_was_decided_can_be_asked_for_anew(running, caisse):
    parent, line, _ = deciding(running)
    child = next(one["child"] for one in parent.http.get("/v1/children").json())
    assert parent.request(child, "canteen_tariff", CAISSE).status_code == 409
    assert outcomes(send(caisse, tariff(line))) == [("recorded", None)]
    assert parent.request(child, "canteen_tariff", CAISSE).status_code == 201
    states = [(row["state"], row["decided"]) for row in rows(running, ANSWERED, p=person_id(parent))]
    assert states == [("closed", True), ("pending", False)]
    assert parent.request(child, "canteen_tariff", CAISSE).status_code == 409
