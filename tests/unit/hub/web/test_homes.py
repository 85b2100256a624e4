"""The pages of a move, as a parent fills them in."""

from datetime import date

from sqlalchemy import text

from tests.unit.hub.web.conftest import Place
from tests.unit.hub.web.visiting import get, only_child, page, send, wish, with_child

CAISSE_19 = "Caisse des écoles du 19e arrondissement"


def move(place: Place, **changed: str):
    today = date.today()
    told = {"day": str(today.day), "month": str(today.month), "year": str(today.year), "postcode": "75019"}
    return send(place, "/demenagement", **(told | {"accuracy_sworn": "oui"} | changed))


def at_the_canteen(place: Place, name: str) -> str:
    with_child(place, name)
    sent = send(place, "/demandes/nouvelle", **wish(place), accuracy_sworn="oui", parity="even")
    assert sent.status_code == 303, sent.text
    return only_child(place)


def test_a_move_tells_what_became_of_each_line(place: Place) -> None:
    child = at_the_canteen(place, "MOVING")
    found = page(move(place, **{f"school_{child}": "oui"}))
    assert "Votre déménagement est enregistré" in found.text
    assert CAISSE_19 in found.text
    files = get(place, "/").text
    assert CAISSE_19 in files
    assert "Vous payez les semaines paires." in files


def test_a_child_who_stays_at_school_changes_nothing(place: Place) -> None:
    at_the_canteen(place, "STAYING")
    found = page(move(place))
    assert "Rien ne change." in found.text
    assert CAISSE_19 not in get(place, "/").text


def test_what_a_move_lacks_is_said_beside_its_field(place: Place) -> None:
    with_child(place, "LACKING")
    found = page(move(place, day="32", postcode="13e", accuracy_sworn=""), 422)
    for sentence in ("Écrivez la date en chiffres", "Écrivez le code postal", "Cochez cette case"):
        assert sentence in found.text
    assert found.field("postcode") == "13e"


def test_a_move_on_the_page_is_a_life_event_like_any_other(place: Place) -> None:
    with_child(place, "NOTEDMOVE")
    move(place)
    assert "Déjà déclaré, pour le" in get(place, "/evenements").text
    with place.worker.db.read() as tx:
        events = tx.execute(text("SELECT count(*) FROM hub.life_event WHERE event = 'move'")).scalar_one()
    assert events >= 1


def test_a_move_too_far_off_is_said_beside_its_date(place: Place) -> None:
    with_child(place, "FARMOVE")
    assert "Cette date est trop loin" in page(move(place, year="2019"), 422).text


def test_what_a_move_changes_and_which_papers_serve_is_told_before(place: Place) -> None:
    at_the_canteen(place, "TOLDMOVE")
    told = get(place, "/demenagement").text
    assert "Un autre service prend la suite, si l'enfant change d'école" in told.replace("un autre", "Un autre")
    assert "Justificatif de domicile" in told
