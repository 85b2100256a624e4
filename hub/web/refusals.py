"""A refusal as a page: the problem's French sentence, the number to give on the telephone, and a way on."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from contracts.problems import ProblemType
from hub.api.callers import SAFE_METHODS
from hub.bootstrap import Door
from hub.web.rendering import markup, origin_of, page_headers, security_headers

_PAGE = "text/html"
SIGN_IN, STALE, AGENT_SIGN_IN = "sign-in-required", "sign-in-stale", "agent-sign-in-required"
_AGENTS = (AGENT_SIGN_IN, "agent-unknown")


def wants_page(request: Request) -> bool:
    """Tell whether a browser asks for something to read; our own scripts and other programmes ask for JSON."""
    return _PAGE in request.headers.get("accept", "") and not request.url.path.startswith(("/v1/", "/hub/"))


def page_for_problem(request: Request, kind: ProblemType, correlation: str) -> HTMLResponse:
    """Return the page of one problem type, with its status; nobody is looked up for it: the store may be down.

    Of the partners' door a resident sees this only after a ticket that is spent; its links lead to the residents' door.
    """
    parts = request.app.state.door
    agents = kind.name in _AGENTS or request.url.path.startswith(("/agents", "/looks/"))
    here = isinstance(parts, Door)
    origin = "" if here else origin_of(parts.settings.door_url)
    again = request.url.path if here and request.method in SAFE_METHODS else "/agents" if agents else "/"
    html = markup(
        "agents_problem.html" if agents else "problem.html",
        path=request.url.path,
        origin=origin,
        sentence=kind.fr,
        correlation=correlation,
        sign_in=kind.name in (SIGN_IN, STALE, AGENT_SIGN_IN),
        stale=kind.name == STALE,
        return_to=again,
    )
    headers = page_headers(parts) if here else security_headers(assets=origin)
    return HTMLResponse(html, kind.status, {**headers, "x-correlation-id": correlation})


def page(request: Request, kind: ProblemType, correlation: str) -> HTMLResponse | None:
    """Return the page of a problem where a person looks, or nothing for a programme."""
    return page_for_problem(request, kind, correlation) if wants_page(request) else None
