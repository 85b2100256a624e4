"""A family links a partner to their child by a one-time code; what is wrong with a code is never said."""

import secrets
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, subject_of, value
from tests.system import CAISSE, FAMILLES, Resident, System, eventually

SERVICE = "canteen_enrolment"
WRONG = "2222-2222-2222"


@pytest.fixture(scope="module")
def caisse(running) -> Partner:
    return Partner(running, "caisse-13")


@pytest.fixture(scope="module")
def household(running) -> tuple[Resident, str]:
    return family(running)


def coin(parent: Resident, child: str, *, service: str = SERVICE, body: str = CAISSE) -> httpx.Response:
    return parent.http.post("/v1/link-codes", json={"child": child, "body": body, "service": service})


def code_of(parent: Resident, child: str, **place: str) -> str:
    answer = coin(parent, child, **place)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["code"]
    return found


def redeem(partner: Partner, code: str, *, key: str | None = None, **changed: str) -> httpx.Response:
    told = {"code": code, "service": SERVICE, "on_behalf_of": f"treatment:{SERVICE}"}
    headers = {} if key is None else {"idempotency-key": key}
    return partner.http.post(
        "/hub/v1/links", json=told | changed, auth=partner.proving(partner.token()), headers=headers
    )


def linked(partner: Partner, parent: Resident, child: str) -> dict:
    answer = redeem(partner, code_of(parent, child))
    assert answer.status_code == 201, answer.text
    found: dict = answer.json()
    return found


def own_links(partner: Partner) -> list[dict]:
    found: list[dict] = partner.http.get("/hub/v1/links", auth=partner.proving(partner.token())).json()
    return found


def told_of(partner: Partner, subject: str) -> list[str]:
    feed = partner.http.get("/hub/v1/events?limit=500", auth=partner.proving(partner.token())).json()
    return [one["type"].split(".", 3)[-1] for one in feed if one["subject"] == subject]


def steps(parent: Resident) -> list[str]:
    return [line["what"] for line in parent.trace()]


def test_a_code_gives_a_partner_a_name_of_its_own_for_the_child(running, caisse, household):
    parent, child = household
    made = linked(caisse, parent, child)
    assert made["subject"] != child
    assert made["subject"] in {one["subject"] for one in own_links(caisse)}
    assert "Un service est relié au dossier de votre enfant" in steps(parent)
    eventually(lambda: "partner-link.made.v1" in told_of(caisse, made["subject"]))


def test_two_partners_have_no_name_in_common(running, caisse):
    parent, child = family(running)
    other = Partner(running, "paris-familles")
    one = linked(caisse, parent, child)["subject"]
    code = code_of(parent, child, service="after_school", body=FAMILLES)
    told = {"service": "after_school", "on_behalf_of": "treatment:after_school"}
    two = redeem(other, code, **told).json()["subject"]
    assert one != two
    refused = other.http.delete(f"/hub/v1/links/{one}", auth=other.proving(other.token()))
    assert_problem(refused, "not-found")


def test_a_linked_child_is_asked_about_by_its_own_name(running, caisse):
    parent, child = family(running)
    subject = linked(caisse, parent, child)["subject"]
    assert caisse.ask(subject, SERVICE, "child_identity").json()["outcome"] == "none"
    parent.request(child, SERVICE, CAISSE)
    parent.satisfied(SERVICE, "child_identity")
    assert caisse.ask(subject, SERVICE, "child_identity").json()["outcome"] == "documents"
    (line,) = next(one for one in own_links(caisse) if one["subject"] == subject)["files"]
    assert UUID(line["subject"]) == subject_of(parent, CAISSE, SERVICE)


def bad(partner: Partner, code: str, **changed: str) -> tuple[int, set[str], dict]:
    """All that a partner can see of a refusal, but for the number to give on the telephone."""
    answer = redeem(partner, code, **changed)
    told = assert_problem(answer, "code-refused")
    del told["correlation_id"]
    return answer.status_code, set(answer.headers), told


def test_wrong_used_late_and_foreign_codes_are_refused_alike(running, caisse, household):
    parent, child = household
    other = Partner(running, "paris-familles")
    used = code_of(parent, child)
    assert redeem(caisse, used).status_code == 201
    foreign = code_of(parent, child, service="after_school", body=FAMILLES)
    late = code_of(parent, child)
    rows(running, "UPDATE hub.link_code SET made_at = made_at - %(ago)s, expires_at = expires_at - %(ago)s "
         "WHERE adult_id = %(who)s AND siret = %(siret)s", ago=timedelta(hours=1), who=person_id(parent), siret=CAISSE)  # fmt: skip
    good = code_of(parent, child, service="canteen_tariff")
    seen = [bad(caisse, code) for code in (WRONG, "no code", used, late, foreign, good, good[:-1] + "!")]
    assert all(one == seen[0] for one in seen)
    assert redeem(other, foreign, service="after_school", on_behalf_of="treatment:after_school").status_code == 201


def test_the_fifth_wrong_end_ends_a_code_and_the_family_reads_it(running, caisse):
    parent, child = family(running)
    code = code_of(parent, child)
    wrong = code[:-4] + ("2222" if code[-4:] != "2222" else "3333")
    for _ in range(5):
        assert_problem(redeem(caisse, wrong), "code-refused")
    assert_problem(redeem(caisse, code), "code-refused")
    assert "Un code pour relier un service a été refusé" in steps(parent)


