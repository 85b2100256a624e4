"""A person lets a body reuse papers, sees it, pauses it, takes it back; the body's next request feels it."""

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from PIL import Image

from tests.bench.holding import Holding
from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, subject_of, value
from tests.system import CAISSE, Resident, eventually
from vault.ingest.rebuild import pdf_copy
from vault.journal.proofs import verify_proof
from vault.journal.records import parse_record
from vault.journal.signing import HeadVerifier

CANTEEN = ("canteen_enrolment", "child_identity")
SIZE = 50_000_000
RELEASES = """SELECT count(*) FROM hub.release JOIN hub.enrolment_line USING (line_id)
              WHERE payer_id = %(who)s AND channel = 'pull'"""
CHANGED = "fr.paris.unefois.authorisation.changed.v1"
MINE = "/v1/authorisations"
PAGE = "/autorisations"


@pytest.fixture
def caisse(running) -> Partner:
    return Partner(running, "caisse-13")


def enrolled(running, *, reuse: bool = True) -> Resident:
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE, reuse=reuse)
    parent.satisfied("canteen_enrolment", "child_identity")
    if not reuse:
        # The sandbox asks by itself once it is told; what it is refused then serves nothing later.
        refused = "SELECT 1 FROM hub.evidence_request WHERE subject = %(s)s AND outcome = 'refused'"
        eventually(lambda: rows(running, refused, s=subject(parent)))
    return parent


def subject(parent: Resident):
    return subject_of(parent, CAISSE, "canteen_enrolment")


def offered(caisse: Partner, parent: Resident, token: str | None = None) -> str:
    found: str = caisse.ask(subject(parent), *CANTEEN, token=token).json()["evidence"][0]["href"]
    return found


def only(parent: Resident) -> dict:
    (found,) = parent.http.get(MINE).json()
    return found


def grow_old(parent: Resident) -> None:
    """Let the sign-in be longer ago than what gives anything away takes."""
    older = """UPDATE hub.session SET authenticated_at = authenticated_at - %(age)s WHERE account_id IN
               (SELECT account_id FROM hub.account WHERE person_id = %(who)s)"""
    rows(parent.system, older, who=person_id(parent), age=timedelta(minutes=6))


def wanted(parent: Resident, **changed: str) -> dict[str, str]:
    told = {
        "subject": str(subject(parent)),
        "requirement": CANTEEN[1],
        "purpose": CANTEEN[0],
        "on_behalf_of": "treatment:canteen_enrolment",
    }
    return told | changed


def ask_leave(caisse: Partner, parent: Resident, **changed: str) -> httpx.Response:
    auth = caisse.proving(caisse.token())
    return caisse.http.post("/hub/v1/authorisation-requests", json=wanted(parent, **changed), auth=auth)


def standings(caisse: Partner, parent: Resident) -> list[dict]:
    auth = caisse.proving(caisse.token())
    return caisse.http.get(f"/hub/v1/authorisation-requests/{subject(parent)}", auth=auth).json()


def large_paper() -> bytes:
    """A copy of 50 MB in the one form in which copies are rebuilt, whose pages no coder makes small."""
    pages = [Image.frombytes("RGB", (2400, 2400), os.urandom(3 * 2400 * 2400)) for _ in range(3)]
    paper = pdf_copy(pages * 6, dpi=200)
    assert len(paper) >= SIZE
    return paper


def put_in_its_place(running, parent: Resident, content: bytes) -> None:
    """What leaves in the place of the certificate is ``content``."""
    with Holding(running) as holding:
        large = holding.record(person_id(parent), content)
    rows(running, "DELETE FROM hub.evidence WHERE document_id = %(d)s", d=large)
    rows(
        running,
        """UPDATE hub.evidence SET document_id = %(d)s WHERE holder_id = %(who)s
           AND evidence_type = 'birth_certificate'""",
        d=large,
        who=person_id(parent),
    )


def test_what_is_given_with_a_request_says_who_what_why_until_when(running):
    given = only(enrolled(running))
    assert (given["state"], given["frequency"], given["recipient"]) == ("active", "recurring", CAISSE)
    assert given["valid_until"] == "2027-08-31"
    assert "birth_certificate" in given["evidence_types"]
    assert "vous ne perdez rien" in given["notice"]


