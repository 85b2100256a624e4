"""An answer in place of a paper: signed, bound to the question, the least that will do, and no more than the agreement."""

import base64
import hashlib
import json
import re
from uuid import uuid4

import jwt
import pytest

from hub.requirements.answers import ALGORITHM
from orchestration.stack.layout import CODE_ROOT
from tests.journeys.doors import Partner, assert_problem, coined, family, person_id, rows, value
from tests.mentions import mentions
from tests.system import CAISSE, FAMILLES, MAIRIE, Resident, eventually

HOLIDAYS = ("holiday_centres", "child_identity")
CANTEEN = ("canteen_enrolment", "child_identity")


def opened(answer, partner: Partner) -> dict:
    """The claims of a signed answer, verified as a partner's own software would."""
    token = answer.json()["signed"]
    keys = jwt.PyJWKSet.from_dict(partner.http.get("/answers/jwks").json())
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "evidence-answer+jwt"
    siret = value(partner.system, "SELECT siret FROM hub.partner WHERE slug = %(slug)s", slug=partner.slug)
    url = partner.system.release_url
    claims: dict = jwt.decode(token, keys[header["kid"]].key, algorithms=["ES256"], audience=siret, issuer=url)
    body = hashlib.sha256(answer.request.content).digest()
    assert claims["question"] == base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    assert 0 < claims["exp"] - claims["iat"] <= 24 * 3600
    return claims


def for_holidays(running) -> tuple[Resident, Partner, object]:
    """A family, and Paris Familles, whose agreement on holiday centres gives answers only."""
    parent, child = family(running)
    parent.request(child, "holiday_centres", FAMILLES)
    parent.satisfied(*HOLIDAYS)
    return parent, Partner(running, "paris-familles"), subject_of_holidays(parent)


def subject_of_holidays(parent: Resident):
    return coined(parent, FAMILLES, "holiday_centres")


def test_an_answer_says_the_least_and_nothing_is_opened_for_it(running):
    parent, familles, subject = for_holidays(running)
    told = familles.ask(subject, *HOLIDAYS)
    assert (told.status_code, told.json()["outcome"], told.json()["evidence"]) == (200, "answer", [])
    claims = opened(told, familles)
    assert (claims["sub"], claims["answer"], claims["grade"]) == (str(subject), {"holds": True}, "sealed")
    assert claims.keys().isdisjoint({"algorithm", "family_name", "document"})
    (kept,) = [row for row in released(parent) if str(row["release_id"]) == claims["jti"]]
    assert kept["channel"] == "answer"
    assert rows(running, "SELECT 1 FROM hub.case_copy WHERE release_id = %(id)s", id=kept["release_id"]) == []
    eventually(lambda: [line for line in parent.trace() if line["what"].startswith("Réponse signée")])


RELEASED = """SELECT r.*, d.commitment, d.salt, d.facts, d.answer FROM hub.release r JOIN hub.disclosure d USING (release_id)
              JOIN hub.evidence e USING (evidence_id) WHERE e.holder_id = %(who)s ORDER BY r.ordered_at"""


def released(parent: Resident) -> list[dict]:
    return rows(parent.system, RELEASED, who=person_id(parent))


def test_a_partner_that_gets_answers_cannot_get_the_document(running):
    parent, familles, subject = for_holidays(running)
    refused = assert_problem(familles.ask(subject, *HOLIDAYS, wants="documents"), "answer-only")
    assert "no document" in refused["detail"]
    assert_problem(familles.ask(uuid4(), *HOLIDAYS, wants="documents"), "answer-only")
    eventually(lambda: [line for line in parent.trace() if line["act"] == "refuse"])


def test_an_agreement_that_came_to_give_answers_only_stops_tokens_and_links_already_given(running):
    parent, familles, subject = for_holidays(running)
    token = familles.token()
    turn = "UPDATE hub.agreement SET gives = %(gives)s WHERE reference = 'PF-2026-02' AND retracted_at IS NULL"
    rows(running, turn, gives="document")
    try:
        told = familles.ask(subject, *HOLIDAYS, token=token).json()
        (offered,) = told["evidence"]
        assert familles.fetch(offered["href"], token=token).status_code == 200
    finally:
        rows(running, turn, gives="answer")
    assert_problem(familles.fetch(offered["href"], token=token), "answer-only")
    assert [row["channel"] for row in released(parent) if str(row["evidence_request_id"]) == told["request"]] == [
        "pull"
    ]


def test_who_may_have_documents_may_ask_for_the_answer_alone(running):
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied(*CANTEEN)
    caisse = Partner(running, "caisse-13")
    subject = coined(parent, CAISSE, "canteen_enrolment")
    assert opened(caisse.ask(subject, *CANTEEN, wants="answer"), caisse)["answer"] == {"holds": True}
    listed = caisse.ask(subject, *CANTEEN)
    assert [one["id"] for one in opened(listed, caisse)["documents"]] == [
        one["id"] for one in listed.json()["evidence"]
    ]


def test_a_band_we_computed_says_who_decides_until_when_and_that_an_algorithm_did(running):
    parent, child = family(running, quotient=742)
    parent.request(child, "canteen_tariff", CAISSE)
    parent.satisfied("canteen_tariff", "household_income")
    caisse = Partner(running, "caisse-13")
    subject = coined(parent, CAISSE, "canteen_tariff")
    claims = opened(caisse.ask(subject, "canteen_tariff", "household_income", wants="answer"), caisse)
    told = claims["answer"]
    assert (told["tariff_band"], told["decision"], told["decided_by"]) == ("4", "proposed", CAISSE)
    assert told["valid_from"] < told["valid_until"]
    assert claims["algorithm"] == ALGORITHM
    assert not mentions(json.dumps(claims), "742")


