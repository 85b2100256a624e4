"""Why this tariff: the button at the residents' door, and the page at the door that can open the figures."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.api.authorisation import DoorDep as ReleaseDoorDep
from hub.api.callers import DoorDep, Resident
from hub.deposits.explaining import ask_explanation, explained
from hub.web.rendering import markup, origin_of, security_headers

asking = APIRouter(include_in_schema=False)
showing = APIRouter(include_in_schema=False)


@asking.post("/dossiers/{line_id}/calcul")
def ask_why(line_id: UUID, door: DoorDep, who: Resident) -> Response:
    """Send a parent to the explanation of the band proposed on their line."""
    ticket = ask_explanation(door.custody, who.person_id, line_id)
    return RedirectResponse(f"{door.settings.release_url}/explanations/{line_id}/{ticket}", 303)


@showing.get("/explanations/{line_id}/{ticket}")
def show_why(line_id: UUID, ticket: str, request: Request, door: ReleaseDoorDep) -> HTMLResponse:
    """Show how a proposed band was computed, once per ticket."""
    told = explained(door.custody, door.catalogue, ticket, line_id)
    origin = origin_of(door.settings.door_url)
    html = markup("explanation.html", path=request.url.path, origin=origin, told=told)
    return HTMLResponse(html, headers=security_headers(assets=origin))
