"""Two accounts of one person become one, by the person's own act: signed in at both, and never by likeness of names."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update

from contracts.identifiers import AccountId, new_uuid
from hub.errors import AccountsDiffer, AccountsFull, LevelTooLow
from hub.persons.accounts import Identity, SignedIn, account_of
from hub.persons.tables import ACCOUNT, CIVIL_STATUS
from hub.requirements.names import match_key
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

LEVELS = ("self_declared", "eidas1", "eidas2", "eidas3")
"""Weakest first; what is not in the list is weaker than all of it."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """One way in which a person signs in."""

    issuer: str
    level: str
    current: bool


def join_accounts(tx: WriteTx, who: SignedIn, identity: Identity, *, now: datetime) -> None:
    """Let the account of ``identity``, proved just now, open the person who is signed in; the journal keeps it.

    Raises :class:`AccountsDiffer` where name or date of birth is another one's, and :class:`AccountsFull` where that
    account already holds papers, links or requests of its own: an agent looks at those.
    """
    if _key_of(tx, who.person_id) != match_key(identity.family_name, identity.given_names, identity.born_on):
        raise AccountsDiffer
    row = account_of(tx, identity)
    if row is not None and row.person_id == who.person_id:
        return
    if row is None:
        added = {"account_id": AccountId(new_uuid()), "issuer": identity.issuer, "subject": identity.subject}
        tx.execute(insert(ACCOUNT).values(**added, person_id=who.person_id, level=identity.level, created_at=now))
    elif _holds_something(tx, row.person_id):
        raise AccountsFull
    else:
        joined = update(ACCOUNT).where(ACCOUNT.c.account_id == row.account_id)
        tx.execute(joined.values(person_id=who.person_id, level=identity.level))
    detail = {"step": "account_joined", "issuer": identity.issuer, "level": identity.level}
    actor = Actor(ActorKind.RESIDENT, str(who.person_id))
    append(tx, JournalEntry(JournalAct.SIGN_IN, actor, subjects=(who.person_id,), detail=detail))


def accounts_of(tx: ReadTx, who: SignedIn) -> list[OwnAccount]:
    """Return every account that opens this person, the oldest first."""
    rows = tx.execute(
        select(ACCOUNT).where(ACCOUNT.c.person_id == who.person_id).order_by(ACCOUNT.c.created_at, ACCOUNT.c.account_id)
    )
    return [OwnAccount(row.issuer, row.level, row.account_id == who.account_id) for row in rows]


def require_own_level(tx: ReadTx, who: SignedIn) -> None:
    """Raise :class:`LevelTooLow` where this person has an account of a higher level than the one signed in with.

    What destroys, takes away or opens takes the strongest of one's own ways to sign in: a weaker one, joined later,
    opens one's papers and gives none of them away.
    """
    if any(_rank(one.level) > _rank(who.level) for one in accounts_of(tx, who)):
        raise LevelTooLow


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def _key_of(tx: ReadTx, person_id: UUID) -> str:
    current = (CIVIL_STATUS.c.person_id == person_id, CIVIL_STATUS.c.retracted_at.is_(None))
    found: str = tx.execute(select(CIVIL_STATUS.c.match_key).where(*current)).scalar_one()
    return found


def _holds_something(tx: ReadTx, person_id: UUID) -> bool:
    # The person signed in is shown nothing of the other's, so « none seen » would say nothing (ADR 0029).
    return bool(tx.execute(select(func.hub.holds_something(person_id))).scalar_one())
