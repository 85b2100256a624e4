"""A family asks for a service: child, year and service; then the body; then what it is told, swears and allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.calendar import Parity
from contracts.identifiers import Siret
from hub.persons.family import Child
from hub.requests.lines import school_year_of
from hub.requests.notices import notice_of_authorisation, notice_on_request
from hub.requests.open import Wish
from hub.requirements.catalogue import Catalogue
from hub.web import words
from hub.web.forms import FieldError
from hub.web.views import Option, child_name

CHANNEL = "web"
WEEKS = {
    Parity.EVERY: "Toutes les semaines",
    Parity.EVEN: "Les semaines paires",
    Parity.ODD: "Les semaines impaires",
}
"""What a parent pays for; with two homes each parent asks for their own weeks."""


@dataclass(frozen=True, slots=True)
class AskForm:
    """What was chosen so far, and what there is to choose."""

    children: tuple[Option, ...]
    years: tuple[Option, ...]
    services: tuple[Option, ...]
    bodies: tuple[Option, ...]
    notice: str | None
    allowing: str | None
    errors: tuple[FieldError, ...] = ()
    reuse: bool = False
    weeks: tuple[Option, ...] = ()

    @property
    def child(self) -> Option | None:
        """The child chosen."""
        return _chosen(self.children)

    @property
    def year(self) -> Option | None:
        """The school year chosen."""
        return _chosen(self.years)

    @property
    def service(self) -> Option | None:
        """The service chosen."""
        return _chosen(self.services)

    @property
    def body(self) -> Option | None:
        """The body chosen, or the only one there is."""
        return _chosen(self.bodies)

    @property
    def step(self) -> str:
        """The page that comes next: ``choose``, ``body`` or ``confirm``."""
        if self.child is None or self.year is None or self.service is None:
            return "choose"
        return "confirm" if self.notice is not None else "body"


def school_years(today: date) -> tuple[str, str]:
    """Return the current school year and the next."""
    return school_year_of(today), school_year_of(today.replace(year=today.year + 1, day=1))


def ask_form(
    catalogue: Catalogue, children: list[Child], fields: Mapping[str, str], *, today: date, checked: bool = False
) -> AskForm:
    """Return the form as chosen so far; ``checked`` says that the page was sent, so that a gap is an error."""
    service, body = fields.get("service", ""), fields.get("body", "")
    bodies = catalogue.bodies_for(service) if service in catalogue.services else {}
    if len(bodies) == 1:
        body = next(iter(bodies))
    years = school_years(today)
    ready = body in bodies
    only = str(children[0].child_id) if len(children) == 1 else ""
    form = AskForm(
        children=_options({str(c.child_id): child_name(c) for c in children}, fields.get("child", only)),
        years=_options({year: words.school_year(year) for year in years}, fields.get("school_year", "")),
        services=_options({name: entry.name_fr for name, entry in catalogue.services.items()}, service),
        bodies=_options({siret: entry.name for siret, entry in bodies.items()}, body),
        notice=notice_on_request(catalogue, service, Siret(body)).body if ready else None,
        allowing=notice_of_authorisation(catalogue, service, Siret(body)).body if ready else None,
        reuse=fields.get("reuse_authorised") == "oui",
        weeks=_options({weeks.value: label for weeks, label in WEEKS.items()}, fields.get("parity", Parity.EVERY)),
    )
    return replace(form, errors=_gaps(form, fields)) if checked else form


def wish_of(form: AskForm, *, accuracy_sworn: bool) -> Wish:
    """Return what a complete form asks for; raises ``ValueError`` for one that is not."""
    if form.child is None or form.year is None or form.service is None or form.body is None:
        raise ValueError("a choice is missing")
    return Wish(
        child_id=UUID(form.child.value),
        school_year=form.year.value,
        service=form.service.value,
        body=form.body.value,
        accuracy_sworn=accuracy_sworn,
        reuse_authorised=form.reuse,
        channel=CHANNEL,
        parity=Parity(weeks.value) if (weeks := _chosen(form.weeks)) is not None else Parity.EVERY,
    )


def _gaps(form: AskForm, fields: Mapping[str, str]) -> tuple[FieldError, ...]:
    if form.step == "choose":
        gaps = (
            (form.child, FieldError("child", "Choisissez un enfant.")),
            (form.year, FieldError("school_year", "Choisissez une année scolaire.")),
            (form.service, FieldError("service", "Choisissez une démarche.")),
        )
        return tuple(error for chosen, error in gaps if chosen is None)
    if form.step == "body":
        return (FieldError("body", "Choisissez le service qui vous concerne."),) if "body" in fields else ()
    return ()


def _options(choices: Mapping[str, str], chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value, label, value == chosen) for value, label in choices.items())


def _chosen(options: tuple[Option, ...]) -> Option | None:
    return next((option for option in options if option.chosen), None)


@dataclass(frozen=True, slots=True)
class NeededPaper:
    """One thing a request takes, and who provides it, in one sentence."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class AcknowledgementPage:
    """An acknowledgement of receipt, as it was given (CRPA L.112-11, R.112-11-1)."""

    number: str
    received_at: datetime
    service: str
    contact: Mapping[str, str] = field(repr=False)
    decision_before: date
    silence: str
    remedies: str
    papers_before: date
    papers: tuple[NeededPaper, ...]
    note: str
    notice: str


def acknowledgement_page(content: Mapping[str, Any]) -> AcknowledgementPage:
    """Return an acknowledgement as its page shows it."""
    return AcknowledgementPage(
        number=content["request"],
        received_at=datetime.fromisoformat(content["received_at"]),
        service=content["service"],
        contact=content["in_charge"],
        decision_before=date.fromisoformat(content["decision_before"]),
        silence=content["silence"],
        remedies=content["remedies"],
        papers_before=date.fromisoformat(content["papers_before"]),
        papers=tuple(_needed(paper) for paper in content["papers"]),
        note=content["note"],
        notice=content["notice"],
    )


def _needed(paper: Mapping[str, Any]) -> NeededPaper:
    if paper["fetched_for_you"]:
        sentence = "Nous le demandons pour vous à la CAF ou à la MSA. Vous n'avez rien à faire."
    elif paper["awaited_from"]:
        source = words.AWAITED_FROM.get(paper["awaited_from"], "un autre service")
        sentence = f"Nous attendons la décision de {source}. Vous n'avez rien à faire."
    else:
        sentence = "À fournir : " + " ou ".join(paper["alternatives"]) + "."
        if paper["sworn_statement_possible"]:
            sentence += " Vous pouvez aussi le déclarer sur l'honneur auprès du service."
    return NeededPaper(paper["name"], sentence)
