"""What a signed answer says, worked out from what the school file rests on: words, days and a band, and no paper opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.answers import Plain, Said
from contracts.identifiers import Siret
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import AnswerData
from hub.requirements.families.decisions import DECIDED

ALGORITHM = (
    "Proposition calculée par un traitement algorithmique ; l'organisme compétent décide. La personne peut demander les "
    "règles de ce traitement et comment elles s'appliquent à elle (CRPA, articles L.311-3-1 et R.311-3-1-2)."
).replace(" ;", "\N{NO-BREAK SPACE};")
"""The mention of whatever was computed by us."""
_OF_DECISION = (
    Said.DECISION,
    Said.DECIDED_BY,
    Said.VALID_FROM,
    Said.VALID_UNTIL,
    Said.WEEKS,
    Said.SCHOOL_NAME,
    Said.SCHOOL_UAI,
)
_WORDS = {"fr": ("oui", "non", "non précisé"), "en": ("yes", "no", "not said")}


@dataclass(frozen=True, slots=True)
class Rested:
    """What one requirement of a line rests on now, as its judgement keeps it."""

    service: str
    requirement: str
    body: Siret
    valid_from: date
    valid_until: date
    """The first and the last day of the line."""
    evidence_type: str
    issued_on: date | None
    grade: str
    """At which this requirement rests on it."""
    rule: str
    catalogue_version: str
    reference_date: date
    decided_on: Mapping[str, str]
    tariff_band: str | None
    good_until: date | None
    """The first day on which it no longer serves; nothing: until it is replaced."""

    @property
    def last_day(self) -> date:
        """The last day of the line on which the same evidence serves."""
        return (
            self.valid_until if self.good_until is None else min(self.valid_until, self.good_until - timedelta(days=1))
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """One answer: what it says to whoever asked, and the facts it was worked out from, which stay with the family."""

    says: Plain
    facts: Plain
    grade: str
    computed: bool
    fr: str
    en: str


def state(catalogue: Catalogue, rested: Rested, *, today: date) -> Statement | None:
    """Return the answer to a requirement; nothing where the catalogue has none that is in force."""
    data = catalogue.answer(rested.service, rested.requirement)
    if data is None or not data.in_force(today):
        return None
    told = {name.value: value for name, value in _known(rested).items() if name in data.says and value is not None}
    says: Plain = {"holds": True, **told}
    return Statement(
        says=says,
        facts=facts_of(rested) | {"says": sorted(says)},
        grade=rested.grade,
        computed=data.computed,
        fr=_sentence(data, told, "fr"),
        en=_sentence(data, told, "en"),
    )


def facts_of(rested: Rested) -> dict[str, str | int | bool | list[str] | Mapping[str, str] | None]:
    """Return what somebody who is shown the facts reads: which kind of paper, of when, judged by which rule, on what."""
    return {
        "service": rested.service,
        "requirement": rested.requirement,
        "evidence_type": rested.evidence_type,
        "issued_on": _iso(rested.issued_on),
        "grade": rested.grade,
        "rule": rested.rule,
        "catalogue": rested.catalogue_version,
        "reference_date": rested.reference_date.isoformat(),
        "decided_on": dict(rested.decided_on),
        "tariff_band": rested.tariff_band,
        "good_until": _iso(rested.good_until),
    }


def _known(rested: Rested) -> dict[Said, str | bool | None]:
    band, seen = rested.tariff_band, rested.decided_on
    in_paris = {"yes": True, "no": False}.get(seen.get("in_paris", ""))
    known: dict[Said, str | bool | None] = {Said.LIVES_IN_PARIS: in_paris, Said.SCHOOL_YEAR: seen.get("school_year")}
    if seen.get("decision") == DECIDED:
        # Never mixed with what we propose: every word is the body's.
        return known | {Said.TARIFF_BAND: band} | {name: seen.get(name) for name in _OF_DECISION}
    # Without a band there is nothing to decide, and nothing that begins or ends.
    of_band = {
        Said.DECISION: "proposed",
        Said.DECIDED_BY: str(rested.body),
        Said.VALID_FROM: rested.valid_from.isoformat(),
        Said.VALID_UNTIL: rested.last_day.isoformat(),
    }
    return known | {Said.TARIFF_BAND: band, **(of_band if band is not None else {})}


def _sentence(data: AnswerData, told: Mapping[str, str | bool], language: str) -> str:
    yes, no, unknown = _WORDS[language]
    words = {name.value: unknown for name in data.says}
    for name, value in told.items():
        words[name] = _day(value) if isinstance(value, str) else yes if value else no
    return (data.fr if language == "fr" else data.en).format(**words)


def _day(text: str) -> str:
    """Return a date as it is written in both languages of the City's letters; anything else as it is."""
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