def test_lives_in_paris_yes_and_no_word_of_the_address(running):
    parent, child = family(running)
    parent.request(child, "school_enrolment", MAIRIE)
    parent.hand_in_and_wait(running.papers().bill(parent), "application/pdf", kind="proof_of_address")
    parent.satisfied("school_enrolment", "residence")
    mairie = Partner(running, "mairie-13")
    asked = mairie.ask(coined(parent, MAIRIE, "school_enrolment"), "school_enrolment", "residence", wants="answer")
    assert opened(asked, mairie)["answer"] == {"holds": True, "lives_in_paris": True}


def test_two_partners_share_no_commitment_number_or_word_of_the_same_paper(running):
    parent, child = family(running)
    seen: list[set] = []
    for slug, siret, service in (
        ("caisse-13", CAISSE, "canteen_enrolment"),
        ("paris-familles", FAMILLES, "after_school"),
    ):
        parent.request(child, service, siret)
        parent.satisfied(service, "child_identity")
        partner = Partner(running, slug)
        claims = opened(partner.ask(coined(parent, siret, service), service, "child_identity", wants="answer"), partner)
        seen.append({claims[name] for name in ("commitment", "jti", "request", "sub", "question")})
    assert not seen[0] & seen[1]


def test_none_is_signed_and_the_same_for_nobodys_anothers_and_where_nothing_was_handed_in(running):
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    caisse, asked = Partner(running, "caisse-13"), ("canteen_enrolment", "alternating_custody")
    own = caisse.ask(coined(parent, CAISSE, "canteen_enrolment"), *asked)
    others = caisse.ask(subject_of_another(running), *asked)
    nobodys = caisse.ask(uuid4(), *asked)
    shapes = {(one.status_code, len(one.content), tuple(sorted(one.headers))) for one in (own, others, nobodys)}
    assert len(shapes) == 1
    for one in (own, others, nobodys):
        claims = opened(one, caisse)
        assert (claims["outcome"], claims["looked_for"]) == ("none", ["custody_judgment"])
        assert claims["looked_in"] == ["unefois"]
    mine = {"iat", "exp", "jti", "request", "question", "sub", "as_of"}
    plain = [{name: said for name, said in opened(one, caisse).items() if name not in mine} for one in (own, nobodys)]
    assert plain[0] == plain[1]


def subject_of_another(running):
    parent, child = family(running)
    parent.request(child, "after_school", FAMILLES)
    return coined(parent, FAMILLES, "after_school")


@pytest.mark.parametrize("changed", [{"wants": "everything"}, {"wants": ""}])
def test_anything_else_cannot_be_wanted(running, changed):
    assert_problem(Partner(running, "caisse-13").ask(uuid4(), *CANTEEN, **changed), "invalid")


def test_keys_of_tokens_do_not_verify_answers_nor_the_other_way_round(running):
    caisse = Partner(running, "caisse-13")
    kids = [{key["kid"] for key in caisse.http.get(path).json()["keys"]} for path in ("/answers/jwks", "/oauth/jwks")]
    assert kids[0]
    assert not kids[0] & kids[1]
    signed = caisse.ask(uuid4(), *CANTEEN).json()["signed"]
    assert_problem(caisse.ask(uuid4(), *CANTEEN, token=signed), "invalid-token")


def test_a_retry_under_a_key_gets_the_very_same_answer_and_nothing_leaves_twice(running):
    parent, familles, subject = for_holidays(running)
    question = {"subject": str(subject), "service": HOLIDAYS[0], "requirement": HOLIDAYS[1], "purpose": HOLIDAYS[0]}
    question |= {"on_behalf_of": f"treatment:{HOLIDAYS[0]}"}
    key, token = {"idempotency-key": f"answer-{subject}"}, familles.token()
    first, again = (
        familles.http.post("/hub/v1/evidence-requests", json=question, headers=key, auth=familles.proving(token))
        for _ in range(2)
    )
    assert opened(first, familles)["outcome"] == "answer"
    assert again.json() == first.json()
    asked = [row for row in released(parent) if str(row["evidence_request_id"]) == first.json()["request"]]
    assert len(asked) == 1


def test_while_every_release_is_stopped_no_answer_leaves_either(running):
    parent, familles, subject = for_holidays(running)
    token = familles.token()
    before = len(released(parent))
    rows(running, STOP)
    try:
        assert_problem(familles.ask(subject, *HOLIDAYS, token=token), "releases-stopped")
    finally:
        rows(running, "UPDATE hub.release_stop SET resumed_at = now() WHERE resumed_at IS NULL")
    assert len(released(parent)) == before


STOP = "INSERT INTO hub.release_stop (stop_id, reason, stopped_at) VALUES (gen_random_uuid(), 'a test', now())"


def test_the_guides_own_programme_verifies_an_answer_and_refuses_one_to_another_question(running):
    _, familles, subject = for_holidays(running)
    told = familles.ask(subject, *HOLIDAYS)
    guide = (CODE_ROOT / "docs" / "partners.md").read_text(encoding="utf-8")
    (programme,) = [block for block in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "def verified(" in block]
    names: dict = {}
    exec(programme, names)
    signed, sent, url = told.json()["signed"], told.request.content, running.release_url
    assert names["verified"](signed, sent, url, FAMILLES)["answer"] == {"holds": True}
    for wrong in ((signed, sent + b" ", url, FAMILLES), (signed, sent, url, CAISSE)):
        with pytest.raises((ValueError, jwt.InvalidTokenError)):
            names["verified"](*wrong)
