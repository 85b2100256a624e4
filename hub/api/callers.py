"""Who calls a resident's route: the session cookie, and the rule that no other site's page may use it."""

from typing import Annotated

from fastapi import Depends, Request

from hub.bootstrap import Door
from hub.errors import CrossSite, SignInRequired
from hub.persons.accounts import SignedIn, signed_in

COOKIE = "unefois_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def door_of(request: Request) -> Door:
    """Return the door this application was assembled with."""
    found: Door = request.app.state.door
    return found


def resident(request: Request) -> SignedIn:
    """Return who is signed in; raises :class:`SignInRequired`, and :class:`CrossSite` for another site's write."""
    refuse_cross_site(request)
    door = door_of(request)
    with door.custody.db.single() as tx:
        return signed_in(tx, request.cookies.get(COOKIE), now=door.custody.now())


def resident_or_nobody(request: Request) -> SignedIn | None:
    """Return who is signed in, or nobody; for pages that greet both."""
    try:
        return resident(request)
    except SignInRequired:
        return None


def refuse_cross_site(request: Request) -> None:
    """Refuse a write that a browser sends from another site's page.

    Browsers say where a request comes from (``Sec-Fetch-Site``, else ``Origin``); a programme that says neither
    carries no cookie it was not given, so it passes.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = request.headers.get("origin")
    if origin is not None and origin != door_of(request).settings.door_url:
        raise CrossSite


Resident = Annotated[SignedIn, Depends(resident)]
DoorDep = Annotated[Door, Depends(door_of)]
