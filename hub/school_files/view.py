"""The school file as a parent sees it: line by line, what is satisfied by what, what is missing and who provides it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.documents import EvidenceType
from contracts.identifiers import PersonId, Siret
from hub.persons.family import Child, children_of
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue, Requirement
from hub.school_files.tables import ASK, EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class RequirementView:
    """One requirement of a line; ``state`` is ``satisfied``, ``missing``, ``fetching`` or ``awaited``."""

    id: str
    name: str
    state: str
    by: str | None
    since: datetime | None
    grade: str | None
    alternatives: tuple[str, ...]
    awaited_from: str | None
    sworn_statement: bool
    tariff_band: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class LineView:
    """One service by one body."""

    line_id: UUID
    service: str
    service_name: str
    body: str
    body_name: str
    valid_from: date
    valid_until: date
    requested_at: datetime
    requirements: tuple[RequirementView, ...]

    @property
    def complete(self) -> bool:
        """Whether the family has nothing left to provide."""
        return all(requirement.state != "missing" for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class FileView:
    """The school file of one child and one school year, with the lines this adult pays."""

    file_id: UUID
    child: Child
    school_year: str
    lines: tuple[LineView, ...]


HINTS = {
    "too_old": "Le document est trop ancien. Déposez-en un plus récent.",
    "future_date": "La date du document est dans le futur.",
    "undated": "Nous n'avons pas pu lire la date du document. Un agent va le regarder.",
    "other_name": "Le nom lu sur le document n'est pas le vôtre. Un agent va le regarder.",
    "other_child": "Le document concerne un autre enfant.",
    "not_sealed": "Nous n'avons pas pu vérifier l'origine du document. Un agent va le regarder.",
    "other_income_year": "Ce n'est pas l'avis d'impôt de la bonne année.",
    "income_unreadable": "Nous n'avons pas pu lire les montants. Un agent va regarder le document.",
    "not_found_at_source": "La CAF et la MSA n'ont pas de quotient familial à votre nom.",
    "source_silent": "La CAF ne répond pas pour l'instant. Vous pouvez déposer un autre document.",
    "child_not_in_household": "La CAF ne connaît pas encore cet enfant dans votre foyer.",
}
"""One plain sentence per reason for which a paper does not serve here."""


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
        FileView(
            file_id=file_id,
            child=children[PersonId(lines[0].child_id)],
            school_year=lines[0].school_year,
            lines=tuple(_line(catalogue, row, known) for row in lines),
        )
        for file_id, lines in files.items()
    ]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is satisfied, and the latest reason why a paper did not serve, by line and requirement."""

    satisfied: dict[tuple[UUID, str], Any]
    reasons: dict[tuple[UUID, str], str]
    asked: dict[tuple[UUID, str], str]

    @classmethod
    def of(cls, tx: ReadTx, lines: list[UUID]) -> "_Known":
        satisfied = tx.execute(
            select(SATISFACTION, EVIDENCE.c.evidence_type, FIT.c.tariff_band)
            .join(EVIDENCE, EVIDENCE.c.evidence_id == SATISFACTION.c.evidence_id)
            .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
            .where(SATISFACTION.c.line_id.in_(lines), SATISFACTION.c.until.is_(None))
        )
        refused = tx.execute(
            select(FIT.c.line_id, FIT.c.requirement, FIT.c.reason)
            .join(EVIDENCE, EVIDENCE.c.evidence_id == FIT.c.evidence_id)
            .where(FIT.c.line_id.in_(lines), FIT.c.outcome != "passed", EVIDENCE.c.withdrawn_at.is_(None))
            .order_by(FIT.c.decided_at)
        )
        asked = tx.execute(select(ASK).where(ASK.c.line_id.in_(lines)))
        return cls(
            {(row.line_id, row.requirement): row for row in satisfied},
            {(row.line_id, row.requirement): row.reason for row in refused},
            {(row.line_id, row.requirement): row.reason for row in asked},
        )


def _line(catalogue: Catalogue, row: Any, known: _Known) -> LineView:
    service = catalogue.services[row.service]
    return LineView(
        line_id=row.line_id,
        service=row.service,
        service_name=service.name_fr,
        body=row.body,
        body_name=catalogue.bodies[Siret(row.body)].name,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        requested_at=row.received_at,
        requirements=tuple(_requirement(catalogue, item, row.line_id, known) for item in service.requirements),
    )


def _requirement(catalogue: Catalogue, requirement: Requirement, line_id: UUID, known: _Known) -> RequirementView:
    held = known.satisfied.get((line_id, requirement.id))
    asked = known.asked.get((line_id, requirement.id))
    reason = known.reasons.get((line_id, requirement.id), asked)
    return RequirementView(
        id=requirement.id,
        name=requirement.name_fr,
        state=_state(requirement, satisfied=held is not None, asked=asked is not None),
        by=None if held is None else catalogue.evidence[EvidenceType(held.evidence_type)].name_fr,
        since=None if held is None else held.since,
        grade=None if held is None else held.grade,
        alternatives=tuple(catalogue.evidence[kind].name_fr for kind in requirement.alternatives),
        awaited_from=requirement.awaited_from,
        sworn_statement=requirement.sworn_statement,
        tariff_band=None if held is None else held.tariff_band,
        hint=None if held is not None or reason is None else HINTS.get(reason),
    )


def _state(requirement: Requirement, *, satisfied: bool, asked: bool) -> str:
    if satisfied:
        return "satisfied"
    if requirement.awaited_from is not None:
        return "awaited"
    return "fetching" if requirement.fetch is not None and not asked else "missing"
