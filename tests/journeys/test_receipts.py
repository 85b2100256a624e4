"""Whatever leaves yields a receipt that both sides can check offline; the family sees it at once, and beforehand."""

import base64
import hashlib
import json
import re

import httpx
import pypdfium2
import pytest

from contracts.answers import commit_facts
from hub.releases.disclosing import forget_old_disclosures
from tests.journeys.doors import Partner, assert_problem, coined, family, person_id, rows, value
from tests.journeys.test_answers import HOLIDAYS, for_holidays, opened
from tests.journeys.test_checkpoints import command
from tests.journeys.test_withheld import hand_over
from tests.system import CAISSE, Resident, eventually
from vault.bootstrap import utc_now
from vault.db import Database
from vault.standing import Purpose, standing

CANTEEN = ("canteen_enrolment", "child_identity")


def ready(fetch) -> httpx.Response:
    """A receipt once the journal's head is over it; before that the answer says when to come again."""
    answer: httpx.Response = eventually(lambda: (told := fetch()).status_code == 200 and told)
    return answer


def verified(running, tmp_path, text: str) -> tuple[int, str]:
    file = tmp_path / "receipt.json"
    file.write_text(text)
    return command(running, "journal", "verify", "--proof", str(file))


def answered(running) -> tuple[Resident, Partner, dict]:
    parent, familles, subject = for_holidays(running)
    return parent, familles, familles.ask(subject, *HOLIDAYS).json()


def canteen(running) -> tuple[Resident, Partner, dict]:
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied(*CANTEEN)
    caisse = Partner(running, "caisse-13")
    return parent, caisse, caisse.ask(coined(parent, CAISSE, "canteen_enrolment"), *CANTEEN).json()


def release_of(told: dict) -> str:
    return str(told["receipt"]).split("/")[-2]


def test_an_answers_receipt_is_the_partners_and_the_familys_and_only_hers_opens(running, tmp_path):
    parent, familles, told = answered(running)
    release = release_of(told)
    theirs = ready(lambda: familles.fetch(told["receipt"]))
    ours = ready(lambda: parent.http.get(f"/v1/releases/{release}/receipt"))
    for text in (theirs.text, ours.text):
        assert verified(running, tmp_path, text) == (0, "the proof holds\n")
    shared, own = theirs.json(), ours.json()
    assert (shared["form"], shared["recipient"], shared["purpose"]) == ("answer", "91000002700011", "holiday_centres")
    assert shared["ground"] == {"basis": "public_task", "instrument": "convention", "act": "authorised"}
    token = hashlib.sha256(told["signed"].encode()).digest()
    assert base64.urlsafe_b64decode(shared["answer"] + "=") == token
    assert "opening" not in shared
    salt, facts = base64.urlsafe_b64decode(own["opening"]["salt"] + "="), own["opening"]["facts"].encode()
    assert base64.urlsafe_b64decode(own["commitment"] + "=") == commit_facts(salt, facts)
    assert json.loads(facts)["evidence_type"] == "birth_certificate"


def test_a_partners_receipt_holds_none_of_our_identifiers(running):
    parent, familles, told = answered(running)
    text = ready(lambda: familles.fetch(told["receipt"])).text
    record = base64.b64decode(json.loads(text)["proof"]["record"]).decode()
    inside = rows(running, INSIDE, who=person_id(parent))
    assert inside
    assert not [row for row in inside if str(row["id"]) in text + record]


INSIDE = """SELECT evidence_id AS id FROM hub.evidence WHERE holder_id = %(who)s
            UNION SELECT document_id FROM hub.evidence WHERE holder_id = %(who)s
            UNION SELECT line_id FROM hub.enrolment_line WHERE payer_id = %(who)s UNION SELECT %(who)s"""
WRONG = {
    "recipient": ("recipient", "91000001200013"),
    "purpose": ("purpose", "bursary"),
    "commitment": ("commitment", "A" * 43),
    "released_at": ("released_at", "2026-01-01T00:00:00+00:00"),
    "question": ("question", None),
}


