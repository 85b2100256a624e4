"""The pages of how one is reached, and of the code of a letter, as a parent fills them in."""

import httpx

from hub.notifications.return_codes import new_code, spelled
from tests.unit.hub.web.conftest import Place
from tests.unit.hub.web.visiting import HTML, get, page, send


def led_to(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_an_address_waits_for_its_code_and_is_shown_to_its_owner_only(place: Place) -> None:
    place.sign_in(family="JOIGNABLE")
    assert led_to(send(place, "/me-joindre", channel="email")) == "/me-joindre/courriel"
    assert led_to(send(place, "/me-joindre/courriel", value="nora@exemple.example")) == "/me-joindre/code"
    found = get(place, "/me-joindre").text
    assert "Vous n'avez pas encore choisi" in found
    assert "par courriel, à n•••@exemple.example" in found
    assert "n•••@exemple.example" in get(place, "/me-joindre/code").text
    place.sign_in(family="AUTREPERSONNE")
    assert "Vous n'avez pas encore choisi" in get(place, "/me-joindre").text


def test_a_contact_that_is_none_is_refused_in_words(place: Place) -> None:
    place.sign_in(family="INJOIGNABLE")
    found = page(send(place, "/me-joindre/courriel", value="nulle part"), 422)
    assert "Écrivez une adresse de courriel" in found.text
    assert found.field("value") == "nulle part"
    assert "Écrivez un numéro de portable" in page(send(place, "/me-joindre/sms", value="01 99 00 00 00"), 422).text
    assert "Choisissez comment vous joindre" in page(send(place, "/me-joindre", channel=""), 422).text
    get(place, "/me-joindre/fax", 404)


def test_a_postal_address_is_kept_and_never_shown_again(place: Place) -> None:
    place.sign_in(family="DISCRETE")
    assert led_to(send(place, "/me-joindre", channel="post")) == "/me-joindre/courrier"
    wrong = page(send(place, "/me-joindre/courrier", street="17 allée des Ormeaux", postcode="13e", town=""), 422)
    assert "Écrivez le code postal" in wrong.text
    assert "Écrivez la commune" in wrong.text
    told = {"street": "17 allée des Ormeaux", "postcode": "75013", "town": "Paris", "extra": ""}
    assert led_to(send(place, "/me-joindre/courrier", **told)) == "/me-joindre?recu=oui"
    for path in ("/me-joindre", "/me-joindre/courrier", "/acces"):
        assert "Ormeaux" not in get(place, path).text
    assert "à l'adresse enregistrée" in get(place, "/me-joindre").text
    assert "choisi comment nous vous joignons" in get(place, "/acces").text


def test_a_number_waits_for_its_code_and_the_way_before_stays(place: Place) -> None:
    place.sign_in(family="PORTABLE")
    send(place, "/me-joindre", channel="counter")
    assert led_to(send(place, "/me-joindre/sms", value="06 39 98 04 27")) == "/me-joindre/code"
    assert "finit par 27" in get(place, "/me-joindre/code").text
    shown = get(place, "/me-joindre").text
    assert "au guichet" in shown
    assert "Écrire le code" in shown
    assert "Ce n'est pas le bon code" in page(send(place, "/me-joindre/code", code="000000"), 422).text


def test_no_telephone_is_made_to_ring_all_day(place: Place) -> None:
    place.sign_in(family="INSISTANTE")
    for _ in range(5):
        assert led_to(send(place, "/me-joindre/sms", value="06 39 98 05 05")) == "/me-joindre/code"
    assert "Réessayez demain" in page(send(place, "/me-joindre/sms", value="06 39 98 05 06"), 422).text
    place.sign_in(family="COMPLICE")
    assert "Réessayez demain" in page(send(place, "/me-joindre/sms", value="06 39 98 05 05"), 422).text


def test_a_code_is_tried_five_times_and_no_more(place: Place) -> None:
    place.sign_in(family="DEVINANT")
    send(place, "/me-joindre/sms", value="06 39 98 06 06")
    said = [page(send(place, "/me-joindre/code", code="000000"), 422).text for _ in range(6)]
    assert ["Ce code ne sert plus" in one for one in said] == [False] * 5 + [True]


def test_the_code_of_no_letter_is_refused_like_a_slip(place: Place) -> None:
    place.sign_in(family="SANSLETTRE")
    assert "Ce code ne va pas" in page(send(place, "/courrier", code="K7QF"), 422).text
    found = get(place, led_to(send(place, "/courrier", code=spelled(new_code()))), 422)
    assert "Ce code ne va pas" in found.text


def test_codes_of_letters_are_not_tried_by_the_hundred(place: Place) -> None:
    place.sign_in(family="CHERCHANT")
    answers = [place.browser.get(f"/courrier/{new_code()}", headers=HTML).status_code for _ in range(25)]
    assert answers.count(429) >= 5


def test_ones_dashboard_is_shown_until_one_says_no(place: Place) -> None:
    place.sign_in(family="DISCRETEAILLEURS")
    assert "Votre compte Mon Paris montre où en est chaque demande" in get(place, "/me-joindre").text
    assert led_to(send(place, "/me-joindre/mon-paris", shown="non")) == "/me-joindre?recu=oui"
    assert "Votre compte Mon Paris ne montre pas vos demandes" in get(place, "/me-joindre").text
    assert "Vous avez choisi de ne plus montrer vos demandes" in get(place, "/acces").text
    place.sign_in(family="AUTREAILLEURS")
    assert "Votre compte Mon Paris montre" in get(place, "/me-joindre").text
    place.sign_in(family="DISCRETEAILLEURS")
    send(place, "/me-joindre/mon-paris", shown="oui")
    assert "Votre compte Mon Paris montre" in get(place, "/me-joindre").text
