"""Every page through the real door: what it says, its headers, and what it does without JavaScript."""

import re
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.documents import DocumentState
from hub.school_files.judging import judge_family
from hub.school_files.settling import settle_document
from tests.mentions import mentions
from tests.unit.hub.web.conftest import LIMIT, RELEASE_URL, Place
from tests.unit.hub.web.visiting import (
    CAISSE,
    HTML,
    PDF,
    Canned,
    deposit,
    document_of,
    get,
    page,
    send,
    wish,
    with_child,
)
from vault.ingest.reading import Reading
from vault.ingest.reasons import Reason

SIGNED_IN_PAGES = (
    "/",
    "/deposer",
    "/documents",
    "/enfants",
    "/demandes",
    "/demandes/nouvelle",
    "/acces",
    "/demenagement",
    "/evenements",
    "/evenements/naissance",
    "/evenements/separation",
    "/evenements/perte-emploi",
    "/evenements/deces",
    "/me-joindre",
    "/me-joindre/sms",
    "/me-joindre/courriel",
    "/me-joindre/courrier",
    "/me-joindre/code",
    "/courrier",
)


def test_nobody_signed_in_is_told_what_this_is_and_how_to_enter(place: Place) -> None:
    found = get(place, "/")
    assert "Donnez vos documents une seule fois" in found.text
    assert "mêmes droits" in found.text
    ways = [attrs["href"] for attrs in found.named("a") if attrs.get("class", "").startswith("button")]
    assert ways == ["/sign-in/franceconnect?return_to=/", "/sign-in/mon-paris?return_to=/"]


@pytest.mark.parametrize("path", SIGNED_IN_PAGES[1:])
def test_a_page_of_ones_own_asks_to_sign_in(place: Place, path: str) -> None:
    answer = place.browser.get(path, headers=HTML)
    assert answer.status_code == 401


@pytest.mark.parametrize("path", SIGNED_IN_PAGES)
def test_every_page_is_sound_for_somebody_new(place: Place, path: str) -> None:
    place.sign_in(family="NOUVELLE")
    found = get(place, path)
    assert "Nora NOUVELLE" in found.text


def test_every_page_carries_the_policy(place: Place) -> None:
    headers = place.browser.get("/").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["form-action"] == f"'self' {RELEASE_URL} https://identity.test"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_style_and_script_are_served(place: Place) -> None:
    found = get(place, "/")
    sheet, script = found.named("link")[1]["href"], found.named("script")[0]["src"]
    assert place.browser.get(sheet).headers["content-type"].startswith("text/css")
    assert "javascript" in place.browser.get(script).headers["content-type"]


def test_a_deposit_without_javascript_gives_a_receipt(place: Place) -> None:
    place.sign_in(family="RECU")
    answer = deposit(place)
    assert answer.status_code == 303
    found = get(place, answer.headers["location"])
    assert "Nous avons reçu votre document" in found.text
    assert "Ville de Paris, porte-documents Une Fois" in found.text
    assert "En cours de lecture" in found.text
    assert "Inscription à la cantine" in found.text


def test_what_lies_in_the_store_is_not_the_paper(place: Place) -> None:
    place.sign_in(family="SCELLEE")
    content = PDF + b"secret" * 200
    document = document_of(place, get(place, deposit(place, content).headers["location"]))
    with place.worker.db.read() as tx:
        row = tx.execute(text("SELECT * FROM vault.document WHERE document_id = :id"), {"id": document}).one()
    assert row.plaintext_length == len(content)
    assert b"secret" not in b"".join(place.worker.objects.get(row.object_name))


def test_the_same_paper_again_is_reused(place: Place) -> None:
    place.sign_in(family="DEUXFOIS")
    first = deposit(place)
    second = deposit(place)
    assert first.headers["location"] != second.headers["location"]
    found = get(place, second.headers["location"])
    assert "Nous avons déjà ce document" in found.text
    assert "vous n'avez rien d'autre à faire" in found.text


def test_the_form_sent_twice_has_one_effect(place: Place) -> None:
    place.sign_in(family="DOUBLECLIC")
    key = uuid4().hex
    assert deposit(place, key=key).headers["location"] == deposit(place, key=key).headers["location"]


