"""An agent's session: opened by ProConnect alone, under a cookie of its own, short, and ended at both ends."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from connectors.oidc import flow
from connectors.oidc.person import SignedInPerson
from contracts.identifiers import new_uuid
from hub.api.callers import AGENT_COOKIE, AGENT_PATHS, HELPER_COOKIE, DoorDep, refuse_cross_site
from hub.bootstrap import Door
from hub.errors import AgentSignInRequired, SignInFailed
from hub.persons.accounts import session_shown
from hub.persons.agents import AgentIdentity, agent_of, enter_agent, leave_agent
from hub.persons.helping import end_helping
from vault.standing import standing

router = APIRouter(include_in_schema=False)
HOME = "/agents"
OPS = "/ops"
"""The operators' console."""


def open_agent_session(door: Door, provider: str, person: SignedInPerson, id_token: str, answer: Response) -> None:
    """Open the session of the agent this person is, and give ``answer`` its cookies.

    Raises :class:`~hub.errors.AgentUnknown` for whoever our own table does not know.
    """
    if person.siret is None or person.email is None:
        raise SignInFailed("not an agent's account")
    identity = AgentIdentity(
        issuer=person.issuer,
        subject=person.subject,
        email=person.email,
        siret=person.siret,
        name=" ".join((*person.given_names[:1], person.family_name)),
    )
    with door.custody.db.transaction() as tx:
        token = enter_agent(tx, identity, provider=provider, id_token=id_token, now=door.custody.now())
    secure = urlsplit(door.settings.door_url).scheme == "https"
    for path in AGENT_PATHS:
        # No max-age: it ends with the browser at the latest, and after a quarter of an hour without a gesture.
        answer.set_cookie(AGENT_COOKIE, token, httponly=True, samesite="lax", secure=secure, path=path)


def home_of(return_to: str) -> str:
    """Return where an agent goes after signing in: a page of the agents' or the operators', whatever was asked for."""
    ours = any(return_to == home or return_to.startswith((f"{home}/", f"{home}?")) for home in (HOME, OPS))
    return return_to if ours else HOME


@router.post("/agents/sign-out")
def leave(request: Request, door: DoorDep) -> Response:
    """End an agent's session here, then ProConnect's."""
    refuse_cross_site(request)
    token = request.cookies.get(AGENT_COOKIE)
    to = HOME
    try:
        with standing(session=session_shown(token)), door.custody.db.transaction() as tx:
            who = agent_of(tx, token, now=door.custody.now())
            leave_agent(tx, token or "")
        config = door.providers[who.provider]
        to = flow.end_session_url(
            config, id_token=who.id_token, state=str(new_uuid()), return_to=door.settings.door_url + HOME
        )
    except AgentSignInRequired:
        pass  # signed out already
    answer = RedirectResponse(to, 303)
    for path in AGENT_PATHS:
        answer.delete_cookie(AGENT_COOKIE, path=path)
    if helping := request.cookies.get(HELPER_COOKIE):
        with door.custody.db.transaction() as tx:
            end_helping(tx, helping)
        answer.delete_cookie(HELPER_COOKIE, path="/")
    return answer
