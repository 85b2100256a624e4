"""Plans of repeats: choose, see how many that is, plan at a pace, and pause, resume or cancel."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.api.callers import DoorDep, Operator
from hub.errors import InvalidValue
from hub.exchanges.replaying import PlanState, change, create, plan_of, plans, preview
from hub.exchanges.searching import names_seen
from hub.web.forms import Fields
from hub.web.ops import views, words
from hub.web.ops.exchanges import FIELDS, binding_options, filters_of, result_options
from hub.web.rendering import agent_visitor, render

router = APIRouter(include_in_schema=False)
HOME = "/ops/reprises"


@router.get(HOME)
def show_plans(request: Request, door: DoorDep, who: Operator) -> HTMLResponse:
    """Show the plans there are, and the form that chooses; with a binding chosen, how many it would hold."""
    chosen = {name: request.query_params.get(name, "").strip() for name in FIELDS}
    with door.custody.db.read() as tx:
        names, known = names_seen(tx), plans(tx)
        counted = preview(tx, filters_of(chosen)) if chosen["binding"] else None
    return render(
        request,
        "ops_replays.html",
        who=agent_visitor(who),
        changes=who.operates(door.settings.operated_by, changes=True),
        plans=[views.plan_card(one) for one in known],
        counted=counted,
        by_state=[] if counted is None else [(words.STATES[state], many) for state, many in counted.by_state.items()],
        bindings=binding_options(door, names, chosen["binding"]),
        results=result_options(chosen["resultat"]),
        chosen=chosen,
    )


@router.post(HOME)
def plan(door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Write a plan down, at a pace and for a reason."""
    try:
        pace = int(fields.get("par_minute", ""))
    except ValueError:
        raise InvalidValue("par_minute: a number") from None
    filters = filters_of({name: fields.get(name, "") for name in FIELDS})
    with door.custody.db.transaction() as tx:
        plan_id = create(
            tx, filters, fields.get("raison", ""), per_minute=pace, actor=who.actor, now=door.custody.now()
        )
    return RedirectResponse(f"{HOME}/{plan_id}?fait=reprise", 303)


@router.get(HOME + "/{plan_id}")
def show_plan(plan_id: UUID, request: Request, door: DoorDep, who: Operator, fait: str = "") -> HTMLResponse:
    """Show one plan and how far it is."""
    with door.custody.db.read() as tx:
        found = plan_of(tx, plan_id)
    return render(
        request,
        "ops_replay.html",
        who=agent_visitor(who),
        done=words.DONE.get(fait),
        changes=who.operates(door.settings.operated_by, changes=True),
        plan=views.plan_card(found),
    )


@router.post(HOME + "/{plan_id}")
def change_plan(plan_id: UUID, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Pause, resume or cancel a plan."""
    try:
        to = PlanState(fields.get("vers", ""))
    except ValueError:
        raise InvalidValue("vers: one of the list") from None
    with door.custody.db.transaction() as tx:
        change(tx, plan_id, to, actor=who.actor, now=door.custody.now())
    return RedirectResponse(f"{HOME}/{plan_id}?fait=change", 303)
