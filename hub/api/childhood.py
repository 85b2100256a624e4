"""Somebody of age asks for the papers of their childhood; what is answered is the same whether there are any or not."""

from fastapi import APIRouter, Response

from hub.api.callers import DoorDep, FreshResident
from hub.persons.childhood import ask_for_childhood

router = APIRouter(prefix="/v1/childhood", tags=["accounts"])


@router.post("", status_code=202, response_class=Response)
def ask(door: DoorDep, who: FreshResident) -> Response:
    """Have agents look whether one is a child that the hub knows, now of age; takes a sign-in of the last 5 minutes.

    Papers about that child alone are one's own once two agents have said so, and from the eighteenth birthday on.
    """
    with door.custody.db.transaction() as tx:
        ask_for_childhood(tx, who)
    return Response(status_code=202)
