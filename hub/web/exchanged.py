"""The page that says who has which data for what, and on which text (CRPA L.114-8 III); everybody may read it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from hub.api.callers import DoorDep, resident_or_nobody
from hub.partners.published import published_exchanges
from hub.web.rendering import render, visitor

router = APIRouter(include_in_schema=False)


@router.get("/echanges")
def show_exchanges(request: Request, door: DoorDep) -> HTMLResponse:
    """Show every agreement in force."""
    who = resident_or_nobody(request)
    with door.custody.db.read() as tx:
        found = published_exchanges(tx, door.catalogue, now=door.custody.now())
    return render(request, "exchanges.html", who=None if who is None else visitor(who), exchanges=found)
