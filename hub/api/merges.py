"""Accounts of one's own that two agents made one: what was taken over, and parting it again."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter

from hub.api.callers import DoorDep, FreshResident, Resident
from hub.api.shapes import Shape
from hub.persons.merging import ask_to_part, merges_of

router = APIRouter(prefix="/v1/account-merges", tags=["accounts"])


class MergeShape(Shape):
    """Another account that one's own took over, or the record that one had as a child."""

    merge_id: UUID
    merged_at: datetime
    part_asked: bool
    kind: Literal["accounts", "childhood"]


@router.get("")
def list_merges(door: DoorDep, who: Resident) -> list[MergeShape]:
    """Return what one's own account took over and has not given back, the newest first."""
    with door.custody.db.read() as tx:
        return [MergeShape.model_validate(one) for one in merges_of(tx, who.person_id)]


@router.delete("/{merge}", status_code=202)
def part(merge: UUID, door: DoorDep, who: FreshResident) -> list[MergeShape]:
    """Have two accounts parted again; takes a sign-in of the last 5 minutes. The worker does it within seconds."""
    with door.custody.db.transaction() as tx:
        ask_to_part(tx, who.person_id, merge, now=door.custody.now())
        return [MergeShape.model_validate(one) for one in merges_of(tx, who.person_id)]
