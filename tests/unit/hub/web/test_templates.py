"""Templates with made-up view models: what must be said in each state, and nothing inline in any of them."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from contracts.calendar import Parity
from contracts.decisions import DecisionKind, Remedy, RemedyKind
from contracts.documents import Grade
from contracts.identifiers import PersonId, Siret
from hub.persons.family import Child
from hub.requests.decided import Decided
from hub.school_files.view import Contact, FileView, LineView, RequirementView, SometimesView, renewals
from hub.web.rendering import FOLDER, Visitor, markup
from hub.web.views import child_cards
from tests.unit.hub.web.pages_read import Page

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CHILD = Child(PersonId(uuid4()), "KERJEAN", ("<Maëlle>",), "2019-03-27", Grade.SEALED)
MISSING = RequirementView(
    id="household_income",
    name="Ressources du foyer",
    state="missing",
    by=None,
    since=None,
    until=None,
    grade=None,
    provider="family",
    obtainable=False,
    delays_effect=True,
    alternatives=("Quotient familial (CAF ou MSA)", "Avis d'impôt sur le revenu"),
    awaited_from=None,
    sworn_statement=True,
    tariff_band=None,
    hint="Le document est trop ancien. Déposez-en un plus récent.",
)
SATISFIED = replace(
    MISSING,
    state="satisfied",
    by="Avis d'impôt sur le revenu",
    since=NOW,
    grade="sealed",
    tariff_band="4",
    hint=None,
    until=date(2027, 9, 1),
)
STATES = {
    "missing": (
        MISSING,
        ("À fournir", "Un de ces documents suffit", "sur l'honneur", "trop ancien", "Déposer un document pour"),
    ),
    "satisfied": (
        SATISFIED,
        (
            "C'est fait",
            "Avis d'impôt sur le revenu, avec un cachet électronique authentique",
            "Depuis le 23 novembre 2026",
            "Valable jusqu'au 31 août 2027",
            "Tranche de tarif proposée : 4. C'est une proposition. La Caisse des écoles décide",
        ),
    ),
    "fetching": (replace(MISSING, state="fetching", hint=None), ("Nous le demandons pour vous à la CAF",)),
    "awaited": (
        replace(MISSING, state="awaited", awaited_from="caisse", hint=None),
        ("Nous attendons la décision de la Caisse des écoles. Vous n'avez rien à faire.",),
    ),
}


def home(requirement: RequirementView, *decisions: Decided) -> Page:
    line = LineView(
        line_id=uuid4(),
        service="canteen_tariff",
        service_name="Tarif de la cantine",
        body="91000001200013",
        body_name="Caisse des écoles du 13e arrondissement",
        body_contact=Contact("1 place de l'Exemple", "caisse@example.org", "01 99 00 00 00"),
        parity="even",
        share=100,
        follows=None,
        valid_from=NOW.date(),
        valid_until=NOW.date(),
        requested_at=NOW,
        requirements=(requirement,),
        sometimes=(SometimesView("Vaccinations", "", ("Carnet de santé",), ("school_head",)),),
        decisions=decisions,
        waits_for="L'effet attend un accord.",
    )
    children = child_cards(
        [CHILD], [FileView(uuid4(), CHILD, "2026-2027", (line,), renewals((line,), date(2027, 8, 31)))], NOW.date()
    )
    return Page(
        markup(
            "home.html",
            path="/",
            who=Visitor("Solène"),
            children=children,
            agreements=1,
            question=None,
            wanted=0,
            growing=(),
        )
    )


@pytest.mark.parametrize("state", STATES)
def test_each_state_of_a_requirement_is_said_in_words(state: str) -> None:
    requirement, said = STATES[state]
    page = home(requirement)
    assert page.problems == []
    assert "Un document manquant ne bloque pas l'étude de votre demande." in page.text
    for words in said:
        assert words in page.text


TARIFF = Decided(
    decision_id=uuid4(), line_id=uuid4(), child_id=uuid4(), payer_id=uuid4(), kind=DecisionKind.TARIFF,
    body=Siret("91000001200013"), service="canteen_tariff", school_year="2026-2027", number="T-17", decided_on=NOW.date(),
    notified_on=None, first=NOW.date(), last=NOW.date(), band="7", parity=Parity.EVEN, share=100, school=None,
    refused_for=None, author=("Tarifs", "Responsable"), remedies=(Remedy(RemedyKind.COURT, "le tribunal", 2),),
    withdraws=False, recorded_at=NOW, ended_early=False,
)  # fmt: skip


def test_a_decision_is_said_with_who_decided_and_how_to_contest_and_no_proposal_beside_it() -> None:
    page = home(replace(SATISFIED, tariff_band="3"), TARIFF)
    assert page.problems == []
    for said in (
        "tranche 7",
        "Pour les semaines paires.",
        "(Tarifs, Responsable)",
        "Saisissez le tribunal, dans les 2",
    ):
        assert said in page.text
    assert "Tranche de tarif proposée" not in page.text


def test_what_was_decided_and_counts_no_more_is_shown_as_such() -> None:
    page = home(replace(SATISFIED, tariff_band="3"), replace(TARIFF, last=date(2020, 1, 1)))
    assert "Elle ne compte plus." in page.text
    assert "Saisissez" not in page.text
    assert "Tranche de tarif proposée" in page.text


def test_names_are_shown_and_never_run() -> None:
    page = home(SATISFIED)
    assert "<Maëlle> KERJEAN" in page.text
    assert "maëlle" not in {tag for tag, _ in page.tags}


def test_a_child_without_a_request_is_offered_one() -> None:
    page = Page(
        markup(
            "home.html",
            path="/",
            who=Visitor("Solène"),
            children=child_cards([CHILD], [], NOW.date()),
            agreements=0,
            question=None,
            wanted=0,
            growing=(),
        )
    )
    assert "Aucune demande pour l'instant" in page.text
    assert f"/demandes/nouvelle?child={CHILD.child_id}" in {attrs.get("href") for attrs in page.named("a")}


@pytest.mark.parametrize("file", sorted((FOLDER / "templates").iterdir()), ids=lambda file: file.name)
def test_no_template_has_inline_script_style_or_an_outside_address(file: object) -> None:
    source = file.read_text(encoding="utf-8")  # type: ignore[attr-defined]  # a file of the package, found as one
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?://|javascript:|\|\s*safe", source)


def test_what_runs_out_before_the_next_school_year_is_foretold() -> None:
    text = home(SATISFIED).text
    assert "À prévoir avant la prochaine rentrée" in text
    assert "Avis d'impôt sur le revenu : ne servira plus à partir du 1er septembre 2027 (Tarif de la cantine)." in text


def test_a_parent_reads_which_weeks_they_pay() -> None:
    assert "Vous payez les semaines paires." in home(MISSING).text


def test_what_is_only_shown_is_not_asked_for() -> None:
    told = "Vaccinations : à montrer à la direction de l'école, qui n'en garde pas de copie (Carnet de santé)."
    assert told in home(MISSING).text


def test_an_agreement_that_is_asked_is_said_first_and_an_effect_that_waits_with_its_line() -> None:
    text = home(MISSING).text
    assert "Votre accord est demandé." in text
    assert "L'effet attend un accord." in text
