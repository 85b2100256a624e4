"""Families as the rules need them, many at once: persons, open lines, and evidence with its values opened in one batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, select
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.documents import EvidenceType
from hub.persons.tables import CIVIL_STATUS, FAMILY_LINK, REVIEW
from hub.requests.decided import Decided, decisions_for, fields_of
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requirements.facts import Case, EvidenceFacts, PersonFacts
from hub.school_files.agents_say import Place, Verdict
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.opening import open_fields_of
from vault.documents.tables import READING


@dataclass(frozen=True, slots=True)
class Held:
    """A piece of evidence with its values, and whom it may be used for."""

    evidence_id: UUID
    document_id: UUID
    facts: EvidenceFacts
    usable_by: str | None
    usable_for: str | None
    child_id: UUID | None = None
    """Of a decision: the child it is about."""

    def serves(self, line: "Row[Any]", purpose: str) -> bool:
        """Tell whether a pulled datum may be used here, or a decision is about this child.

        A paper may be judged for any line of its holder.
        """
        if self.child_id is not None and self.child_id != line.child_id:
            return False
        return self.usable_by is None or (self.usable_by == line.body and self.usable_for == purpose)


@dataclass(frozen=True, slots=True)
class Family:
    """An adult with the lines they pay that are still to run, their evidence, and what agents decided about it."""

    adult_id: UUID
    payer: PersonFacts
    lines: Sequence["Row[Any]"]
    children: Mapping[UUID, PersonFacts]
    held: Sequence[Held]
    verdicts: Mapping[Place, Verdict]

    def case(self, line: "Row[Any]", purpose: str, *, sectors: Collection[str], today: date) -> Case:
        """Return the case of one line: the day it was asked is the day its papers must be good on.

        ``sectors`` are the postcodes of the line's body.
        """
        return Case(
            payer=self.payer,
            child=self.children[line.child_id],
            reference_date=paris_day(line.received_at),
            purpose=purpose,
            school_year=line.school_year,
            today=today,
            line_start=line.valid_from,
            moved_to=frozenset(sectors) if line.follows is not None else frozenset(),
            siblings=tuple(facts for child, facts in self.children.items() if child != line.child_id),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the families is looked at: everything, or the lines and papers that a change touches."""

    services: Collection[str] | None = None
    kinds: Collection[EvidenceType] | None = None


EVERYTHING = Wanted()
DECISION = "decision"
"""The kind of evidence whose document has the number of a decision."""


def lock(tx: WriteTx, adults: Collection[UUID]) -> None:
    """Let nobody else judge these families meanwhile: two that interleave could each miss what the other just wrote."""
    # In one order for everybody, so that two batches wait for each other and never both.
    keys = [f"family:{adult}" for adult in sorted(adults)]
    if keys:
        each = func.unnest(bindparam("keys", keys, type_=ARRAY(_TEXT))).column_valued("key")
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(each, 0)))).all()


def load_families(
    tx: ReadTx, custody: Custody, adults: Collection[UUID], *, today: date, wanted: Wanted = EVERYTHING
) -> list[Family]:
    """Return the families that have a line to judge and something to judge it by.

    Needs the right to unwrap. A fixed number of round trips, however many families.
    """
    lines = _grouped(tx.execute(_lines(wanted), {"adults": list(adults), "today": today}), "payer_id")
    evidence = _grouped(tx.execute(_evidence(wanted), {"adults": list(lines)}), "holder_id") if lines else {}
    paying = sorted(evidence.keys() & lines.keys())
    if not paying:
        return []
    fields = open_fields_of(custody, tx, [row.document_id for adult in paying for row in evidence[adult]])
    linked = _grouped(tx.execute(_LINKED, {"adults": paying}), "adult_id")
    named = {row.child_id for rows in (lines, linked) for adult in paying for row in rows.get(adult, ())}
    persons = {row.person_id: _facts(row) for row in tx.execute(_PERSONS, {"persons": [*paying, *named]})}
    decided = {one for adult in paying for one in evidence[adult] if one.kind == DECISION}
    known = decisions_for(tx, paying) if decided else {}
    said = _grouped(tx.execute(_VERDICTS, {"adults": paying}), "adult_id")
    return [
        Family(
            adult_id=adult,
            payer=persons[adult],
            lines=lines[adult],
            children=_children((*lines[adult], *linked.get(adult, ())), persons),
            held=[_held(row, fields.get(row.document_id, {}), known.get(row.document_id)) for row in evidence[adult]],
            verdicts={(row.document_id, row.line_id, row.requirement): _verdict(row) for row in said.get(adult, ())},
        )
        for adult in paying
    ]


