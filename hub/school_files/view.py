"""The school file as a parent sees it: line by line, what is satisfied by what, what is missing and who provides it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.calendar import paris_day
from contracts.documents import EvidenceType
from contracts.identifiers import PersonId, Siret
from contracts.reviews import family_sentence
from hub.persons.family import Child, children_of
from hub.requests.confirming import SENTENCES, Consent, effects
from hub.requests.decided import Decided, decisions_about
from hub.requests.lines import school_year_period
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue, Requirement
from hub.requirements.sentences import sentence
from hub.school_files.tables import ASK, EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class RequirementView:
    """One requirement of a line; ``state`` is ``satisfied``, ``missing``, ``fetching`` or ``awaited``.

    ``provider`` says who can provide what is not there yet: ``family``, ``hub`` or ``body``; ``obtainable`` whether the
    hub can fetch it itself. ``until`` is the day from which the same evidence would no longer serve.
    """

    id: str
    name: str
    state: str
    by: str | None
    since: datetime | None
    until: date | None
    grade: str | None
    provider: str | None
    obtainable: bool
    delays_effect: bool
    """Whether the decision is taken without it but only takes effect once it is there (CRPA L.114-5-1)."""
    alternatives: tuple[str, ...]
    awaited_from: str | None
    sworn_statement: bool
    tariff_band: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """How a family reaches the body of a line."""

    address: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class SometimesView:
    """What is asked in one situation only, or only shown to somebody who keeps no copy (``shown_to``)."""

    name: str
    when: str
    papers: tuple[str, ...]
    shown_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineView:
    """One service by one body, in a period; ``parity`` and ``share`` say what of it this adult pays."""

    line_id: UUID
    service: str
    service_name: str
    body: str
    body_name: str
    body_contact: Contact
    parity: str
    share: int
    follows: UUID | None
    valid_from: date
    valid_until: date
    requested_at: datetime
    requirements: tuple[RequirementView, ...]
    sometimes: tuple[SometimesView, ...]
    decisions: tuple[Decided, ...]
    """What its body decided, in the order it came; each as it stands beside the others."""
    waits_for: str | None
    """In one sentence, whose agreement the effect of the request still waits for; nothing where it waits for nobody."""

    @property
    def complete(self) -> bool:
        """Whether the family has nothing left to provide."""
        return all(requirement.state != "missing" for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Evidence that will have run out by the next school year, and what it serves for today."""

    name: str
    until: date
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileView:
    """The school file of one child and one school year, with the lines this adult pays.

    ``renewals`` is what serves today and will not serve at the beginning of the next school year.
    """

    file_id: UUID
    child: Child
    school_year: str
    lines: tuple[LineView, ...]
    renewals: tuple[Renewal, ...]


HINTS = {
    "asked_by_body": "Le service vous le demande.",
    "source_not_asked": "Pour ce service, nous ne pouvons pas le demander nous-mêmes à la CAF ou à la MSA.",
}
"""What the rules have no sentence for; theirs are in :mod:`hub.requirements.sentences`."""


def school_files(tx: ReadTx, catalogue: Catalogue, adult_id: PersonId) -> list[FileView]:
    """Return the school files of the children whose link to this adult is proved, with their own lines only."""
    children = {child.child_id: child for child in children_of(tx, adult_id)}
    if not children:
        return []
    rows = tx.execute(
        select(ENROLMENT_LINE, SCHOOL_FILE.c.child_id, SCHOOL_FILE.c.school_year, REQUEST.c.received_at)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(
            SCHOOL_FILE.c.child_id.in_(list(children)),
            ENROLMENT_LINE.c.payer_id == adult_id,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            REQUEST.c.state == "pending",
        )
        .order_by(SCHOOL_FILE.c.school_year, SCHOOL_FILE.c.file_id, ENROLMENT_LINE.c.recorded_at)
    ).all()
    known = _Known.of(tx, [row.line_id for row in rows])
    files: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        files[row.file_id].append(row)
    return [
        _view(children[PersonId(found[0].child_id)], found[0], tuple(_line(catalogue, row, known) for row in found))
        for found in files.values()
    ]


def _view(child: Child, row: Any, lines: tuple[LineView, ...]) -> FileView:
    return FileView(row.file_id, child, row.school_year, lines, renewals(lines, school_year_period(row.school_year)[1]))