def test_the_first_thing_wrong_in_a_receipt_is_named(running, tmp_path):
    parent, _, told = answered(running)
    own = ready(lambda: parent.http.get(f"/v1/releases/{release_of(told)}/receipt")).json()
    for name, (member, said) in WRONG.items():
        code, words = verified(running, tmp_path, json.dumps(own | {member: said}))
        assert (code, words) == (1, f"the proof does not hold: {name} is not what the journal has\n")
    facts = own["opening"] | {"facts": own["opening"]["facts"].replace("sealed", "self_declared")}
    assert "facts" in verified(running, tmp_path, json.dumps(own | {"opening": facts}))[1]
    sent = own["opening"] | {"answer": told["signed"][:-4] + "AAAA"}
    assert "answer" in verified(running, tmp_path, json.dumps(own | {"opening": sent}))[1]
    moved = own["proof"] | {"leaf_index": own["proof"]["leaf_index"] ^ 1}
    assert "path" in verified(running, tmp_path, json.dumps(own | {"proof": moved}))[1]


def test_a_documents_receipt_comes_by_its_number_and_its_copy_names_the_recipient(running, tmp_path):
    parent, caisse, told = canteen(running)
    fetched = caisse.fetch(told["evidence"][0]["href"])
    number = fetched.headers["release-receipt"]
    receipt = ready(lambda: caisse.fetch(f"/hub/v1/releases/{number}/receipt"))
    assert receipt.json()["form"] == "document"
    assert verified(running, tmp_path, receipt.text)[0] == 0
    digest = base64.b64encode(hashlib.sha256(fetched.content).digest()).decode()
    assert fetched.headers["repr-digest"] == f"sha-256=:{digest}:"
    for page in pypdfium2.PdfDocument(fetched.content):
        said = " ".join(page.get_textpage().get_text_range().split())
        assert all(word in said for word in ("Caisse des écoles du 13e", CAISSE, "Inscription à la cantine", number))
    (line,) = [line for line in parent.trace() if line["release"] == number]
    assert line["act"] == "release"


def test_a_line_of_a_file_has_its_receipt_too(running, tmp_path):
    parent, _, _ = canteen(running)
    hand_over(running)
    pushed = "SELECT release_id FROM hub.release JOIN hub.evidence USING (evidence_id) WHERE channel = 'push' AND holder_id = %(who)s"
    number = eventually(lambda: rows(running, pushed, who=person_id(parent)))[0]["release_id"]
    receipt = ready(lambda: parent.http.get(f"/v1/releases/{number}/receipt"))
    assert receipt.json()["form"] == "line"
    assert verified(running, tmp_path, receipt.text)[0] == 0


def test_anothers_receipt_is_nothing_to_anybody_else(running):
    _, familles, told = answered(running)
    stranger = family(running)[0]
    assert_problem(stranger.http.get(f"/v1/releases/{release_of(told)}/receipt"), "not-found")
    assert_problem(stranger.http.get(f"/acces/{release_of(told)}"), "not-found")
    assert_problem(Partner(running, "caisse-13").fetch(told["receipt"]), "not-found")
    assert ready(lambda: familles.fetch(told["receipt"])).status_code == 200


def test_the_family_sees_an_access_at_once_in_the_api_and_on_the_page(running):
    parent, _, told = answered(running)
    release = release_of(told)
    assert release in [line["release"] for line in parent.trace()]
    page = parent.http.get("/acces", headers={"accept": "text/html"}).text
    assert f'href="/acces/{release}"' in page
    shown = parent.http.get(f"/acces/{release}", headers={"accept": "text/html"}).text
    assert "Paris Familles" in shown
    assert "Acte de naissance" in shown
    assert told["signed"].split(".")[0] not in shown
    file = ready(lambda: parent.http.get(f"/acces/{release}/recu"))
    assert "attachment" in file.headers["content-disposition"]


def test_the_preview_holds_the_very_claims_that_leave_and_the_copy_is_marked(running):
    parent, child = family(running, quotient=742)
    parent.request(child, "canteen_tariff", CAISSE)
    parent.satisfied("canteen_tariff", "household_income")
    line = value(running, LINE, who=person_id(parent), service="canteen_tariff")
    (seen,) = parent.http.get(f"/v1/lines/{line}/preview").json()
    caisse = Partner(running, "caisse-13")
    asked = caisse.ask(coined(parent, CAISSE, "canteen_tariff"), "canteen_tariff", "household_income", wants="answer")
    claims = opened(asked, caisse)
    assert seen["answer"] == {name: claims[name] for name in ("answer", "grade", "algorithm")}
    assert (seen["recipient"], seen["gives"]) == (CAISSE, "document")
    page = parent.http.get(f"/dossiers/{line}/recevra", headers={"accept": "text/html"}).text
    assert "Tranche de tarif proposée" in page


