"""The pages of life events: told before they are declared, declared once, and said what became of each line."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from tests.unit.hub.web.conftest import Place
from tests.unit.hub.web.pages_read import Page
from tests.unit.hub.web.test_homes import at_the_canteen
from tests.unit.hub.web.visiting import get, only_child, page, send, wish, with_child

SLUGS = ("naissance", "separation", "perte-emploi", "deces")


def declare(place: Place, slug: str, *, on: date | None = None, **told: str):
    day = on or date.today()
    said = {"day": str(day.day), "month": str(day.month), "year": str(day.year), "accuracy_sworn": "oui"}
    return send(place, f"/evenements/{slug}", **(said | told))


def asking_the_tariff(place: Place, name: str) -> str:
    child = at_the_canteen(place, name)
    fields = wish(place) | {"service": "canteen_tariff"}
    assert send(place, "/demandes/nouvelle", **fields, accuracy_sworn="oui").status_code == 303
    return child


def hrefs(found: Page) -> set[str]:
    return {attrs.get("href", "") for attrs in found.named("a")}


def test_every_event_has_its_page_and_home_leads_there(place: Place) -> None:
    with_child(place, "LISTED")
    assert "/evenements" in hrefs(get(place, "/"))
    assert {f"/evenements/{slug}" for slug in SLUGS} | {"/demenagement"} <= hrefs(get(place, "/evenements"))
    get(place, "/evenements/mariage", 404)


def test_what_changes_and_which_papers_serve_is_told_before_the_button(place: Place) -> None:
    asking_the_tariff(place, "TOLD")
    found = get(place, "/evenements/naissance").text
    before, _, after = found.partition("Confirmer ma déclaration")
    for words in ("Pour vos demandes en cours", "Tarif de la cantine", "Acte de naissance", "Déjà déposé"):
        assert words in before
        assert words not in after


def test_a_lost_job_has_the_tariff_decided_anew_and_says_so(place: Place) -> None:
    asking_the_tariff(place, "JOBLOST")
    found = page(declare(place, "perte-emploi", on=date.today() - timedelta(days=30)))
    assert "Votre déclaration est enregistrée" in found.text
    assert "Tarif de la cantine" in found.text
    assert "/deposer" in hrefs(found)
    assert "Aucune inscription" in page(declare(place, "perte-emploi")).text


def test_twins_are_declared_in_one_form(place: Place) -> None:
    with_child(place, "ELDER")
    told = {"family_name_1": "BELKACEM", "given_names_1": "Lou", "family_name_2": "BELKACEM", "given_names_2": "Zoé"}
    claims = "SELECT count(*) FROM hub.family_claim"
    with place.worker.db.read() as tx:
        before = tx.execute(text(claims)).scalar_one()
    assert "acte de naissance" in page(declare(place, "naissance", **told)).text
    with place.worker.db.read() as tx:
        assert tx.execute(text(claims)).scalar_one() == before + 2


@pytest.mark.parametrize(
    ("weeks", "share", "said"),
    [("odd", "", "Vous payez les semaines impaires."), ("share", "40 %", "Votre part : 40")],
)
def test_separated_parents_say_what_they_pay(place: Place, weeks: str, share: str, said: str) -> None:
    child = at_the_canteen(place, "SPLIT")
    found = page(declare(place, "separation", **{f"weeks_{child}": weeks, f"share_{child}": share}))
    assert "Votre demande est envoyée." in found.text
    assert said in get(place, "/").text


def test_a_death_is_declared_for_children_of_ones_own(place: Place) -> None:
    with_child(place, "ORPHAN")
    found = page(declare(place, "deces", **{f"child_{only_child(place)}": "oui"}))
    assert "nous sommes désolés" in found.text


@pytest.mark.parametrize(
    ("slug", "told", "said"),
    [
        ("naissance", {}, "Écrivez le nom de famille de l'enfant."),
        ("naissance", {"family_name_1": "A", "given_names_1": "B", "given_names_3": "C"}, "Écrivez le nom de famille"),
        ("separation", {}, "Dites ce que vous payez, pour au moins un enfant."),
        ("deces", {}, "Cochez au moins un enfant."),
        ("perte-emploi", {"day": "31", "month": "2"}, "Écrivez la date en chiffres"),
        ("perte-emploi", {"year": "2019"}, "Cette date est trop loin"),
        ("deces", {"year": str(date.today().year + 1)}, "Cette date ne peut pas être dans le futur."),
        ("perte-emploi", {"accuracy_sworn": ""}, "Cochez cette case"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(place: Place, slug: str, told: dict, said: str) -> None:
    with_child(place, "WRONG")
    count = "SELECT count(*) FROM hub.life_event"
    with place.worker.db.read() as tx:
        before = tx.execute(text(count)).scalar_one()
    found = page(declare(place, slug, **told), 422)
    assert said in found.text
    assert {error["href"].removeprefix("#") for error in found.named("a") if error["href"].startswith("#")} <= {
        attrs["id"] for _, attrs in found.tags if "id" in attrs
    }
    with place.worker.db.read() as tx:
        assert tx.execute(text(count)).scalar_one() == before


def test_a_share_that_is_none_is_asked_again(place: Place) -> None:
    child = at_the_canteen(place, "NOSHARE")
    found = page(declare(place, "separation", **{f"weeks_{child}": "share", f"share_{child}": "la moitié"}), 422)
    assert "Écrivez votre part en pour cent" in found.text
    assert found.field(f"share_{child}") == "la moitié"


def test_nothing_is_read_of_a_child_of_somebody_else(place: Place) -> None:
    other = at_the_canteen(place, "THEIRS")
    with_child(place, "OWN")
    assert "Dites ce que vous payez" in page(declare(place, "separation", **{f"weeks_{other}": "even"}), 422).text
    assert "Cochez au moins un enfant" in page(declare(place, "deces", **{f"child_{other}": "oui"}), 422).text


def test_without_a_known_child_there_is_nobody_to_declare_for(place: Place) -> None:
    place.sign_in(family="CHILDLESS")
    found = get(place, "/evenements/deces")
    assert "Nous ne connaissons pas encore d'enfant à votre nom." in found.text
    assert "/enfants" in hrefs(found)
