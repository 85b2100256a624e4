"""Where a family lives, and what a move does to its school files."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from contracts.documents import Grade
from hub.api.callers import DoorDep, Resident, prove_afresh
from hub.api.shapes import Shape
from hub.persons.residences import keep_home, question_of, residence_on, sector_of, settle_at
from hub.requests.life_events import declare_move as carry_out_move
from hub.requests.moving import Move, MovedLine, Passage
from hub.school_files.asks import figures

router = APIRouter(prefix="/v1", tags=["homes"])

Postcode = Annotated[str, Field(pattern=r"^\d{5}$")]


class ShownShape(Shape):
    """A paper that shows another arrondissement than the one declared; no sector: it shows a place outside Paris."""

    document: UUID
    sector: str | None


class ResidenceShape(Shape):
    """Where a person says they live; ``sector`` is the postcode of the arrondissement, absent where confidential.

    ``grade`` is that of the proof of address that shows the same, where there is one.
    """

    sector: str | None
    confidential: bool
    since: date
    grade: Grade
    question: ShownShape | None


class ResidenceWishShape(Shape):
    """A residence to write down; of a confidential one not even the arrondissement is kept."""

    postcode: Postcode
    confidential: bool
    since: date


class MoveShape(Shape):
    """A move: from when, where to, and which children change school because of it."""

    on: date
    postcode: Postcode
    changing_school: list[UUID]
    confidential: bool
    accuracy_sworn: bool
    reuse_authorised: bool

    def wish(self) -> Move:
        """Return what is declared."""
        return Move(
            on=self.on,
            postcode=self.postcode,
            changing_school=frozenset(self.changing_school),
            confidential=self.confidential,
            accuracy_sworn=self.accuracy_sworn,
            reuse_authorised=self.reuse_authorised,
            channel="api",
        )


class MovedLineShape(Shape):
    """What became of one line."""

    line_id: UUID
    service: str
    body: str
    passage: Passage
    new_body: str | None
    new_body_name: str | None
    request_id: UUID | None


class FiguresShape(Shape):
    """How often families were asked for something, and spared a question, for one service."""

    service: str
    asked: int
    spared: dict[str, int]


@router.get("/residence")
def read_residence(door: DoorDep, who: Resident) -> ResidenceShape | None:
    """Return where one lives today, as one said."""
    today = door.custody.now().date()
    with door.custody.db.read() as tx:
        found, asked = residence_on(tx, who.person_id, today), question_of(tx, who.person_id)
    if found is None:
        return None
    return ResidenceShape(
        sector=found.sector,
        confidential=found.confidential,
        since=found.valid_from,
        grade=found.grade,
        question=None if asked is None else ShownShape(document=asked.document_id, sector=asked.sector),
    )


@router.post("/residence/unchanged", status_code=204)
def keep_residence(door: DoorDep, who: Resident) -> None:
    """Say that one did not move, whatever a paper shows; harmless to repeat."""
    with door.custody.db.transaction() as tx:
        keep_home(tx, who.person_id, now=door.custody.now())


@router.put("/residence", status_code=204)
def write_residence(wish: ResidenceWishShape, door: DoorDep, who: Resident) -> None:
    """Say where one lives; what was said before ends the day before."""
    with door.custody.db.transaction() as tx:
        settle_at(
            tx,
            who.person_id,
            sector=sector_of(wish.postcode),
            confidential=wish.confidential,
            since=wish.since,
            now=door.custody.now(),
        )


@router.post("/moves", status_code=201)
def declare_move(told: MoveShape, door: DoorDep, who: Resident) -> list[MovedLineShape]:
    """Declare a move once; the answer says what became of each line. To allow the reuse of papers takes a fresh sign-in."""
    if told.reuse_authorised:
        prove_afresh(door, who)
    with door.custody.db.transaction() as tx:
        moved = carry_out_move(tx, door.catalogue, who.person_id, told.wish(), now=door.custody.now())
    return [_moved(door, line) for line in moved]


@router.get("/figures")
def read_figures(door: DoorDep) -> list[FiguresShape]:
    """Return, for anybody, how often each service asked families and how often the hub spared them the question."""
    with door.custody.db.read() as tx:
        return [FiguresShape(service=one.service, asked=one.asked, spared=dict(one.spared)) for one in figures(tx)]


def _moved(door: DoorDep, line: MovedLine) -> MovedLineShape:
    body = None if line.new_body is None else door.catalogue.bodies.get(line.new_body)
    return MovedLineShape(
        line_id=line.line_id,
        service=line.service,
        body=line.body,
        passage=line.passage,
        new_body=line.new_body,
        new_body_name=None if body is None else body.name,
        request_id=line.request_id,
    )
