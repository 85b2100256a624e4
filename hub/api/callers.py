"""Who calls a resident's route: the session cookie, and the rule that no other site's page may use it."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, WebSocket
from fastapi.concurrency import run_in_threadpool

from contracts.calendar import paris_day
from contracts.identifiers import AccountId
from hub.api.edge import spend_quota
from hub.api.repeating import once
from hub.bootstrap import Door
from hub.errors import AgentSignInRequired, AgentUnknown, CrossSite, OutsideMandate, SignInRequired
from hub.persons.accounts import SignedIn, require_fresh, session_shown, signed_in
from hub.persons.acting import acting_under, agent_acting_under
from hub.persons.agents import SignedInAgent, agent_of
from hub.persons.helping import helping_of
from hub.persons.joining import require_own_level
from hub.quotas import quotas_of
from vault.standing import Purpose, stand, standing

COOKIE = "unefois_session"
AGENT_COOKIE = "unefois_agent"
HELPER_COOKIE = "unefois_helper"
"""Of the session in which an agent acts for somebody."""
BY_AGENT = "agent"
"""Provider and level of who is helped by an agent: nobody of theirs signed in."""
_NO_ACCOUNT = AccountId(UUID(int=0))
AGENT_PATHS = ("/agents", "/ops", "/hub/v1/reviews", "/hub/v1/partners")
"""Below which a browser sends the agent's cookie, and nowhere else: no resident's page ever receives it."""
CODES_A_MINUTE = 10
"""How many codes of letters one caller may try."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def door_of(request: Request) -> Door:
    """Return the door this application was assembled with."""
    found: Door = request.app.state.door
    return found


async def resident(request: Request) -> SignedIn:
    """Return who is signed in; raises :class:`SignInRequired`, and :class:`CrossSite` for another site's write.

    Each request counts; raises :class:`~hub.errors.QuotaExceeded` for one too many within a minute. From here on it
    stands for this person: the database shows it no other's papers.
    """
    who = await run_in_threadpool(_resident, request)
    # Said here and not in the thread, whose context ends with it.
    _stand_for(who)
    await once(request, door_of(request).custody, str(who.person_id))
    return who


async def own_resident(request: Request) -> SignedIn:
    """Return who is signed in, whomever they act for: what a mandate itself is about is one's own."""
    who = await run_in_threadpool(_signed_in, request)
    stand(person=who.person_id)
    await once(request, door_of(request).custody, str(who.person_id))
    return who


def resident_or_nobody(request: Request) -> SignedIn | None:
    """Return who is signed in, or nobody; for pages that greet both."""
    try:
        who = _resident(request)
    except SignInRequired:
        return None
    _stand_for(who)
    return who


async def agent(request: Request) -> SignedInAgent:
    """Return the agent who is signed in; raises :class:`AgentSignInRequired`, and :class:`CrossSite` as for residents.

    A resident's session is not looked at: an agent who is also a resident has two accounts that never meet.
    """
    who = await run_in_threadpool(_agent, request)
    stand(agent=who.agent_id)
    await once(request, door_of(request).custody, f"agent:{who.agent_id}")
    return who


async def operator(request: Request, who: Annotated[SignedInAgent, Depends(agent)]) -> SignedInAgent:
    """Return the operator who is signed in, or for what changes nothing a viewer; raises :class:`AgentUnknown` otherwise.

    From here on it stands for them as operating: the database shows it exchanges, and asks for their role itself.
    """
    changes = request.method not in SAFE_METHODS
    if not who.operates(door_of(request).settings.operated_by, changes=changes):
        raise AgentUnknown
    stand(agent=who.agent_id, purpose=Purpose.OPERATING)
    return who


async def watcher(request: Request, who: Annotated[SignedInAgent, Depends(agent)]) -> SignedInAgent:
    """Return the operator or viewer who is signed in, whatever the method; for what is looked at by ``POST`` too.

    Whoever takes this tells a look from a change by other means. Raises :class:`AgentUnknown`.
    """
    if not who.operates(door_of(request).settings.operated_by, changes=False):
        raise AgentUnknown
    return who


async def watching_socket(socket: WebSocket) -> SignedInAgent | None:
    """Return the operator or viewer who opens a socket from a page of ours, or nobody.

    Browsers send cookies with a socket that any site's page opens: the origin is asked for, and has to be ours.
    """
    door: Door = socket.app.state.door
    if socket.headers.get("origin") != door.settings.door_url:
        return None
    try:
        who = await run_in_threadpool(_agent_of, door, socket.cookies.get(AGENT_COOKIE))
    except AgentSignInRequired:
        return None
    quotas = quotas_of(door.custody.db, door.custody.now)
    limit = door.settings.resident_requests_per_minute
    spent = await run_in_threadpool(quotas.take, "agent", str(who.agent_id), limit)
    return None if spent.exceeded or not who.operates(door.settings.operated_by, changes=False) else who


def agent_or_nobody(request: Request) -> SignedInAgent | None:
    """Return the agent who is signed in, or nobody."""
    try:
        who = _agent(request)
    except AgentSignInRequired:
        return None
    stand(agent=who.agent_id)
    return who


