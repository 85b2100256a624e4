"""The children's page, where a child is there twice, or two were taken for one: two agents are asked, with one click."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from hub.api.callers import DoorDep, FreshResident
from hub.persons.family import Child
from hub.persons.one_child import ask_same_child, ask_to_part_children, merges_of
from hub.web.forms import Fields, number_of
from hub.web.views import child_name
from vault.db import ReadTx

router = APIRouter(include_in_schema=False)
ASKED = "/enfants?recu=doublon"


@dataclass(frozen=True, slots=True)
class TwiceCard:
    """Two of one's children born the same day."""

    child: UUID
    other: UUID
    names: str


@dataclass(frozen=True, slots=True)
class MergedChildCard:
    """A child whose record took another one over."""

    child: UUID
    name: str


def twice(children: Sequence[Child]) -> tuple[TwiceCard, ...]:
    """Return the pairs of one's children who were born the same day: one child recorded twice, or twins."""
    return tuple(
        TwiceCard(one.child_id, other.child_id, f"{child_name(one)} et {child_name(other)}")
        for one, other in combinations(children, 2)
        if one.born_on == other.born_on
    )


def merged(tx: ReadTx, children: Sequence[Child]) -> tuple[MergedChildCard, ...]:
    """Return the children whose record took another one over."""
    return tuple(MergedChildCard(one.child_id, child_name(one)) for one in children if merges_of(tx, one.child_id))


@router.post("/enfants/doublon")
def say_same(door: DoorDep, who: FreshResident, fields: Fields) -> Response:
    """Say that two children are one."""
    with door.custody.db.transaction() as tx:
        ask_same_child(tx, who, number_of(fields, "child"), number_of(fields, "other"), now=door.custody.now())
    return RedirectResponse(ASKED, 303)


@router.post("/enfants/separer")
def say_two(door: DoorDep, who: FreshResident, fields: Fields) -> Response:
    """Say that two children were taken for one."""
    with door.custody.db.transaction() as tx:
        ask_to_part_children(tx, who, number_of(fields, "child"), now=door.custody.now())
    return RedirectResponse(ASKED, 303)