def test_a_new_code_takes_the_place_of_the_one_before_and_nothing_of_it_is_kept(running, caisse):
    parent, child = family(running)
    first, second = code_of(parent, child), code_of(parent, child)
    assert_problem(redeem(caisse, first), "code-refused")
    (kept,) = rows(running, "SELECT * FROM hub.link_code WHERE adult_id = %(who)s", who=person_id(parent))
    assert second.replace("-", "")[4:] not in str(kept)
    assert redeem(caisse, second.replace("-", " ").lower()).status_code == 201
    assert rows(running, "SELECT 1 FROM hub.link_code WHERE adult_id = %(who)s", who=person_id(parent)) == []


def test_a_retry_under_its_key_has_the_same_answer_and_links_once(running, caisse):
    parent, child = family(running)
    code, key = code_of(parent, child), secrets.token_hex(16)
    first = redeem(caisse, code, key=key)
    assert first.status_code == 201
    assert redeem(caisse, code, key=key).json() == first.json()
    counted = "SELECT count(*) FROM hub.partner_link WHERE adult_id = %(who)s"
    assert value(running, counted, who=person_id(parent)) == 1


def test_a_stranger_coins_no_code_and_no_partner_without_agreement_is_linked(running, household):
    _, child = household
    stranger = Resident(running).sign_in()
    assert_problem(coin(stranger, child), "not-found")
    assert_problem(coin(household[0], child, body="91000067800011"), "invalid")


def test_to_coin_takes_a_fresh_sign_in(running, household):
    parent, child = family(running)
    rows(running, """UPDATE hub.session SET authenticated_at = authenticated_at - interval '6 minutes' WHERE account_id IN
         (SELECT account_id FROM hub.account WHERE person_id = %(who)s)""", who=person_id(parent))  # fmt: skip
    assert_problem(coin(parent, child), "sign-in-stale")


def test_too_many_codes_in_a_minute_are_refused(running):
    parent, child = family(running)
    refused = eventually(lambda: (answer := coin(parent, child)).status_code == 429 and answer)
    assert_problem(refused, "quota-exceeded")


def test_what_a_token_or_an_agreement_does_not_cover_is_refused_before_the_code(running, caisse, household):
    parent, child = household
    code = code_of(parent, child)
    assert_problem(redeem(caisse, code, service="bursary"), "outside-agreement")
    assert_problem(redeem(caisse, code, on_behalf_of="treatment:other"), "not-habilitated")
    assert_problem(redeem(caisse, code, service="no_such"), "invalid")
    assert redeem(caisse, code).status_code == 201


def test_the_family_ends_a_link_and_the_partner_is_told(running, caisse):
    parent, child = family(running)
    subject = linked(caisse, parent, child)["subject"]
    (own,) = parent.http.get("/v1/partner-links").json()
    ended = parent.http.delete(f"/v1/partner-links/{own['link_id']}").json()
    assert (ended["ended_by"], parent.http.delete(f"/v1/partner-links/{own['link_id']}").json()) == ("family", ended)
    assert subject not in {one["subject"] for one in own_links(caisse)}
    eventually(lambda: "partner-link.ended.v1" in told_of(caisse, subject))
    assert_problem(Resident(running).sign_in().http.delete(f"/v1/partner-links/{own['link_id']}"), "not-found")


def test_the_partner_ends_a_link_and_the_family_sees_it(running, caisse):
    parent, child = family(running)
    subject = linked(caisse, parent, child)["subject"]
    for _ in range(2):
        auth = caisse.proving(caisse.token())
        assert caisse.http.delete(f"/hub/v1/links/{subject}", auth=auth).status_code == 204
    assert parent.http.get("/v1/partner-links").json()[0]["ended_by"] == "partner"
    assert "Un service n'est plus relié au dossier de votre enfant" in steps(parent)
    assert linked(caisse, parent, child)["subject"] == subject


def test_who_no_longer_stands_for_the_child_links_nobody_and_a_link_of_theirs_shows_nothing(running, caisse):
    parent, child = family(running)
    subject = linked(caisse, parent, child)["subject"]
    code = code_of(parent, child)
    rows(running, "UPDATE hub.family_link SET valid_until = current_date - 2 WHERE child_id = %(child)s", child=child)
    assert_problem(redeem(caisse, code), "code-refused")
    assert subject not in {one["subject"] for one in own_links(caisse)}


def page(parent: Resident, **fields: str) -> httpx.Response:
    headers = {"accept": "text/html", "origin": parent.system.door_url}
    return parent.http.post("/services-relies", data=fields, headers=headers)


def test_the_page_gives_a_code_shows_the_link_and_ends_it(running: System, caisse: Partner):
    parent, child = family(running)
    assert page(parent, child=child).status_code == 422
    shown = page(parent, child=child, service=f"{SERVICE}@{CAISSE}")
    assert shown.status_code == 200
    code = shown.text.split('class="number">')[1][:14]
    assert redeem(caisse, code).status_code == 201
    listed = parent.http.get("/services-relies").text
    assert "Arrêter ce lien" in listed
    (own,) = parent.http.get("/v1/partner-links").json()
    headers = {"accept": "text/html", "origin": parent.system.door_url}
    after = parent.http.post(f"/services-relies/{own['link_id']}", headers=headers)
    assert "Vous avez arrêté ce lien." in after.text
