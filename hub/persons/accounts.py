"""Who signs in: an account of one issuer, the person behind it, and the session that follows."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Row

from contracts.documents import GRADE_ORDER, Grade
from contracts.identifiers import AccountId, PersonId, new_uuid
from hub.errors import SignInFailed, SignInRequired, SignInStale
from hub.persons.tables import ACCOUNT, CIVIL_STATUS, DEATH, PENDING_SIGN_IN, PERSON, SESSION
from hub.requirements.names import match_key
from vault.db import ReadTx, WriteTx
from vault.ready import Ready

SESSION_LIFE = timedelta(minutes=30)
"""As long as a session of FranceConnect itself."""
PENDING_LIFE = timedelta(minutes=10)
FRESH = timedelta(minutes=5)
"""How old a sign-in may be for what destroys papers, takes them away, or opens them to others."""
SELF_DECLARED_LEVEL = "self_declared"
"""Level of an account whose holder typed their own civil status in; it names nobody for sure."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What an identity provider vouches for; partial dates of birth stay as the state knows them."""

    issuer: str
    subject: str
    level: str
    family_name: str
    given_names: tuple[str, ...]
    usage_name: str | None
    born_on: str
    birth_place: str
    birth_country: str
    gender: str


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What the door must remember between sending somebody to a provider and seeing them back."""

    provider: str
    nonce: str
    verifier: str
    return_to: str
    fresh: bool = False
    """Whether the person was to prove anew who they are."""
    joins: UUID | None = None
    """The account, signed in too, to whose person what comes back shall belong."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person of this session."""

    account_id: AccountId
    person_id: PersonId
    provider: str
    level: str
    authenticated_at: datetime
    family_name: str
    given_names: tuple[str, ...]
    id_token: str
    mandate_id: UUID | None = None
    """For whom this session acts, by whose mandate; ``person_id`` and the names are that person's then."""
    helper: str | None = None
    """Who acts for them, by name."""


def remember_sign_in(tx: WriteTx, state: str, pending: PendingSignIn, *, now: datetime) -> None:
    """Keep what :func:`recall_sign_in` needs, under a digest of ``state``."""
    tx.stand(ticket=digest_of(state).hex())
    tx.execute(
        insert(PENDING_SIGN_IN).values(
            state_digest=digest_of(state),
            provider=pending.provider,
            nonce=pending.nonce,
            verifier=pending.verifier,
            return_to=pending.return_to,
            expires_at=now + PENDING_LIFE,
            fresh=pending.fresh,
            joins=pending.joins,
        )
    )


def recall_sign_in(tx: WriteTx, state: str, *, now: datetime) -> PendingSignIn:
    """Return what was kept for ``state``, once; raises :class:`SignInFailed` the second time or too late."""
    tx.stand(ticket=digest_of(state).hex())
    row = tx.execute(
        delete(PENDING_SIGN_IN).where(PENDING_SIGN_IN.c.state_digest == digest_of(state)).returning(PENDING_SIGN_IN)
    ).one_or_none()
    if row is None or row.expires_at <= now:
        raise SignInFailed("unknown or expired state")
    names = ("provider", "nonce", "verifier", "return_to", "fresh", "joins")
    return PendingSignIn(**{name: getattr(row, name) for name in names})


def enter(tx: WriteTx, identity: Identity, *, now: datetime) -> AccountId:
    """Return the account of ``identity``, with its person, made now where it is the first time.

    From here on ``tx`` works for this person, whom a provider has just vouched for.
    """
    row = account_of(tx, identity)
    if row is None:
        person_id = PersonId(new_uuid())
        account_id = AccountId(new_uuid())
        tx.stand(person=person_id, account=account_id)
        tx.execute(insert(PERSON).values(person_id=person_id, created_at=now))
        tx.execute(
            insert(ACCOUNT).values(
                account_id=account_id,
                person_id=person_id,
                issuer=identity.issuer,
                subject=identity.subject,
                level=identity.level,
                created_at=now,
            )
        )
    else:
        person_id, account_id = PersonId(row.person_id), AccountId(row.account_id)
        tx.stand(person=person_id)
        if row.level != identity.level:
            tx.execute(update(ACCOUNT).where(ACCOUNT.c.account_id == account_id).values(level=identity.level))
    _record_civil_status(tx, person_id, identity, now=now)
    return account_id


def account_of(tx: WriteTx, identity: Identity) -> "Row[Any] | None":
    """Return the row of the account that a provider has just vouched for, locked; it is shown to ``tx`` from here on."""
    known = tx.execute(select(func.hub.account_of(identity.issuer, identity.subject))).scalar_one()
    if known is None:
        return None
    tx.stand(account=known)
    return tx.execute(select(ACCOUNT).where(ACCOUNT.c.account_id == known).with_for_update()).one()


