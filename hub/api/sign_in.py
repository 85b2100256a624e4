"""Signing in and out: OpenID Connect, code flow with PKCE, bound to the browser that began it."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import SecretStr

from connectors.errors import ConnectorError
from connectors.http import HttpTransport
from connectors.oidc import flow
from connectors.oidc.person import SignedInPerson
from connectors.oidc.provider import LIMITS, ProviderConfig, Shape
from connectors.oidc.tokens import read_jwks, read_userinfo, verify_id_token
from contracts.identifiers import PersonId, new_uuid
from hub.api.agent_sign_in import home_of, open_agent_session
from hub.api.callers import COOKIE, DoorDep, refuse_cross_site
from hub.bootstrap import Door
from hub.errors import AccountsFull, NothingHere, SignInFailed, SignInRequired
from hub.persons.accounts import (
    PENDING_LIFE,
    SESSION_LIFE,
    Identity,
    PendingSignIn,
    close_session,
    enter,
    open_session,
    recall_sign_in,
    remember_sign_in,
    session_shown,
    signed_in,
)
from hub.persons.joining import join_accounts
from hub.persons.merging import ask_to_merge
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.standing import standing

router = APIRouter(include_in_schema=False)
STATE_COOKIE = "unefois_sign_in"
DATA_SCOPE = "cnaf_quotient_familial"
"""Without it a token of FranceConnect opens no quotient familial."""


@router.get("/sign-in/{provider}")
def begin(
    provider: str, door: DoorDep, return_to: str = "/", login_hint: str | None = None, fresh: str = ""
) -> Response:
    """Send the browser to a provider; the attempt is kept here and tied to this browser by a cookie.

    With ``fresh=oui`` the provider asks anew who it is, and says when.
    """
    wish = Wish(local(return_to), fresh=fresh == "oui", login_hint=login_hint)
    return send_to(door, provider, wish)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sign-in is for; ``joins`` names the account to whose person the other one shall belong."""

    return_to: str
    fresh: bool = False
    login_hint: str | None = None
    joins: UUID | None = None


def send_to(door: Door, provider: str, wish: Wish) -> Response:
    """Send the browser to a provider; the attempt is kept here and tied to this browser by a cookie."""
    config = _provider(door, provider)
    attempt = flow.new_attempt()
    pending = PendingSignIn(
        provider, attempt.nonce, attempt.verifier, wish.return_to, fresh=wish.fresh, joins=wish.joins
    )
    with door.custody.db.transaction() as tx:
        remember_sign_in(tx, attempt.state, pending, now=door.custody.now())
    # A hint is for the sandbox's list of made-up people; real providers ask by themselves.
    hint = wish.login_hint if door.settings.profile != "production" else None
    answer = RedirectResponse(flow.authorization_url(config, attempt, login_hint=hint, fresh=wish.fresh), 303)
    _set_cookie(door, answer, STATE_COOKIE, attempt.state, seconds=int(PENDING_LIFE.total_seconds()))
    return answer


@router.get("/sign-in/{provider}/callback")
def finish(provider: str, request: Request, door: DoorDep) -> Response:
    """Take the browser back: code for tokens, tokens for a person, a person for a session."""
    config = _provider(door, provider)
    state = request.cookies.get(STATE_COOKIE, "")
    with door.custody.db.transaction() as tx:
        pending = recall_sign_in(tx, state, now=door.custody.now())
    if pending.provider != provider:
        raise SignInFailed("another provider answered")
    attempt = flow.SignInAttempt(state, pending.nonce, pending.verifier)
    try:
        proved = _converse(door, config, attempt, dict(request.query_params), fresh=pending.fresh)
    except ConnectorError as error:
        raise SignInFailed(type(error).__name__) from error
    if config.shape is Shape.PROCONNECT:
        answer = RedirectResponse(home_of(pending.return_to), 303)
        open_agent_session(door, provider, proved.person, proved.id_token, answer)
        answer.delete_cookie(STATE_COOKIE)
        return answer
    token, who = _enter(door, pending, proved, request.cookies.get(COOKIE))
    if door.lender is not None and config.shape is Shape.FRANCECONNECT and DATA_SCOPE in config.scopes:
        door.lender.lend(who, proved.access_token, now=door.custody.now())
    answer = RedirectResponse(pending.return_to, 303)
    answer.delete_cookie(STATE_COOKIE)
    _set_cookie(door, answer, COOKIE, token, seconds=int(SESSION_LIFE.total_seconds()))
    return answer


@router.post("/sign-out")
def leave(request: Request, door: DoorDep) -> Response:
    """End our session, then the provider's."""
    refuse_cross_site(request)
    token = request.cookies.get(COOKIE)
    to = "/"
    try:
        with standing(session=session_shown(token)), door.custody.db.transaction() as tx:
            who = signed_in(tx, token, now=door.custody.now())
            close_session(tx, token or "")
        config = _provider(door, who.provider)
        to = flow.end_session_url(
            config, id_token=who.id_token, state=str(new_uuid()), return_to=door.settings.door_url + "/"
        )
    except SignInRequired:
        pass  # signed out already: the way home is all that is wanted
    answer = RedirectResponse(to, 303)
    answer.delete_cookie(COOKIE)
    return answer