REFUSED = {
    "empty": ({"content": b""}, 400, "Le fichier reçu est vide"),
    "too large": ({"content": b"%PDF-" + bytes(LIMIT)}, 413, "trop lourd"),
    "lying type": ({"content": b"\x89PNG\r\n\x1a\n" + bytes(20)}, 415, "ne correspond pas à son type"),
    "unknown type": ({"content": b"hello", "media": "text/plain"}, 415, "Nous acceptons les PDF"),
    "unknown kind": ({"kind": "tin_opener"}, 422, "Une information est incorrecte"),
    "no key": ({"key": ""}, 400, "L'envoi ne porte pas de numéro"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_deposit_says_why_beside_the_field(place: Place, case: str) -> None:
    place.sign_in(family="REFUS")
    given, status, sentence = REFUSED[case]
    found = page(deposit(place, **given), status)  # type: ignore[arg-type]  # what a test changes
    assert sentence in found.text
    field = next(attrs for attrs in found.named("input") if attrs.get("id") == "file")
    assert field["aria-invalid"] == "true"
    assert "file-erreur" in field["aria-describedby"]
    assert any(attrs.get("href") == "#file" for attrs in found.named("a"))


def test_a_form_sent_without_a_file_asks_for_one(place: Place) -> None:
    place.sign_in(family="OUBLI")
    parts = [
        'name="kind"\r\n\r\ntax_notice',
        'name="file"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n',
    ]
    body = "".join(f"--ici\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--ici--\r\n"
    headers = {**HTML, "content-type": "multipart/form-data; boundary=ici"}
    found = page(place.browser.post("/deposer", content=body, headers=headers), 422)
    assert "Choisissez un fichier" in found.text
    chosen = next(attrs["value"] for attrs in found.named("option") if "selected" in attrs)
    assert chosen == "tax_notice"


def test_a_refused_deposit_gives_its_key_back(place: Place) -> None:
    place.sign_in(family="REPRISE")
    key = uuid4().hex
    assert deposit(place, b"\x89PNG\r\n\x1a\n" + bytes(20), key=key).status_code == 415
    assert deposit(place, key=key).status_code == 303


def test_a_deposit_from_another_site_is_refused(place: Place) -> None:
    place.sign_in(family="AILLEURS")
    headers = {**HTML, "sec-fetch-site": "cross-site"}
    answer = place.browser.post("/deposer", data={"key": "k" * 9}, files={"file": ("a.pdf", PDF)}, headers=headers)
    assert answer.status_code == 403


def test_somebody_elses_receipt_and_paper_are_not_there(place: Place) -> None:
    place.sign_in(family="UNE")
    receipt = deposit(place).headers["location"]
    document = document_of(place, get(place, receipt))
    place.sign_in(family="AUTRE")
    assert place.browser.get(receipt).status_code == 404
    assert place.browser.get(f"/documents/{document}/effacer").status_code == 404
    assert send(place, f"/documents/{document}/effacer").status_code == 404
    assert send(place, f"/documents/{document}/voir").status_code == 404


def test_the_school_file_settles(place: Place) -> None:
    with_child(place, "LINA")
    sent = send(place, "/demandes/nouvelle", **wish(place), accuracy_sworn="oui", reuse_authorised="oui")
    assert sent.status_code == 303
    before = get(place, "/").text
    assert "Acte de naissance" in before
    assert "Livret de famille" in before
    document = re.search(r"/documents/([0-9a-f-]{36})/effacer", place.browser.get("/documents").text)
    assert document is not None
    judge(place)
    after = get(place, "/").text
    assert "C'est fait" in after
    assert "Acte de naissance, avec un cachet électronique authentique" in after
    assert "LINA" in after


def judge(place: Place) -> None:
    """Do what the worker's job does when a request was opened."""
    with place.worker.db.transaction() as tx:
        last = tx.execute(text("SELECT requester_id FROM hub.request ORDER BY received_at DESC LIMIT 1")).scalar_one()
        judge_family(tx, place.worker, place.door.catalogue, last, now=datetime.now(UTC))


def test_the_receipt_tells_what_the_paper_serves_for(place: Place) -> None:
    with_child(place, "SAMI")
    send(place, "/demandes/nouvelle", **wish(place), accuracy_sworn="oui")
    judge(place)
    receipt = re.search(r'href="(/recus/[0-9a-f-]+)"', place.browser.get("/documents").text)
    assert receipt is not None
    assert "Ce document sert maintenant à : Inscription à la cantine" in get(place, receipt[1]).text


def test_a_request_is_asked_for_step_by_step(place: Place) -> None:
    with_child(place, "INES")
    chosen = wish(place)
    first = get(place, "/demandes/nouvelle")
    assert "Que demandez-vous ?" in first.text
    del chosen["body"]
    second = get(place, "/demandes/nouvelle?" + urlencode(chosen))
    assert "Quel service étudie votre demande ?" in second.text
    third = get(place, "/demandes/nouvelle?" + urlencode({**chosen, "body": CAISSE}))
    assert "a besoin de : identité de l'enfant" in third.text
    boxes = [attrs for attrs in third.named("input") if attrs.get("type") == "checkbox"]
    assert [box["name"] for box in boxes] == ["accuracy_sworn", "reuse_authorised"]
    assert not any("checked" in box for box in boxes)


def test_a_service_with_one_body_skips_that_question(place: Place) -> None:
    with_child(place, "ADAM")
    chosen = {**wish(place, service="after_school"), "body": ""}
    assert "Paris Familles" in get(place, "/demandes/nouvelle?" + urlencode(chosen)).text


def test_a_gap_in_the_request_is_an_error_at_its_field(place: Place) -> None:
    with_child(place, "MILO")
    found = get(place, "/demandes/nouvelle?" + urlencode({"child": "", "school_year": "", "service": ""}), 422)
    links = {attrs["href"] for attrs in found.named("a")}
    assert {"#child", "#school_year", "#service"} <= links


def test_accuracy_must_be_sworn_and_reuse_need_not(place: Place) -> None:
    with_child(place, "NOE")
    found = page(send(place, "/demandes/nouvelle", **wish(place), reuse_authorised="oui"), 422)
    assert "Cochez cette case" in found.text
    boxes = {attrs["name"]: attrs for attrs in found.named("input") if attrs.get("type") == "checkbox"}
    assert "checked" in boxes["reuse_authorised"]
    answer = send(place, "/demandes/nouvelle", **wish(place), accuracy_sworn="oui")
    given = get(place, answer.headers["location"]).text
    for words in ("Accusé de réception", "Caisse des écoles du 13e", "01 99 00 13 13", "Le silence gardé"):
        assert words in given
    assert "Un document manquant ne bloque pas l'étude de votre demande" in given
    assert "Inscription à la cantine" in get(place, "/demandes").text


def test_a_request_made_twice_is_refused_in_words(place: Place) -> None:
    with_child(place, "ZOE")
    chosen = wish(place)
    assert send(place, "/demandes/nouvelle", **chosen, accuracy_sworn="oui").status_code == 303
    assert send(place, "/demandes/nouvelle", **chosen, accuracy_sworn="oui").status_code == 409


def test_somebody_elses_child_cannot_be_asked_for(place: Place) -> None:
    with_child(place, "LEA")
    chosen = wish(place)
    place.sign_in(family="VOISINE")
    page(send(place, "/demandes/nouvelle", **chosen, accuracy_sworn="oui"), 422)
    assert not mentions(place.browser.get("/demandes/nouvelle?" + urlencode(chosen)).text, "LEA")


def test_every_claim_gets_the_same_answer(place: Place) -> None:
    with_child(place, "EVA")
    name = re.search(r"EVA (\w+)", get(place, "/enfants").text)
    assert name is not None
    child = {"given_names": "EVA", "day": "27", "month": "3", "year": "2019"}
    place.sign_in(family="TIERS")
    answers = [send(place, "/enfants", family_name=family, **child) for family in (name[1], "INCONNU")]
    assert len({(answer.status_code, answer.headers["location"]) for answer in answers}) == 1
    assert "Votre déclaration est enregistrée" in get(place, answers[0].headers["location"]).text


def test_a_claim_with_errors_keeps_what_was_written(place: Place) -> None:
    place.sign_in(family="FAUTE")
    answer = send(place, "/enfants", family_name="D'ARC & <b>", given_names="", day="31", month="2", year="2019")
    found = page(answer, 422)
    assert found.field("family_name") == "D'ARC & <b>"
    assert "Écrivez la date de naissance" in found.text
    assert "<b>" not in answer.text


def test_a_form_may_not_carry_a_file(place: Place) -> None:
    place.sign_in(family="FICHIER")
    answer = place.browser.post("/enfants", files={"family_name": ("a.pdf", PDF)}, headers=HTML)
    assert answer.status_code == 422


def test_a_paper_is_seen_at_the_other_door_and_erased_after_a_question(place: Place) -> None:
    with_child(place, "TOM")
    document = re.search(r"/documents/([0-9a-f-]{36})/effacer", place.browser.get("/documents").text)
    assert document is not None
    seen = send(place, f"/documents/{document[1]}/voir")
    assert seen.status_code == 303
    assert seen.headers["location"].startswith(f"{RELEASE_URL}/previews/")
    asked = get(place, f"/documents/{document[1]}/effacer").text
    assert "Vous ne pouvez pas revenir en arrière" in asked
    assert "Aucun service n'a reçu de copie" in asked
    assert "nous l'effaçons" in page(send(place, f"/documents/{document[1]}/effacer")).text
    assert "effacement en cours" in get(place, "/documents").text


@pytest.mark.parametrize("reason", [Reason.ENCRYPTED, Reason.ACTIVE_CONTENT])
def test_a_paper_that_cannot_be_used_says_why(place: Place, reason: Reason) -> None:
    place.sign_in(family="ILLISIBLE")
    document = document_of(place, get(place, deposit(place, PDF + reason.encode()).headers["location"]))
    settle_document(place.worker, place.door.catalogue, Canned(Reading.refused(reason)), document)
    found = get(place, "/documents").text
    assert ("Non utilisable" if reason is Reason.ENCRYPTED else "En vérification") in found
    assert not any(state.value in found for state in DocumentState)


def test_who_saw_what_is_told(place: Place) -> None:
    with_child(place, "LUC")
    found = get(place, "/acces").text
    assert "Vous Quoi" not in found
    assert "Dépôt d'un document" in found
    assert "Le lien avec votre enfant est prouvé" in found


@pytest.mark.parametrize("path", SIGNED_IN_PAGES)
def test_no_identifier_is_shown(place: Place, path: str) -> None:
    with_child(place, "ANA")
    send(place, "/demandes/nouvelle", **wish(place), accuracy_sworn="oui")
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|\d{14}", get(place, path).text)