def open_session(
    tx: WriteTx,
    account_id: AccountId,
    *,
    provider: str,
    id_token: str,
    now: datetime,
    authenticated_at: datetime | None,
) -> str:
    """Return a fresh session token, by which ``tx`` stands from here on; only its digest is kept.

    ``authenticated_at`` is when the person proved who they are, as the provider says. Where it does not say, that may be
    as long ago as one of its sessions lasts, and the sign-in never counts as fresh.
    """
    token = secrets.token_urlsafe(32)
    tx.stand(session=session_shown(token))
    tx.execute(
        insert(SESSION).values(
            token_digest=digest_of(token),
            account_id=account_id,
            provider=provider,
            id_token=id_token,
            authenticated_at=authenticated_at or now - SESSION_LIFE,
            expires_at=now + SESSION_LIFE,
        )
    )
    return token


def close_session(tx: WriteTx, token: str) -> None:
    """End the session of ``token``; harmless where there is none."""
    tx.stand(session=session_shown(token))
    tx.execute(delete(SESSION).where(SESSION.c.token_digest == digest_of(token)))


_SIGNED_IN = Ready(
    select(SESSION, ACCOUNT.c.person_id, ACCOUNT.c.level, CIVIL_STATUS.c.family_name, CIVIL_STATUS.c.given_names)
    .join(ACCOUNT, ACCOUNT.c.account_id == SESSION.c.account_id)
    .join(CIVIL_STATUS, CIVIL_STATUS.c.person_id == ACCOUNT.c.person_id)
    .where(
        SESSION.c.token_digest == bindparam("digest"),
        CIVIL_STATUS.c.retracted_at.is_(None),
        # Nobody is signed in for somebody who has died.
        ~select(DEATH.c.person_id).where(DEATH.c.person_id == ACCOUNT.c.person_id).correlate(ACCOUNT).exists(),
    )
)


def session_shown(token: str | None) -> str:
    """Return how a transaction stands for the session of ``token``: the database shows it this one."""
    return digest_of(token or "").hex()


def signed_in(tx: ReadTx, token: str | None, *, now: datetime) -> SignedIn:
    """Return whose session ``token`` opens, in a transaction that stands for it; raises :class:`SignInRequired`."""
    if not token:
        raise SignInRequired
    row = tx.row(_SIGNED_IN, {"digest": digest_of(token)})
    if row is None or row.expires_at <= now:
        raise SignInRequired
    return SignedIn(
        account_id=AccountId(row.account_id),
        person_id=PersonId(row.person_id),
        provider=row.provider,
        level=row.level,
        authenticated_at=row.authenticated_at,
        family_name=row.family_name,
        given_names=tuple(row.given_names),
        id_token=row.id_token,
        mandate_id=row.mandate_id,
    )


def require_fresh(who: SignedIn, *, now: datetime) -> None:
    """Raise :class:`SignInStale` where this person proved who they are more than :data:`FRESH` ago."""
    if now - who.authenticated_at > FRESH:
        raise SignInStale


def _record_civil_status(tx: WriteTx, person_id: PersonId, identity: Identity, *, now: datetime) -> None:
    """Write down what the provider says, and retract what it said before where that differs."""
    facts: dict[str, object] = {
        "family_name": identity.family_name,
        "usage_name": identity.usage_name,
        "given_names": list(identity.given_names),
        "born_on": identity.born_on,
        "birth_place": identity.birth_place,
        "birth_country": identity.birth_country,
        "gender": identity.gender,
    }
    current = (CIVIL_STATUS.c.person_id == person_id, CIVIL_STATUS.c.retracted_at.is_(None))
    known = tx.execute(select(CIVIL_STATUS).where(*current)).mappings().one_or_none()
    if known is not None and all(known[name] == value for name, value in facts.items()):
        return
    grade = Grade.SELF_DECLARED if identity.level == SELF_DECLARED_LEVEL else Grade.SOURCE_PULLED
    if known is not None and GRADE_ORDER.index(grade) < GRADE_ORDER.index(known["grade"]):
        # Of two accounts of one person, what was typed in takes nothing away from what the state vouches for.
        return
    tx.execute(update(CIVIL_STATUS).where(*current).values(retracted_at=now))
    record_civil_status(tx, person_id, facts, source=identity.issuer, grade=grade, now=now)


def record_civil_status(
    tx: WriteTx, person_id: UUID, facts: dict[str, object], *, source: str, grade: Grade, now: datetime
) -> None:
    """Insert one civil status; ``facts`` holds the columns that describe the person."""
    given = tuple(str(name) for name in _names(facts["given_names"]))
    tx.execute(
        insert(CIVIL_STATUS).values(
            civil_status_id=new_uuid(),
            person_id=person_id,
            **facts,
            match_key=match_key(str(facts["family_name"]), given, str(facts["born_on"])),
            source=source,
            grade=grade,
            recorded_at=now,
        )
    )


def _names(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("given names are a list")
    return value


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret that was drawn at random."""
    return hashlib.sha256(secret.encode()).digest()
