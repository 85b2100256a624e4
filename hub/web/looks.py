"""What an agent sees at the door that can open: a paper rebuilt, the values read on it, or what was said to a partner."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from hub.api.authorisation import DoorDep
from hub.api.partners import opened_body
from hub.api.review_shapes import ValuesShape
from hub.exchanges.showing import look
from hub.releases.gate import hand_over, read_out, where_read
from hub.reviews.looking import spend, spend_for_notes
from hub.web.marked import marked, places_of
from hub.web.refusals import wants_page
from hub.web.rendering import markup, origin_of, security_headers

router = APIRouter(include_in_schema=False)


@router.get("/looks/copy/{ticket}")
def show_copy(ticket: str, door: DoorDep) -> Response:
    """Show an agent the rebuilt copy of the paper of a review, once per ticket."""
    ordered = spend(door.custody, door.catalogue, ticket, "copy")
    return opened_body(hand_over(door.custody, ordered), {"content-disposition": "inline"})


@router.get("/looks/values/{ticket}")
def show_values(ticket: str, request: Request, door: DoorDep) -> Response:
    """Show an agent the values read on the paper of a review and where they stand, once per ticket.

    Under a seal they are the seal's.
    """
    ordered = spend(door.custody, door.catalogue, ticket, "values")
    values, places = read_out(door.custody, ordered), places_of(where_read(door.custody, ordered))
    if not wants_page(request):
        return JSONResponse(
            ValuesShape(values=values, places=places).model_dump(), headers={"cache-control": "no-store"}
        )
    origin = origin_of(door.settings.door_url)
    lines, pages = marked(values, places)
    html = markup("agents_values.html", path=request.url.path, origin=origin, values=lines, pages=pages)
    return HTMLResponse(html, headers=security_headers(assets=origin))


@router.get("/looks/notes/{ticket}")
def show_notes(ticket: str, request: Request, door: DoorDep) -> Response:
    """Show an agent what colleagues noted about the paper of a review, once per ticket."""
    notes = spend_for_notes(door.custody, door.catalogue, ticket)
    if not wants_page(request):
        return JSONResponse({"notes": list(notes)}, headers={"cache-control": "no-store"})
    origin = origin_of(door.settings.door_url)
    html = markup("agents_notes.html", path=request.url.path, origin=origin, notes=notes)
    return HTMLResponse(html, headers=security_headers(assets=origin))


@router.get("/looks/exchange/{ticket}")
def show_exchange(ticket: str, request: Request, door: DoorDep) -> Response:
    """Show an operator the bytes of one conversation, once per ticket, without what they say of anybody."""
    shown = look(door.custody, ticket)
    origin = origin_of(door.settings.door_url)
    html = markup("ops_look.html", path=request.url.path, origin=origin, shown=shown)
    return HTMLResponse(html, headers=security_headers(assets=origin))
