"""What bodies decided about lines: rows that are only ever added, and what each of them still is, beside the others.

Nothing ends a decision but what came after it, the end of its line, or its own last day: a line that passes to another
body, or is shared anew between two homes, takes its body's decision with it into the past.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from contracts.calendar import Parity
from contracts.decisions import AmendmentKind, DecisionKind, RefusalGround, Remedy, RemedyKind, School
from contracts.identifiers import Siret
from contracts.readings import Field
from hub.persons.tables import LINE_SUCCESSION
from hub.requests.tables import ENROLMENT_LINE, LINE_DECISION, SCHOOL_FILE
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision as it stands among the others of its line.

    ``last`` is the last day on which it is in force; before ``first`` where it never is, or no longer was from the
    beginning: corrected, withdrawn, or of a line that was given up.
    """

    decision_id: UUID
    line_id: UUID
    child_id: UUID
    payer_id: UUID
    kind: DecisionKind
    body: Siret
    service: str
    school_year: str
    number: str
    decided_on: date
    notified_on: date | None
    first: date
    last: date
    band: str | None
    parity: Parity
    share: int
    school: School | None
    refused_for: RefusalGround | None
    author: tuple[str, str]
    """Service and function."""
    remedies: tuple[Remedy, ...]
    withdraws: bool
    """Whether it only takes an earlier one back."""
    recorded_at: datetime
    ended_early: bool
    """Whether something ended it before the day that it says itself."""

    def on(self, day: date) -> bool:
        """Tell whether it is in force on a day."""
        return self.first <= day <= self.last

    @property
    def ever(self) -> bool:
        """Whether there is a day on which it is in force."""
        return self.first <= self.last


def decisions_about(tx: ReadTx, lines: Collection[UUID]) -> dict[UUID, tuple[Decided, ...]]:
    """Return what was decided about some lines, and about those that they go on for, in the order it came."""
    return _placed(tx.execute(_ABOUT.where(any_(_IDS) == _CURRENT), {"ids": list(lines)}).all())


def decisions_for(tx: ReadTx, payers: Collection[UUID]) -> dict[UUID, Decided]:
    """Return what was decided about every line that some adults pay, by the number of the decision."""
    rows = tx.execute(_ABOUT.where(ENROLMENT_LINE.c.payer_id == any_(_IDS)), {"ids": list(payers)}).all()
    return {one.decision_id: one for found in _placed(rows).values() for one in found}


def fields_of(one: Decided) -> dict[str, str]:
    """Return a decision as the fit rules read it, with the days on which it is in force."""
    told = {
        Field.VALID_FROM: one.first.isoformat(),
        Field.VALID_UNTIL: one.last.isoformat(),
        Field.DECIDED_BY: one.body,
        Field.REFERENCE: one.number,
        Field.SCHOOL_YEAR: one.school_year,
    }
    if one.band is not None:
        told[Field.TARIFF_BAND] = one.band
    if one.parity is not Parity.EVERY:
        told[Field.WEEKS] = one.parity.value
    if one.school is not None:
        told |= {Field.SCHOOL_NAME: one.school.name, Field.SCHOOL_UAI: one.school.uai}
    return {name.value: value for name, value in told.items()}


def placed(rows: Sequence[Any]) -> tuple[Decided, ...]:
    """Return the decisions of one line as each stands beside the others; ``rows`` are in the order they came."""
    corrected = {
        place
        for place, row in enumerate(rows)
        if any(one.amends == AmendmentKind.CORRECTS and one.amends_number == row.number for one in rows[place + 1 :])
    }
    found = []
    for place, row in enumerate(rows):
        said, first = _last_said(row), max(row.valid_from, row.line_from)
        # Whatever follows ends it, be it for good: what was decided for a time does not bring back what was before.
        after = [one for n, one in enumerate(rows) if n > place and n not in corrected and _last_said(one) >= first]
        last = min([said, row.line_until, *(one.valid_from - _DAY for one in after)])
        if place in corrected or row.amends == AmendmentKind.WITHDRAWS or row.line_retracted is not None:
            last = first - _DAY
        found.append(_decided(row, first, last, said))
    return tuple(found)


def _last_said(row: Any) -> date:
    found: date = row.line_until if row.valid_until is None else row.valid_until
    return found


def _placed(rows: Sequence[Any]) -> dict[UUID, tuple[Decided, ...]]:
    by_line: Mapping[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        by_line[row.current].append(row)
    return {line: placed(found) for line, found in by_line.items()}


_DAY = timedelta(days=1)
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_CURRENT = func.coalesce(LINE_SUCCESSION.c.survivor_line_id, LINE_DECISION.c.line_id)
_ABOUT = (
    select(
        LINE_DECISION,
        ENROLMENT_LINE.c.line_id.label("current"),
        ENROLMENT_LINE.c.payer_id,
        ENROLMENT_LINE.c.service,
        ENROLMENT_LINE.c.valid_from.label("line_from"),
        ENROLMENT_LINE.c.valid_until.label("line_until"),
        ENROLMENT_LINE.c.retracted_at.label("line_retracted"),
        SCHOOL_FILE.c.child_id,
        SCHOOL_FILE.c.school_year,
    )
    .outerjoin(LINE_SUCCESSION, LINE_SUCCESSION.c.line_id == LINE_DECISION.c.line_id)
    .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == _CURRENT)
    .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
    .order_by(LINE_DECISION.c.nth)
)


def _decided(row: Any, first: date, last: date, said: date) -> Decided:
    return Decided(
        decision_id=row.decision_id,
        line_id=row.current,
        child_id=row.child_id,
        payer_id=row.payer_id,
        kind=DecisionKind(row.kind),
        body=Siret(row.body),
        service=row.service,
        school_year=row.school_year,
        number=row.number,
        decided_on=row.decided_on,
        notified_on=row.notified_on,
        first=first,
        last=last,
        band=row.tariff_band,
        parity=Parity(row.parity),
        share=row.share,
        school=None if row.school_uai is None else School(row.school_name, row.school_uai),
        refused_for=None if row.refused_for is None else RefusalGround(row.refused_for),
        author=(row.author_service, row.author_function),
        remedies=tuple(Remedy(RemedyKind(one["kind"]), one["before"], one["within_months"]) for one in row.remedies),
        withdraws=row.amends == AmendmentKind.WITHDRAWS,
        recorded_at=row.recorded_at,
        ended_early=last < said,
    )