def _stand_for(who: SignedIn) -> None:
    if who.mandate_id is None:
        stand(person=who.person_id)
    else:
        stand(person=who.person_id, mandate=who.mandate_id)


def _resident(request: Request) -> SignedIn:
    """Return who is signed in, or for whom they act where their mandate covers this request.

    Raises :class:`OutsideMandate` for any other request, and from the one on that follows the end of a mandate.
    """
    if helper := request.cookies.get(HELPER_COOKIE):
        return _helped_by_agent(request, helper)
    who = _signed_in(request)
    if who.mandate_id is None:
        return who
    door = door_of(request)
    with standing(person=who.person_id), door.custody.db.read() as tx:
        acting = acting_under(tx, who.mandate_id, who.person_id, today=paris_day(door.custody.now()))
    if acting is None or not acting.covers(request.method, request.url.path):
        raise OutsideMandate
    return replace(
        who,
        person_id=acting.person_id,
        family_name=acting.person_name,
        given_names=(),
        helper=acting.helper_name,
    )


def _helped_by_agent(request: Request, token: str) -> SignedIn:
    """Return for whom an agent acts, where their mandate covers this request; raises as :func:`_resident` does.

    Whatever else this browser is signed in to: who acts for somebody is never quietly themselves.
    """
    refuse_cross_site(request)
    door = door_of(request)
    now = door.custody.now()
    with standing(session=session_shown(token)), door.custody.db.single() as tx:
        helping = helping_of(tx, token, now=now)
    quotas = quotas_of(door.custody.db, door.custody.now)
    spend_quota(request, quotas.take("agent", str(helping.agent_id), door.settings.resident_requests_per_minute))
    with standing(agent=helping.agent_id), door.custody.db.read() as tx:
        acting = agent_acting_under(tx, helping.mandate_id, helping.agent_id, today=paris_day(now))
    if acting is None or not acting.covers(request.method, request.url.path):
        raise OutsideMandate
    return SignedIn(
        account_id=_NO_ACCOUNT,
        person_id=acting.person_id,
        provider=BY_AGENT,
        level=BY_AGENT,
        authenticated_at=now,
        family_name=acting.person_name,
        given_names=(),
        id_token="",
        mandate_id=acting.mandate_id,
        helper=acting.helper_name,
    )


def _signed_in(request: Request) -> SignedIn:
    refuse_cross_site(request)
    door = door_of(request)
    token = request.cookies.get(COOKIE)
    with standing(session=session_shown(token)), door.custody.db.single() as tx:
        who = signed_in(tx, token, now=door.custody.now())
    quotas = quotas_of(door.custody.db, door.custody.now)
    spend_quota(request, quotas.take("resident", str(who.person_id), door.settings.resident_requests_per_minute))
    return who


def fresh_resident(request: Request, who: Annotated[SignedIn, Depends(resident)]) -> SignedIn:
    """As :func:`resident`, for what destroys, takes away or opens to others.

    Raises :class:`SignInStale` for a sign-in of more than some minutes ago, and :class:`LevelTooLow` for one that is
    weaker than another of the same person's.
    """
    prove_afresh(door_of(request), who)
    return who


def prove_afresh(door: Door, who: SignedIn) -> None:
    """Raise as :func:`fresh_resident` does; for routes where only some of what can be asked takes it."""
    if who.mandate_id is not None:
        # What opens, destroys or takes away is the person's own, whatever their helper may do.
        raise OutsideMandate
    require_fresh(who, now=door.custody.now())
    with door.custody.db.single() as tx:
        require_own_level(tx, who)


def spend_code(request: Request, caller: UUID) -> None:
    """Count one code of a printed letter that a caller tries; raises :class:`~hub.errors.QuotaExceeded`."""
    door = door_of(request)
    quotas = quotas_of(door.custody.db, door.custody.now)
    spend_quota(request, quotas.take("return-code", str(caller), CODES_A_MINUTE))


def _agent(request: Request) -> SignedInAgent:
    refuse_cross_site(request)
    door = door_of(request)
    who = _agent_of(door, request.cookies.get(AGENT_COOKIE))
    quotas = quotas_of(door.custody.db, door.custody.now)
    spend_quota(request, quotas.take("agent", str(who.agent_id), door.settings.resident_requests_per_minute))
    return who


def _agent_of(door: Door, token: str | None) -> SignedInAgent:
    with standing(session=session_shown(token)), door.custody.db.transaction() as tx:
        return agent_of(tx, token, now=door.custody.now())


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


async def _own_door(request: Request) -> Door:
    # A dependency that is not async would be called in a thread, which costs more than the rest of some requests.
    return door_of(request)


Resident = Annotated[SignedIn, Depends(resident)]
OwnResident = Annotated[SignedIn, Depends(own_resident)]
FreshResident = Annotated[SignedIn, Depends(fresh_resident)]
Agent = Annotated[SignedInAgent, Depends(agent)]
Operator = Annotated[SignedInAgent, Depends(operator)]
Watcher = Annotated[SignedInAgent, Depends(watcher)]
WatchingSocket = Annotated[SignedInAgent | None, Depends(watching_socket)]
DoorDep = Annotated[Door, Depends(_own_door)]