_TEXT = ENROLMENT_LINE.c.service.type
_ADULTS = bindparam("adults", type_=ARRAY(Uuid))
_PERSONS = select(
    CIVIL_STATUS.c.person_id,
    CIVIL_STATUS.c.family_name,
    CIVIL_STATUS.c.usage_name,
    CIVIL_STATUS.c.given_names,
    CIVIL_STATUS.c.born_on,
).where(
    CIVIL_STATUS.c.person_id == any_(bindparam("persons", type_=ARRAY(Uuid))), CIVIL_STATUS.c.retracted_at.is_(None)
)
_LINKED = select(FAMILY_LINK.c.adult_id, FAMILY_LINK.c.child_id).where(
    FAMILY_LINK.c.adult_id == any_(_ADULTS), FAMILY_LINK.c.retracted_at.is_(None)
)
_VERDICTS = select(REVIEW).where(
    REVIEW.c.adult_id == any_(_ADULTS), REVIEW.c.kind == "fit", REVIEW.c.state == "decided"
)


def open_lines(today: ColumnElement[date]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a line that is still judged; one that has run out keeps the fits it has."""
    return (
        ENROLMENT_LINE.c.retracted_at.is_(None),
        ENROLMENT_LINE.c.valid_until >= today,
        REQUEST.c.state == "pending",
    )


def _lines(wanted: Wanted) -> Any:
    found = (
        select(
            ENROLMENT_LINE,
            SCHOOL_FILE.c.child_id,
            SCHOOL_FILE.c.school_year,
            REQUEST.c.request_id,
            REQUEST.c.received_at,
        )
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(ENROLMENT_LINE.c.payer_id == any_(_ADULTS), *open_lines(bindparam("today")))
        .order_by(ENROLMENT_LINE.c.line_id)
    )
    return found if wanted.services is None else found.where(ENROLMENT_LINE.c.service.in_(wanted.services))


def _evidence(wanted: Wanted) -> Any:
    found = (
        select(EVIDENCE, READING.c.pages)
        .outerjoin(READING, READING.c.document_id == EVIDENCE.c.document_id)
        .where(EVIDENCE.c.holder_id == any_(_ADULTS), EVIDENCE.c.withdrawn_at.is_(None))
        .order_by(EVIDENCE.c.recorded_at.desc(), EVIDENCE.c.evidence_id.desc())
    )
    return found if wanted.kinds is None else found.where(EVIDENCE.c.evidence_type.in_(wanted.kinds))


def _held(row: "Row[Any]", fields: Mapping[str, str], decided: Decided | None) -> Held:
    facts = EvidenceFacts(
        evidence_type=EvidenceType(row.evidence_type),
        grade=row.grade,
        issued_on=row.issued_on,
        # What was sealed is what it said; what of it still holds follows from what was decided since.
        fields=fields if decided is None else fields_of(decided),
        as_of=row.as_of,
        pages=row.pages or None,
        key=row.evidence_id,
    )
    about = None if decided is None else decided.child_id
    return Held(row.evidence_id, row.document_id, facts, row.usable_by, row.usable_for, about)


def _children(rows: Sequence["Row[Any]"], persons: Mapping[UUID, PersonFacts]) -> dict[UUID, PersonFacts]:
    return {row.child_id: persons[row.child_id] for row in rows if row.child_id in persons}


def _facts(row: "Row[Any]") -> PersonFacts:
    return PersonFacts(row.family_name, row.usage_name, tuple(row.given_names), row.born_on)


def _verdict(row: "Row[Any]") -> Verdict:
    return Verdict(row.review_id, row.outcome, row.decision_reason)


def _grouped(rows: Any, name: str) -> dict[UUID, list["Row[Any]"]]:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows.all():
        found[getattr(row, name)].append(row)
    return found