@dataclass(frozen=True, slots=True)
class _Proved:
    """What a provider vouches for, and when the person proved it there, where that is said."""

    person: SignedInPerson
    id_token: str
    access_token: SecretStr
    authenticated_at: datetime | None


def _converse(
    door: Door, config: ProviderConfig, attempt: flow.SignInAttempt, parameters: dict[str, str], *, fresh: bool
) -> _Proved:
    """Ask the provider for tokens, keys and claims; no transaction is open meanwhile."""
    now = door.custody.now
    code = flow.read_callback(config, attempt, parameters)
    with HttpTransport(LIMITS, origin=config.token_endpoint) as way:
        request = flow.token_request(config, attempt, code, now=now(), assertion_id=new_uuid())
        tokens = flow.read_tokens(way.send(request))
        keys = read_jwks(way.send(flow.jwks_request(config)))
        # Agents are not asked for it: ProConnect knows no such parameter.
        anew = fresh and config.shape is not Shape.PROCONNECT
        identity = verify_id_token(config, tokens.id_token, keys, nonce=attempt.nonce, now=now(), fresh=anew)
        answer = way.send(flow.userinfo_request(config, tokens.access_token))
        person = read_userinfo(config, answer, keys, identity=identity, now=now())
    return _Proved(person, tokens.id_token, SecretStr(tokens.access_token), identity.authenticated_at)


def _enter(door: Door, pending: PendingSignIn, proved: _Proved, before: str | None) -> tuple[str, PersonId]:
    """Open a session in the place of the one the browser had, whose account may be the one to join; return whose."""
    person = proved.person
    identity = Identity(
        issuer=person.issuer,
        subject=person.subject,
        level=person.level,
        family_name=person.family_name,
        given_names=person.given_names,
        usage_name=person.preferred_username,
        born_on=person.birthdate or "",
        birth_place=person.birthplace or "",
        birth_country=person.birthcountry or "",
        gender=person.gender or "",
    )
    if not identity.born_on:
        raise SignInFailed("not a resident's account")
    now = door.custody.now()
    try:
        with door.custody.db.transaction() as tx:
            if pending.joins is not None:
                _join(tx, pending, identity, before, now=now)
            return _opened(tx, pending, proved, identity, before, now=now)
    except AccountsFull:
        with door.custody.db.transaction() as tx:
            # Both were proved, in this order and this browser: what to make of it is for agents.
            tx.stand(session=session_shown(before))
            who = signed_in(tx, before, now=now)
            tx.stand(person=who.person_id)
            ask_to_merge(tx, who, identity, now=now)
        raise


def _opened(
    tx: WriteTx, pending: PendingSignIn, proved: _Proved, identity: Identity, before: str | None, *, now: datetime
) -> tuple[str, PersonId]:
    close_session(tx, before or "")
    account_id = enter(tx, identity, now=now)
    token = open_session(
        tx,
        account_id,
        provider=pending.provider,
        id_token=proved.id_token,
        authenticated_at=proved.authenticated_at,
        now=now,
    )
    who = signed_in(tx, token, now=now)
    tx.stand(person=who.person_id)
    detail = {"provider": pending.provider, "level": proved.person.level}
    actor = Actor(ActorKind.RESIDENT, str(who.person_id))
    append(tx, JournalEntry(act=JournalAct.SIGN_IN, actor=actor, subjects=(who.person_id,), detail=detail))
    return token, who.person_id


def _join(tx: WriteTx, pending: PendingSignIn, identity: Identity, before: str | None, *, now: datetime) -> None:
    # Signed in at both: the first session is still this browser's, and is the one that asked.
    tx.stand(session=session_shown(before))
    who = signed_in(tx, before, now=now)
    if who.account_id != pending.joins:
        raise SignInFailed("another session asked for this")
    tx.stand(person=who.person_id)
    join_accounts(tx, who, identity, now=now)


def _provider(door: Door, name: str) -> ProviderConfig:
    config = door.providers.get(name)
    if config is None:
        raise NothingHere
    return config


def local(address: str) -> str:
    """Return ``address`` if it stays on this door, else the home page: no open redirect."""
    parts = urlsplit(address)
    plain = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith(("//", "/\\"))
    # A control character is nothing a link of ours holds, and a NUL cannot be kept.
    return address if plain and address.isprintable() else "/"


def _set_cookie(door: Door, answer: Response, name: str, value: str, *, seconds: int) -> None:
    secure = urlsplit(door.settings.door_url).scheme == "https"
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure, path="/")
