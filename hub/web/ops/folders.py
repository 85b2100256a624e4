"""Folders of HubEE that were set aside: how many and why, looked at again or given up; nothing of what they hold."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.api.callers import DoorDep, Operator
from hub.errors import InvalidValue
from hub.exchanges.folders_aside import folders_aside, give_up, look_again
from hub.web.forms import Fields
from hub.web.ops import waiting_views, words
from hub.web.rendering import agent_visitor, render

router = APIRouter(include_in_schema=False)
HOME = "/ops/dossiers"


@router.get(HOME)
def show_folders(request: Request, door: DoorDep, who: Operator, fait: str = "") -> HTMLResponse:
    """Show the folders that were set aside, counted by why, and the oldest of them."""
    with door.custody.db.read() as tx:
        found = folders_aside(tx)
    return render(
        request,
        "ops_folders.html",
        who=agent_visitor(who),
        done=words.DONE.get(fait),
        changes=who.operates(door.settings.operated_by, changes=True),
        counts=[(binding, words.FOLDERS.get(why, why), many) for binding, why, many in found.counts],
        lines=[waiting_views.folder_card(door, one) for one in found.shown],
    )


@router.post(HOME + "/{binding}/{notification_id}")
def decide(binding: str, notification_id: UUID, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Have a folder looked at again, or given up and its sender told; the journal keeps the reason."""
    how, reason, folder = fields.get("comment", ""), fields.get("raison", ""), (binding, notification_id)
    if how not in ("reessayer", "abandonner"):
        raise InvalidValue("comment: one of the list")
    with door.custody.db.transaction() as tx:
        if how == "reessayer":
            look_again(tx, folder, reason, actor=who.actor, now=door.custody.now())
        else:
            give_up(tx, folder, reason, actor=who.actor)
    return RedirectResponse(f"{HOME}?fait={'dossier' if how == 'reessayer' else 'abandon_dossier'}", 303)
