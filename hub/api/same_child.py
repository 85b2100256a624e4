"""A guardian who sees their child twice, or two children as one, puts it to two agents."""

from uuid import UUID

from fastapi import APIRouter

from hub.api.callers import DoorDep, FreshResident
from hub.api.review_shapes import SameChildShape
from hub.persons.one_child import ask_same_child, ask_to_part_children

router = APIRouter(prefix="/v1/child-merges", tags=["children"])


@router.post("", status_code=202)
def say_same(told: SameChildShape, door: DoorDep, who: FreshResident) -> None:
    """Say that two children one stands for are one child, recorded twice; takes a sign-in of the last 5 minutes."""
    with door.custody.db.transaction() as tx:
        ask_same_child(tx, who, told.child, told.other, now=door.custody.now())


@router.delete("/{child}", status_code=202)
def say_two(child: UUID, door: DoorDep, who: FreshResident) -> None:
    """Say that the records a child's took over are another child's; takes a sign-in of the last 5 minutes."""
    with door.custody.db.transaction() as tx:
        ask_to_part_children(tx, who, child, now=door.custody.now())