def renewals(lines: Iterable[LineView], last_day: date) -> tuple[Renewal, ...]:
    """Return what will have run out when the next school year begins, soonest first."""
    ending: dict[tuple[str, date], list[str]] = defaultdict(list)
    for line in lines:
        for item in line.requirements:
            if item.by is not None and item.until is not None and item.until <= last_day + timedelta(days=1):
                ending[item.by, item.until].append(line.service_name)
    found = (Renewal(name, until, tuple(dict.fromkeys(services))) for (name, until), services in ending.items())
    return tuple(sorted(found, key=lambda renewal: (renewal.until, renewal.name)))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is satisfied, and the latest reason why a paper did not serve, by line and requirement."""

    satisfied: dict[tuple[UUID, str], Any]
    refused: dict[tuple[UUID, str], Any]
    asked: dict[tuple[UUID, str], str]
    consents: dict[UUID, Consent]
    decided: dict[UUID, tuple[Decided, ...]]

    @classmethod
    def of(cls, tx: ReadTx, lines: list[UUID]) -> "_Known":
        satisfied = tx.execute(
            select(SATISFACTION, EVIDENCE.c.evidence_type, FIT.c.tariff_band, FIT.c.good_until)
            .join(EVIDENCE, EVIDENCE.c.evidence_id == SATISFACTION.c.evidence_id)
            .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
            .where(SATISFACTION.c.line_id.in_(lines), SATISFACTION.c.until.is_(None))
        )
        refused = tx.execute(
            select(FIT.c.line_id, FIT.c.requirement, FIT.c.reason, FIT.c.decided_on)
            .join(EVIDENCE, EVIDENCE.c.evidence_id == FIT.c.evidence_id)
            .where(
                FIT.c.line_id.in_(lines),
                FIT.c.outcome != "passed",
                FIT.c.superseded_at.is_(None),
                EVIDENCE.c.withdrawn_at.is_(None),
            )
            .order_by(FIT.c.decided_at)
        )
        asked = tx.execute(select(ASK).where(ASK.c.line_id.in_(lines)))
        return cls(
            {(row.line_id, row.requirement): row for row in satisfied},
            {(row.line_id, row.requirement): row for row in refused},
            {(row.line_id, row.requirement): row.reason for row in asked},
            effects(tx, lines),
            decisions_about(tx, lines),
        )

    def concerns(self, line_id: UUID, requirement: str) -> bool:
        """Tell whether the family, or the body, has come to a requirement that is asked in some situations only."""
        place = (line_id, requirement)
        return place in self.satisfied or place in self.refused or place in self.asked


def _line(catalogue: Catalogue, row: Any, known: _Known) -> LineView:
    service, body, day = catalogue.services[row.service], catalogue.bodies[Siret(row.body)], paris_day(row.received_at)
    return LineView(
        line_id=row.line_id,
        service=row.service,
        service_name=service.name_fr,
        body=row.body,
        body_name=body.name,
        body_contact=Contact(body.address, body.email, body.phone),
        parity=row.parity,
        share=row.share,
        follows=row.follows,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        requested_at=row.received_at,
        requirements=tuple(
            _requirement(catalogue, item, row.line_id, known)
            for item in (*service.requirements, *service.conditional)
            if item.in_force(day) and (item in service.requirements or known.concerns(row.line_id, item.id))
        ),
        sometimes=tuple(
            _sometimes(catalogue, item)
            for item in (*service.conditional, *service.presentations)
            # What a body decides is nothing that a family may come to be asked.
            if item.in_force(day) and item.awaited_from is None and not known.concerns(row.line_id, item.id)
        ),
        decisions=known.decided.get(row.line_id, ()),
        waits_for=SENTENCES.get(known.consents[row.line_id]) if row.line_id in known.consents else None,
    )


def _sometimes(catalogue: Catalogue, item: Requirement) -> SometimesView:
    papers = tuple(catalogue.evidence[kind].name_fr for kind in item.alternatives)
    return SometimesView(item.name_fr, item.when_fr, papers, tuple(item.presented_to))


def _requirement(catalogue: Catalogue, requirement: Requirement, line_id: UUID, known: _Known) -> RequirementView:
    place = (line_id, requirement.id)
    held, asked = known.satisfied.get(place), known.asked.get(place)
    if held is None and requirement.settled_by is not None:
        # What the body decided without the paper, nobody is asked the paper for any more.
        held = known.satisfied.get((line_id, requirement.settled_by))
    state = _state(requirement, satisfied=held is not None, asked=asked is not None)
    return RequirementView(
        id=requirement.id,
        name=requirement.name_fr,
        state=state,
        by=None if held is None else catalogue.evidence[EvidenceType(held.evidence_type)].name_fr,
        since=None if held is None else held.since,
        until=None if held is None else held.good_until,
        grade=None if held is None else held.grade,
        provider=_PROVIDERS.get(state),
        obtainable=requirement.fetch is not None,
        delays_effect=held is None and not requirement.blocking,
        alternatives=tuple(catalogue.evidence[kind].name_fr for kind in requirement.alternatives),
        awaited_from=requirement.awaited_from,
        sworn_statement=requirement.sworn_statement,
        tariff_band=None if held is None else held.tariff_band,
        hint=None if held is not None else _hint(catalogue, requirement, known.refused.get(place), asked),
    )


def _hint(catalogue: Catalogue, requirement: Requirement, refused: Any, asked: str | None) -> str | None:
    reason = asked if refused is None else refused.reason
    if reason is None:
        return None
    told = {} if refused is None else refused.decided_on
    return HINTS.get(reason) or family_sentence(reason) or sentence(catalogue, requirement, reason, decided_on=told)


_PROVIDERS = {"missing": "family", "fetching": "hub", "awaited": "body"}


def _state(requirement: Requirement, *, satisfied: bool, asked: bool) -> str:
    if satisfied:
        return "satisfied"
    if requirement.awaited_from is not None:
        return "awaited"
    return "fetching" if requirement.fetch is not None and not asked else "missing"
