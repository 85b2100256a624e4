"""Whether the City's own dashboard shows somebody where their requests stand: shown unless they, or their situation, say no."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from hub.notifications.choosing import Chooser
from hub.notifications.tables import DASHBOARD_CHOICE
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import ActorKind, JournalAct, JournalEntry


def shows_dashboard(tx: ReadTx, person_id: UUID) -> bool:
    """Tell whether it does; who never chose is shown, unless their address is confidential (RGPD art. 21 and 25)."""
    return bool(tx.execute(select(func.hub.shows_dashboard(person_id))).scalar_one())


def choose_dashboard(tx: WriteTx, person_id: UUID, chooser: Chooser, *, shown: bool, now: datetime) -> None:
    """Keep what a person wants; nothing more is sent from the commit on where they want nothing shown. Harmless to repeat."""
    row = {"shown": shown, "chosen_at": now}
    keeping = insert(DASHBOARD_CHOICE).values(person_id=person_id, **row)
    tx.execute(keeping.on_conflict_do_update(index_elements=[DASHBOARD_CHOICE.c.person_id], set_=row))
    where = "" if chooser.actor.kind is ActorKind.RESIDENT else "_at_counter"
    detail = {"step": f"dashboard_{'on' if shown else 'off'}{where}"}
    append(
        tx,
        JournalEntry(JournalAct.REQUEST, chooser.actor, subjects=(person_id,), recipient=chooser.body, detail=detail),
    )
