"""The calendar of what ends: agreements, keys under change, and the deviations that connectors tolerate."""

from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from connectors.port import manifests
from contracts.calendar import paris_day
from hub.api.callers import DoorDep, Operator
from hub.partners.due import Due, Ends, due
from hub.web.rendering import agent_visitor, render

router = APIRouter(include_in_schema=False)
HOME = "/ops/calendrier"
SOON = timedelta(days=60)
"""A convention takes two months to be voted anew."""
_WHAT = {
    Ends.AGREEMENT: "Convention",
    Ends.WEBHOOK_KEY: "Ancienne clé de webhook",
    Ends.PARTNER_KEYS: "Plusieurs clés : un changement est en cours, l'ancienne est à retirer",
    Ends.DEVIATION: "Écart toléré d'un connecteur",
}


@router.get(HOME)
def show_calendar(request: Request, door: DoorDep, who: Operator) -> HTMLResponse:
    """Show what ends and when, what is over first."""
    now = door.custody.now()
    with door.custody.db.read() as tx:
        found = [*due(tx, now=now), *_deviations()]
    lines = sorted(found, key=lambda one: (one.on or date.max, one.of, one.which))
    today = paris_day(now)
    return render(
        request,
        "ops_calendar.html",
        who=agent_visitor(who),
        lines=[(one.on, _badge(one.on, today), _WHAT[one.what], one.of, one.which) for one in lines],
    )


def _deviations() -> list[Due]:
    return [
        Due(Ends.DEVIATION, name, f"{one.id}, {one.owner}", one.expires)
        for name, manifest in manifests().items()
        for one in manifest.deviations
    ]


def _badge(on: date | None, today: date) -> tuple[str, str]:
    if on is None:
        return "waiting", "en cours"
    if on < today:
        return "missing", "fini"
    return ("missing", "bientôt") if on <= today + SOON else ("done", "en vigueur")
