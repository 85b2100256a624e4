"""Refused credentials, counted by the minute; the first of each kind in a minute is in the journal."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.identifiers import Siret
from hub.partners.tables import CREDENTIAL_REFUSAL, PARTNER
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

KEPT = timedelta(days=1096)
"""36 months, as traces are."""
_NOBODY = ""


class Place(StrEnum):
    """Where it happened."""

    TOKEN = "token"  # noqa: S105 - the name of an end-point, no secret
    REVOCATION = "revocation"
    RESOURCE = "resource"


def count_refusal(
    tx: WriteTx, place: Place, reason: Exception, *, siret: Siret | None, proven: bool, now: datetime
) -> None:
    """Count one refusal; of what was presented nothing is kept but the class of ``reason``.

    ``siret`` is whom it concerns, if anybody: the partner itself where ``proven``, else one that was only claimed.
    """
    row = {
        "minute": now.replace(second=0, microsecond=0),
        "siret": siret or _NOBODY,
        "place": place.value,
        "reason": type(reason).__name__,
    }
    counted = (
        insert(CREDENTIAL_REFUSAL)
        .values(**row, times=1, expires_at=now + KEPT)
        .on_conflict_do_update(index_elements=list(row), set_={"times": CREDENTIAL_REFUSAL.c.times + 1})
        .returning(CREDENTIAL_REFUSAL.c.times)
    )
    if tx.execute(counted).scalar_one() > 1:
        return
    actor = Actor(ActorKind.PARTNER, siret) if proven and siret else Actor(ActorKind.PROCESS, "release")
    detail = {"reason": type(reason).__name__, "place": place.value}
    append(tx, JournalEntry(JournalAct.REFUSE, actor, recipient=siret, detail=detail))


def siret_of(tx: WriteTx, client_id: str) -> Siret | None:
    """Return whom a client identifier names, if anybody."""
    found = tx.look(select(PARTNER.c.siret).where(PARTNER.c.slug == client_id)).scalar_one_or_none()
    return None if found is None else Siret(found)
