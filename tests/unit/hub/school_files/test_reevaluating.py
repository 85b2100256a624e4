"""After a change of the catalogue: what it touches is judged again, the rest and last year stay, a broken run goes on."""

from datetime import datetime, timedelta
from importlib.resources import files

import pytest

from hub.requirements import rules
from hub.requirements.catalogue import FILES, Catalogue, load, read
from hub.school_files.reevaluating import reevaluate
from tests.assets.families import Made, many
from tests.unit.hub.school_files.conftest import NOW, TODAY, Place

CATALOGUE = load()
TEXTS = {name: (files("contracts.catalogue") / f"{name}.toml").read_text(encoding="utf-8") for name in FILES}


def changed(name: str, old: str, new: str, version: str = "next") -> Catalogue:
    assert old in TEXTS[name]
    return read(TEXTS | {name: TEXTS[name].replace(old, new, 1)}, version)


SHORTER = changed("evidence_types", "validity_months = 3", "validity_months = 1")
"""A bill of fifty days no longer serves."""


@pytest.fixture
def families(place: Place) -> list[Made]:
    made = list(many(5, TODAY))
    place.seed(*made)
    reevaluate(place.custody, CATALOGUE, batch=2)
    return [one for one, _ in made]


def test_the_first_run_judges_everybody(place, families):
    assert all(len(place.standing(made)) == 6 for made in families)
    again = reevaluate(place.custody, CATALOGUE)
    assert (again.finished, again.touched, again.families) == (True, (), 0)


def test_a_change_turns_what_it_touches_and_leaves_the_rest(place, families):
    report = reevaluate(place.custody, SHORTER, batch=2)
    assert report.touched == ("school_enrolment/residence",)
    told = report.plain()
    assert told["turned"] == [
        {
            "service": "school_enrolment",
            "requirement": "residence",
            "from": "passed",
            "to": "failed",
            "reason": "too_old",
            "count": 5,
        }
    ]
    assert (report.families, report.files, report.ended, report.satisfied) == (5, 5, 5, 0)
    fits = place.fits(families[0].adult)
    assert {f["catalogue_version"] for f in fits if f["service"] == "bursary"} == {CATALOGUE.version}
    assert {f["catalogue_version"] for f in fits if f["superseded_at"] is None} == {CATALOGUE.version, "next"}


def test_a_dry_run_says_the_same_and_writes_nothing(place, families):
    before = place.rows("SELECT count(*) AS n FROM hub.fit")
    dry = reevaluate(place.custody, SHORTER, dry_run=True)
    assert place.rows("SELECT count(*) AS n FROM hub.fit") == before
    assert len(place.rows("SELECT 1 FROM hub.reevaluation")) == 1
    real = reevaluate(place.custody, SHORTER)
    same = real.plain() | {"dry_run": True}
    assert dry.plain() == same


def test_a_run_that_is_broken_off_goes_on_where_it_stopped(place, families):
    asked = iter((False, True))
    broken = reevaluate(place.custody, SHORTER, batch=2, stop=lambda: next(asked))
    assert (broken.finished, broken.families) == (False, 2)
    whole = reevaluate(place.custody, SHORTER, batch=2)
    assert (whole.resumed, whole.finished, whole.families) == (True, True, 5)
    assert sum(whole.turned.values()) == 5


def test_a_catalogue_taken_back_halfway_judges_again_what_the_other_had_judged(place, families):
    asked = iter((False, True))
    reevaluate(place.custody, SHORTER, batch=2, stop=lambda: next(asked))
    back = reevaluate(place.custody, CATALOGUE)
    assert back.touched == ("school_enrolment/residence",)
    assert all(len(place.standing(made)) == 6 for made in families)
    assert [row["state"] for row in place.rows("SELECT state FROM hub.reevaluation ORDER BY started_at")].count(
        "abandoned"
    ) == 1


def test_last_years_fits_stay_as_they_were(place, families):
    place.clock[0] = datetime(2027, 9, 2, 9, tzinfo=NOW.tzinfo)
    report = reevaluate(place.custody, SHORTER)
    assert (report.families, sum(report.turned.values())) == (0, 0)
    assert all(len(place.standing(made)) == 6 for made in families)


def test_a_new_grid_proposes_another_band_and_tells(place, families):
    dearer = changed("tariffs", "floor = 549,", "floor = 743,")
    report = reevaluate(place.custody, dearer)
    assert report.touched == ("canteen_tariff/household_income",)
    assert (report.satisfied, report.ended) == (5, 5)
    (band,) = {
        row["tariff_band"]
        for row in place.rows(
            "SELECT f.tariff_band FROM hub.satisfaction s JOIN hub.fit f USING (fit_id)"
            " WHERE s.requirement = 'household_income' AND s.until IS NULL AND f.tariff_band IS NOT NULL"
            " AND f.catalogue_version = 'next'"
        )
    }
    assert band == "3"


def test_a_kind_no_longer_taken_is_judged_so(place, families):
    narrower = changed("services", '{ type = "quotient_familial", of = "household" },\n', "")
    report = reevaluate(place.custody, narrower)
    assert ("wrong_kind", 5) in {(one.reason, count) for one, count in report.turned.items()}
    assert place.standing(families[0])["canteen_tariff", "household_income"] == "tax_notice"


def test_a_rule_of_another_version_is_a_change_and_new_words_are_none(place, families, monkeypatch):
    worded = changed("services", 'name_fr = "Domicile"', 'name_fr = "Votre domicile"')
    assert reevaluate(place.custody, worded).touched == ()
    raised = rules.RULES | {"tax_notice": rules.NamedRule("tax_notice/99", rules.RULES["tax_notice"].decide)}
    monkeypatch.setattr(rules, "RULES", raised)
    assert "bursary/household_income" in reevaluate(place.custody, CATALOGUE).touched


def test_a_second_run_of_the_day_counts_from_the_first(place, families):
    reevaluate(place.custody, SHORTER)
    place.clock[0] = NOW + timedelta(hours=1)
    report = reevaluate(place.custody, CATALOGUE)
    assert (report.before, report.satisfied) == ("next", 5)