def test_taken_back_it_counts_from_the_next_request_also_for_a_token_minted_before(running, caisse):
    parent = enrolled(running)
    token = caisse.token()
    href = offered(caisse, parent, token)
    assert caisse.fetch(href, token=token).status_code == 200
    taken = parent.http.delete(f"{MINE}/{only(parent)['authorisation']}")
    assert taken.json()["state"] == "withdrawn"
    assert_problem(caisse.fetch(href, token=token), "no-ground")
    told = assert_problem(caisse.ask(subject(parent), *CANTEEN, token=token), "no-ground")
    assert told["detail"] == "the authorisation was withdrawn"


def test_taken_back_during_a_download_of_50_mb_one_release_is_journaled_and_the_next_is_refused(running, caisse):
    parent = enrolled(running)
    token = caisse.token()
    href = offered(caisse, parent, token)
    # The sandbox's own Caisse fetches once by itself, as soon as it is told.
    before = eventually(lambda: value(running, RELEASES, who=person_id(parent)))
    put_in_its_place(running, parent, large_paper())
    with caisse.http.stream("GET", href, auth=caisse.proving(token)) as answer:
        assert answer.status_code == 200
        pieces = answer.iter_raw(65536)
        got = len(next(pieces))
        parent.http.delete(f"{MINE}/{only(parent)['authorisation']}").raise_for_status()
        assert_problem(caisse.fetch(href, token=token), "no-ground")
        got += sum(len(piece) for piece in pieces)
        assert got == int(answer.headers["content-length"]) >= SIZE
    assert value(running, RELEASES, who=person_id(parent)) == before + 1


def test_paused_nothing_leaves_and_resumed_it_does(running, caisse):
    parent = enrolled(running)
    href = offered(caisse, parent)
    number = only(parent)["authorisation"]
    assert parent.http.post(f"{MINE}/{number}/pause").json()["state"] == "paused"
    assert assert_problem(caisse.fetch(href), "no-ground")["detail"] == "the authorisation is paused"
    assert parent.http.delete(f"{MINE}/{number}/pause").json()["state"] == "active"
    assert caisse.fetch(href).status_code == 200


def test_of_two_fetches_at_once_a_one_time_authorisation_serves_one(running, caisse):
    parent = enrolled(running, reuse=False)
    request = value(running, "SELECT request_id FROM hub.request WHERE requester_id = %(p)s", p=person_id(parent))
    given = parent.http.post(MINE, json={"request": str(request), "frequency": "one_time"})
    assert given.status_code == 201, given.text
    href, token = offered(caisse, parent), caisse.token()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: caisse.fetch(href, token=token), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    assert value(running, RELEASES, who=person_id(parent)) == 1
    assert only(parent)["used_at"]


def test_both_sides_are_told_of_each_step(running, caisse):
    parent = enrolled(running)
    number = only(parent)["authorisation"]
    parent.http.post(f"{MINE}/{number}/pause").raise_for_status()
    parent.http.delete(f"{MINE}/{number}").raise_for_status()
    lines = [line["what"] for line in parent.trace()]
    assert {"Autorisation mise en pause", "Autorisation retirée"} <= set(lines)
    told = "SELECT count(*) FROM hub.delivery WHERE body ->> 'type' = %(t)s AND body ->> 'subject' = %(s)s"
    assert value(running, told, t=CHANGED, s=str(subject(parent))) == 2
    assert standings(caisse, parent)[0]["state"] == "withdrawn"


def test_each_step_has_a_signed_record_that_is_checked_offline(running):
    parent = enrolled(running)
    number = only(parent)["authorisation"]
    parent.http.delete(f"{MINE}/{number}").raise_for_status()

    def signed():
        steps = parent.http.get(f"{MINE}/{number}/record").json()
        return steps if all(step["proof"] for step in steps) else None

    steps = eventually(signed)
    key = HeadVerifier.from_text(httpx.get(f"{running.release_url}/journal/key").text)
    assert [step["state"] for step in steps] == ["active", "withdrawn"]
    assert all(verify_proof(json.dumps(step["proof"]), key).holds for step in steps)
    said = parse_record(base64.b64decode(steps[0]["proof"]["record"]))
    assert (said.recipient, said.detail["valid_until"]) == (CAISSE, "2027-08-31")
    assert "birth_certificate" in said.detail["evidence_types"]