LINE = "SELECT line_id FROM hub.enrolment_line WHERE payer_id = %(who)s AND service = %(service)s"


def test_a_parent_sees_the_copy_as_the_service_would_get_it(running):
    parent, _, _ = canteen(running)
    line = value(running, LINE, who=person_id(parent), service="canteen_enrolment")
    page = parent.http.get(f"/dossiers/{line}/recevra", headers={"accept": "text/html"}).text
    document = re.search(r'name="document" value="([0-9a-f-]+)"', page)[1]
    copy = parent.http.post(f"/dossiers/{line}/copie", data={"document": document}, headers=same_site(running))
    said = pypdfium2.PdfDocument(copy.content)[0].get_textpage().get_text_range()
    assert "Caisse des écoles du 13e" in said
    assert "aperçu" in said
    assert not [one for one in rows(running, PULLED, who=person_id(parent)) if one["channel"] == "answer"]


PULLED = "SELECT channel FROM hub.release JOIN hub.evidence USING (evidence_id) WHERE holder_id = %(who)s"


def same_site(running) -> dict[str, str]:
    return {"origin": running.door_url, "sec-fetch-site": "same-origin", "accept": "text/html"}


def test_what_a_service_may_not_have_the_preview_says_why(running):
    parent, child = family(running)
    parent.request(child, "canteen_enrolment", CAISSE, reuse=False)
    parent.satisfied(*CANTEEN)
    line = value(running, LINE, who=person_id(parent), service="canteen_enrolment")
    (seen,) = parent.http.get(f"/v1/lines/{line}/preview").json()
    assert (seen["gives"], seen["answer"], seen["papers"]) == (None, None, [])
    assert "authorised" in seen["why_not"]
    page = parent.http.get(f"/dossiers/{line}/recevra", headers={"accept": "text/html"}).text
    assert "Vous n'avez pas autorisé" in page or "Vous n&#39;avez pas autorisé" in page


def test_anothers_line_has_no_preview(running):
    parent, _, _ = canteen(running)
    line = value(running, LINE, who=person_id(parent), service="canteen_enrolment")
    stranger = family(running)[0]
    assert_problem(stranger.http.get(f"/v1/lines/{line}/preview"), "not-found")


def test_an_erased_paper_leaves_the_receipt_and_takes_what_opens_it(running, tmp_path):
    parent, _, told = answered(running)
    release = release_of(told)
    ready(lambda: parent.http.get(f"/v1/releases/{release}/receipt"))
    (paper,) = [one for one in parent.http.get("/v1/documents").json() if one["evidence_type"] == "birth_certificate"]
    parent.http.delete(f"/v1/documents/{paper['document']}")
    emptied = "SELECT salt, facts, answer FROM hub.disclosure WHERE release_id = %(id)s"
    eventually(lambda: rows(running, emptied, id=release) == [{"salt": None, "facts": None, "answer": None}])
    receipt = parent.http.get(f"/v1/releases/{release}/receipt")
    assert "opening" not in receipt.json()
    assert verified(running, tmp_path, receipt.text)[0] == 0


@pytest.mark.parametrize(
    "text", ['{"format": "unefois-reuse-receipt/1"}', '{"format": "unefois-reuse-receipt/1", "proof": 7}']
)
def test_what_is_no_receipt_is_refused_in_words(running, tmp_path, text):
    code, words = verified(running, tmp_path, text)
    assert code == 1
    assert "holds" not in words


def test_after_36_months_nothing_opens_a_commitment_any_more(running):
    _, _, told = answered(running)
    _, _, recent = answered(running)
    release = release_of(told)
    aged = "UPDATE hub.disclosure SET disclosed_at = now() - interval '37 months' WHERE release_id = %(id)s"
    rows(running, aged, id=release)
    database = Database.connect(running.stores.dsn("unefois_worker", driver="psycopg"), pool_size=1)
    try:
        with standing(purpose=Purpose.RETENTION), database.transaction() as tx:
            assert forget_old_disclosures(tx, now=utc_now()) == 1
    finally:
        database.close()
    emptied = "SELECT salt IS NULL AND facts IS NULL AND answer IS NULL FROM hub.disclosure WHERE release_id = %(id)s"
    assert (value(running, emptied, id=release), value(running, emptied, id=release_of(recent))) == (True, False)
