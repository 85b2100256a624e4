"""A refusal as a page: the problem's French sentence, the number to give on the telephone, and a way on."""

from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse

from contracts.problems import ProblemType
from hub.api.callers import SAFE_METHODS
from hub.bootstrap import Door
from hub.web.rendering import markup, origin_of, page_headers, security_headers

_PAGE = "text/html"
SIGN_IN, STALE, AGENT_SIGN_IN = "sign-in-required", "sign-in-stale", "agent-sign-in-required"
AFRESH = (STALE, "level-too-low")
"""What another sign-in puts right, proved anew; it leads back to where the person was."""
_AGENTS = (AGENT_SIGN_IN, "agent-unknown")


def wants_page(request: Request) -> bool:
    """Tell whether a browser asks for something to read; our own scripts and other programmes ask for JSON."""
    return _PAGE in request.headers.get("accept", "") and not request.url.path.startswith(("/v1/", "/hub/"))


def page_for_problem(request: Request, kind: ProblemType, correlation: str) -> HTMLResponse:
    """Return the page of one problem type, with its status; nobody is looked up for it: the store may be down.

    Of the partners' door a resident sees this only after a ticket that is spent; its links lead to the residents' door.
    """
    parts = request.app.state.door
    agents = kind.name in _AGENTS or request.url.path.startswith(("/agents", "/ops", "/looks/"))
    here = isinstance(parts, Door)
    origin = "" if here else origin_of(parts.settings.door_url)
    home = "/agents" if agents else "/"
    again = back_to(request, parts.settings.door_url, otherwise=home) if here else home
    html = markup(
        "agents_problem.html" if agents else "problem.html",
        path=request.url.path,
        origin=origin,
        sentence=kind.fr,
        correlation=correlation,
        sign_in=kind.name in (SIGN_IN, *AFRESH, AGENT_SIGN_IN),
        stale=kind.name in AFRESH,
        return_to=again,
    )
    headers = page_headers(parts) if here else security_headers(assets=origin)
    return HTMLResponse(html, kind.status, {**headers, "x-correlation-id": correlation})


def back_to(request: Request, door_url: str, *, otherwise: str) -> str:
    """Return where a sign-in leads back to: the page that was asked for, or the one whose form was sent."""
    if request.method in SAFE_METHODS:
        return _address(request.url.path, request.url.query)
    # Our pages tell their own address to ourselves alone (Referrer-Policy: same-origin).
    came = urlsplit(request.headers.get("referer", ""))
    ours = f"{came.scheme}://{came.netloc}" == origin_of(door_url)
    return _address(came.path, came.query) if ours and came.path.startswith("/") else otherwise


def _address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def page(request: Request, kind: ProblemType, correlation: str) -> HTMLResponse | None:
    """Return the page of a problem where a person looks, or nothing for a programme."""
    return page_for_problem(request, kind, correlation) if wants_page(request) else None
