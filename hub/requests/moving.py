"""A family moves: said once, and the lines of a child who changes school pass to the bodies of the new arrondissement.

A child who stays at their school stays with its caisse: it is the school's arrondissement that decides, not the home's.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Row

from contracts.calendar import Parity, paris_day
from contracts.identifiers import PersonId, RequestId, Siret
from hub.errors import InvalidValue
from hub.persons.residences import sector_of, settle_at
from hub.requests.lines import end_line, school_year_of, school_year_period
from hub.requests.open import Wish, open_request
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx

_FURTHEST_BACK = timedelta(days=400)


class Passage(StrEnum):
    """What a move does to a line: it stays where it is, passes to another body, or ends with no body to follow."""

    KEPT = "kept"
    PASSED_ON = "passed_on"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Move:
    """A move as a family declares it; ``changing_school`` names the children who go to a school near the new home.

    ``confidential`` keeps the new arrondissement out of every row about the person.
    """

    on: date
    postcode: str
    changing_school: frozenset[UUID]
    confidential: bool
    accuracy_sworn: bool
    reuse_authorised: bool
    channel: str


@dataclass(frozen=True, slots=True)
class MovedLine:
    """One line after a move: where it was, what became of it, and the request that the new body received."""

    line_id: UUID
    service: str
    body: str
    passage: Passage
    new_body: Siret | None = None
    request_id: RequestId | None = None


def move(tx: WriteTx, catalogue: Catalogue, adult: PersonId, told: Move, *, now: datetime) -> tuple[MovedLine, ...]:
    """Write down a move and pass on the adult's lines for the children who change school.

    The old body keeps its line until the day before. The new body gets a request of its own: evidence is judged for it
    again, and nothing that still serves is asked again. Raises :class:`InvalidValue` for a day more than 400 days off,
    a postcode that is none, or an accuracy not sworn (CRPA L.113-13).
    """
    if not told.accuracy_sworn:
        raise InvalidValue("accuracy_sworn: must be true (CRPA L.113-13)")
    if told.on < paris_day(now) - _FURTHEST_BACK:
        raise InvalidValue("on: more than a year ago")
    sector = sector_of(told.postcode)
    settle_at(tx, adult, sector=sector, confidential=told.confidential, since=told.on, now=now)
    lines = _lines_from(tx, adult, told.on)
    return tuple(_pass_on(tx, catalogue, line, told, sector=sector, now=now) for line in lines)


def _pass_on(
    tx: WriteTx, catalogue: Catalogue, line: "Row[Any]", told: Move, *, sector: str | None, now: datetime
) -> MovedLine:
    moved = _follow(catalogue, line, sector, changing=line.child_id in told.changing_school)
    if moved.passage is Passage.KEPT:
        return moved
    end_line(tx, line.line_id, before=told.on, now=now)
    if moved.new_body is None:
        return moved
    wish = Wish(
        child_id=line.child_id,
        school_year=line.school_year,
        service=line.service,
        body=moved.new_body,
        accuracy_sworn=told.accuracy_sworn,
        reuse_authorised=told.reuse_authorised,
        channel=told.channel,
        since=max(told.on, line.valid_from),
        parity=Parity(line.parity),
        share=line.share,
        follows=line.line_id,
    )
    request_id, _ = open_request(tx, catalogue, PersonId(line.payer_id), wish, now=now)
    return MovedLine(moved.line_id, moved.service, moved.body, moved.passage, moved.new_body, request_id)


def _follow(catalogue: Catalogue, line: "Row[Any]", sector: str | None, *, changing: bool) -> MovedLine:
    body = catalogue.bodies[Siret(line.body)]
    if not changing or not body.sectors or sector in body.sectors:
        return MovedLine(line.line_id, line.service, line.body, Passage.KEPT)
    new = catalogue.body_in(body.role, sector) if sector is not None else None
    passage = Passage.ENDED if new is None else Passage.PASSED_ON
    return MovedLine(line.line_id, line.service, line.body, passage, new)


def _lines_from(tx: ReadTx, adult: PersonId, day: date) -> list["Row[Any]"]:
    """Return the adult's lines of the school year of ``day`` and of later ones that are still to run then."""
    first, _ = school_year_period(school_year_of(day))
    return list(
        tx.execute(
            select(ENROLMENT_LINE, SCHOOL_FILE.c.child_id, SCHOOL_FILE.c.school_year)
            .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
            .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
            .where(
                ENROLMENT_LINE.c.payer_id == adult,
                ENROLMENT_LINE.c.retracted_at.is_(None),
                ENROLMENT_LINE.c.valid_from >= first,
                ENROLMENT_LINE.c.valid_until >= day,
                REQUEST.c.state == "pending",
            )
            .order_by(ENROLMENT_LINE.c.recorded_at, ENROLMENT_LINE.c.line_id)
        )
    )