def test_a_body_asks_once_and_refusing_costs_nothing(running, caisse):
    parent = enrolled(running, reuse=False)
    assert assert_problem(caisse.ask(subject(parent), *CANTEEN), "no-ground")
    asked = ask_leave(caisse, parent)
    assert (asked.status_code, asked.json()["state"]) == (201, "requested"), asked.text
    assert "Un service vous demande une autorisation" in parent.http.get("/").text
    page = parent.http.get(PAGE).text
    assert "J'autorise" in page or "J&#39;autorise" in page
    number = only(parent)["authorisation"]
    assert parent.http.post(f"{PAGE}/{number}/non", data={"answer": "refuse"}).status_code == 200
    assert ask_leave(caisse, parent).json()["state"] == "refused"
    assert "Un service vous demande une autorisation" not in parent.http.get("/").text
    assert parent.satisfied("canteen_enrolment", "child_identity")
    assert_problem(caisse.ask(subject(parent), *CANTEEN), "no-ground")


def test_a_yes_to_what_was_asked_opens_it(running, caisse):
    parent = enrolled(running, reuse=False)
    ask_leave(caisse, parent).raise_for_status()
    number = only(parent)["authorisation"]
    assert parent.http.post(f"{PAGE}/{number}/oui", data={"answer": "approve"}).status_code == 200
    assert caisse.fetch(offered(caisse, parent)).status_code == 200
    assert ask_leave(caisse, parent).json()["state"] == "active"


def test_a_body_asks_only_for_what_its_convention_has(running, caisse):
    parent = enrolled(running, reuse=False)
    assert_problem(ask_leave(caisse, parent, requirement="household_income"), "invalid")
    assert_problem(ask_leave(caisse, parent, valid_until="2040-01-01"), "invalid")
    familles = Partner(running, "paris-familles")
    stolen = familles.http.post(
        "/hub/v1/authorisation-requests", json=wanted(parent), auth=familles.proving(familles.token())
    )
    assert_problem(stolen, "not-found")


def test_from_the_home_page_it_is_two_clicks_without_a_script(running, caisse):
    parent = enrolled(running)
    assert f'href="{PAGE}"' in parent.http.get("/").text
    page = parent.http.get(PAGE).text
    number = only(parent)["authorisation"]
    assert f'action="{PAGE}/{number}/non"' in page
    assert "<script" not in page.partition("<main")[2]
    gone = parent.http.post(f"{PAGE}/{number}/non", data={"answer": "withdraw"})
    assert "Retirée" in gone.text
    assert "Donner une autorisation" in gone.text


def test_nobody_touches_anothers_authorisation(running, resident):
    number = only(enrolled(running))["authorisation"]
    stranger = resident()
    assert_problem(stranger.http.delete(f"{MINE}/{number}"), "not-found")
    assert_problem(stranger.http.get(f"{MINE}/{number}/record"), "not-found")
    assert_problem(stranger.http.post(f"{MINE}/{number}/approval"), "not-found")
    assert stranger.http.get(MINE).json() == []


def test_giving_takes_a_fresh_sign_in_and_taking_back_does_not(running):
    parent = enrolled(running)
    number = only(parent)["authorisation"]
    grow_old(parent)
    assert parent.http.post(f"{MINE}/{number}/pause").json()["state"] == "paused"
    assert_problem(parent.http.delete(f"{MINE}/{number}/pause"), "sign-in-stale")
    assert parent.http.delete(f"{MINE}/{number}").json()["state"] == "withdrawn"
    request = value(running, "SELECT request_id FROM hub.request WHERE requester_id = %(p)s", p=person_id(parent))
    assert_problem(parent.http.post(MINE, json={"request": str(request)}), "sign-in-stale")


def test_what_one_was_told_can_be_read_again(running):
    told = enrolled(running).http.get("/v1/notices").json()
    assert {one["kind"] for one in told} == {"l114_8_i", "authorisation"}
    assert all(one["body"] and one["version"] for one in told)
