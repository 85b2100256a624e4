"""What waits for an operator: exchanges in doubt or in quarantine, messages, webhooks that take nothing, papers."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import text

from contracts.identifiers import Siret
from hub.api.callers import DoorDep, Operator
from hub.errors import InvalidValue
from hub.exchanges.searching import needs_person
from hub.notifications.doubts import Settled, doubts
from hub.notifications.doubts import settle as settle_message
from hub.notifications.held import held_webhooks
from hub.notifications.letting_go import NOTICE
from hub.notifications.replays import open_again
from hub.notifications.stuck import let_go_one, queue_of, send_now, tell_partner
from hub.web.forms import Fields
from hub.web.ops import views, waiting_views, words
from hub.web.rendering import agent_visitor, render

router = APIRouter(include_in_schema=False)
HOME = "/ops/en-attente"
LOOKED_BACK = timedelta(days=90)
"""How long after it was written a message is listed: the last reminder of it is long over."""
_QUARANTINED = text("SELECT many, since FROM hub.papers_quarantined()")


@router.get(HOME)
def show_waiting(request: Request, door: DoorDep, who: Operator, fait: str = "") -> HTMLResponse:
    """Show everything that waits for a person, oldest first; persons are counted, never named."""
    now = door.custody.now()
    with door.custody.db.read() as tx:
        lines = needs_person(tx)
        messages = doubts(tx, since=now - LOOKED_BACK)
        webhooks = held_webhooks(tx)
        papers = tx.execute(_QUARANTINED).one()
    return render(
        request,
        "ops_waiting.html",
        who=agent_visitor(who),
        done=words.DONE.get(fait),
        changes=who.operates(door.settings.operated_by, changes=True),
        lines=[views.line_card(one) for one in lines],
        messages=[waiting_views.message_card(one) for one in messages],
        webhooks=[waiting_views.webhook_card(one) for one in webhooks],
        papers=papers.many,
        papers_since=words.exact(papers.since),
    )


@router.post(HOME + "/messages/{message_id}")
def decide_message(message_id: UUID, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Write down that a message arrived, or have it sent again; the journal keeps the reason."""
    try:
        how = Settled(fields.get("comment", ""))
    except ValueError:
        raise InvalidValue("comment: one of the list") from None
    with door.custody.db.transaction() as tx:
        settle_message(tx, message_id, how, fields.get("raison", ""), actor=who.actor, now=door.custody.now())
    return RedirectResponse(f"{HOME}?fait=message", 303)


@router.post(HOME + "/webhooks/{siret}")
def reopen(siret: str, door: DoorDep, who: Operator) -> Response:
    """Have a partner's notifications sent again from now on."""
    with door.custody.db.transaction() as tx:
        open_again(tx, Siret(siret), actor=who.actor, now=door.custody.now())
    return RedirectResponse(f"{HOME}?fait=webhook", 303)


@router.get(HOME + "/webhooks/{siret}")
def show_webhook(siret: str, request: Request, door: DoorDep, who: Operator, fait: str = "") -> HTMLResponse:
    """Show what one partner's webhook does not take, one by one; not what it says, nor of whom."""
    now = door.custody.now()
    with door.custody.db.read() as tx:
        found = queue_of(tx, siret)
    return render(
        request,
        "ops_webhook.html",
        who=agent_visitor(who),
        done=words.DONE.get(fait),
        changes=who.operates(door.settings.operated_by, changes=True),
        queue=found,
        off=words.WEBHOOKS.get(found.off_for, ""),
        told=words.exact(found.told_at),
        may_tell=found.told_at is None or found.told_at <= now - NOTICE,
        lines=[waiting_views.stuck_card(one, now=now) for one in found.shown],
    )


@router.post(HOME + "/webhooks/{siret}/prevenir")
def tell(siret: str, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Write to a partner that what its webhook does not take may go unsent."""
    with door.custody.db.transaction() as tx:
        tell_partner(tx, siret, fields.get("raison", ""), actor=who.actor, now=door.custody.now())
    return RedirectResponse(f"{HOME}/webhooks/{siret}?fait=prevenu", 303)


@router.post(HOME + "/webhooks/{siret}/annonces/{delivery_id}")
def decide_notification(siret: str, delivery_id: UUID, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Have one notification sent at once, or let it go once its partner was told."""
    acts = {"envoyer": (send_now, "annonce"), "abandonner": (let_go_one, "abandon")}
    how = fields.get("comment", "")
    if how not in acts:
        raise InvalidValue("comment: one of the list")
    act, word = acts[how]
    with door.custody.db.transaction() as tx:
        act(tx, delivery_id, fields.get("raison", ""), actor=who.actor, now=door.custody.now())
    return RedirectResponse(f"{HOME}/webhooks/{siret}?fait={word}", 303)
