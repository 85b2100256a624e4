"""The console's first pages: how each binding is, exchanges to be searched, and one of them with all its attempts."""

from collections.abc import Iterable
from datetime import datetime, time
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from connectors.port import OperationKind, WriteClass
from contracts.looks import LABELS_FR, LookReason
from contracts.outcomes import OutcomeKind
from hub.api.callers import DoorDep, Operator
from hub.bootstrap import Door
from hub.errors import InvalidValue
from hub.exchanges.doubts import Settled, ask_partner, may, settle
from hub.exchanges.editing import decide as decide_edit
from hub.exchanges.editing import editable, edits_of, may_edit, propose
from hub.exchanges.health import all_levels
from hub.exchanges.planning import State
from hub.exchanges.searching import Filters, Line, Whole, names_seen, one_exchange, open_by_binding, search
from hub.exchanges.showing import Why, issue
from hub.web.forms import Fields
from hub.web.ops import views, words
from hub.web.rendering import agent_visitor, render
from hub.web.views import Option
from hub.web.words import PARIS

router = APIRouter(include_in_schema=False)
HOME = "/ops"
EXCHANGES = f"{HOME}/echanges"


@router.get(HOME)
def show_bindings(request: Request, door: DoorDep, who: Operator) -> HTMLResponse:
    """Show every binding with its levels of health and since when, and what is open with it."""
    with door.custody.db.read() as tx:
        levels, still, names = all_levels(tx), open_by_binding(tx), names_seen(tx)
    cards = views.binding_cards(door, names, levels, still)
    return render(request, "ops_bindings.html", who=agent_visitor(who), cards=cards, names=list(words.LEVELS.values()))


@router.get(EXCHANGES)
def search_exchanges(request: Request, door: DoorDep, who: Operator, suite: str = "") -> HTMLResponse:
    """Show exchanges page by page, newest first, narrowed down by time, binding, outcome or correlation."""
    chosen = {name: request.query_params.get(name, "").strip() for name in FIELDS}
    filters = filters_of(chosen)
    with door.custody.db.read() as tx:
        page, names = search(tx, filters, after=suite or None), names_seen(tx)
    return render(
        request,
        "ops_exchanges.html",
        who=agent_visitor(who),
        lines=[views.line_card(one) for one in page.lines],
        next=page.after,
        bindings=binding_options(door, names, chosen["binding"]),
        results=result_options(chosen["resultat"]),
        chosen=chosen,
    )


@router.get(EXCHANGES + "/{exchange_id}")
def show_exchange(exchange_id: UUID, request: Request, door: DoorDep, who: Operator, fait: str = "") -> HTMLResponse:
    """Show one exchange: its timeline, each attempt with sizes and verdicts, and what may be decided of it."""
    with door.custody.db.read() as tx:
        found, edits = one_exchange(tx, exchange_id), edits_of(tx, exchange_id)
    changes = who.operates(door.settings.operated_by, changes=True)
    return render(
        request,
        "ops_exchange.html",
        who=agent_visitor(who),
        done=words.DONE.get(fait),
        one=views.exchange_page(door, found, edits),
        edits=[views.edit_card(one, exchange_id, who.agent_id, changes=changes) for one in edits],
        fields=_fields(found) if changes and not any(one.ended_at is None for one in edits) else [],
        decisions=_decisions(found.line, found) if changes else [],
        may_ask=changes and _may_ask(found),
        may_look=changes and found.connector is not None,
        looks=[Option(one.value, label, chosen=False) for one, label in LABELS_FR.items()],
    )


@router.post(EXCHANGES + "/{exchange_id}/decider")
def decide(exchange_id: UUID, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Write down what became of an exchange, or have it carried out again; the journal keeps the reason."""
    try:
        how = Settled(fields.get("comment", ""))
    except ValueError:
        raise InvalidValue("comment: one of the list") from None
    with door.custody.db.transaction() as tx:
        settle(tx, exchange_id, how, fields.get("raison", ""), actor=who.actor, now=door.custody.now())
    return RedirectResponse(f"{EXCHANGES}/{exchange_id}?fait=decide", 303)


@router.post(EXCHANGES + "/{exchange_id}/demander")
def ask(exchange_id: UUID, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Have the partner asked what became of an exchange in doubt."""
    with door.custody.db.transaction() as tx:
        ask_partner(tx, exchange_id, fields.get("raison", ""), actor=who.actor, now=door.custody.now())
    return RedirectResponse(f"{EXCHANGES}/{exchange_id}?fait=demande", 303)


@router.post(EXCHANGES + "/{exchange_id}/voir/{number}")
def look(exchange_id: UUID, number: int, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Lead to the door that can open the bytes of one attempt, with a ticket for one look and its reason."""
    try:
        why = Why(LookReason(fields.get("motif", "")), fields.get("raison", ""))
    except ValueError:
        raise InvalidValue("motif: one of the list") from None
    with door.custody.db.transaction() as tx:
        ticket = issue(tx, exchange_id, number, why, agent=who, now=door.custody.now())
    return RedirectResponse(f"{door.settings.release_url}/looks/exchange/{ticket}", 303)


@router.post(EXCHANGES + "/{exchange_id}/modifier")
def edit(exchange_id: UUID, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Propose to repeat an exchange with other values; another operator lets it go."""
    changes = {name.removeprefix(FIELD): value for name, value in fields.items() if name.startswith(FIELD)}
    with door.custody.db.transaction() as tx:
        propose(tx, exchange_id, changes, fields.get("raison", ""), author=who.actor, now=door.custody.now())
    return RedirectResponse(f"{EXCHANGES}/{exchange_id}?fait=modifie", 303)


@router.post(EXCHANGES + "/{exchange_id}/modification")
def decide_on_edit(exchange_id: UUID, door: DoorDep, who: Operator, fields: Fields) -> Response:
    """Let an edited repeat go that another operator proposed, or decline it."""
    how = fields.get("comment", "")
    if how not in ("approuver", "ecarter"):
        raise InvalidValue("comment: one of the list")
    approved, now = how == "approuver", door.custody.now()
    with door.custody.db.transaction() as tx:
        decide_edit(tx, exchange_id, fields.get("raison", ""), approved=approved, actor=who.actor, now=now)
    return RedirectResponse(f"{EXCHANGES}/{exchange_id}?fait={'approuve' if approved else 'ecarte'}", 303)


FIELD = "champ."
FIELDS = ("binding", "resultat", "depuis", "jusqu_a", "correlation", "operation")


def filters_of(chosen: dict[str, str]) -> Filters:
    """Return what a form of search asks for; raises :class:`InvalidValue` for what it cannot say.

    Days are those of Paris; a result is a state that is not the end, or what the exchange came to.
    """
    state, outcome = None, None
    told = chosen.get("resultat", "")
    if told:
        try:
            kind, _, word = told.partition(":")
            state = State(word) if kind == "etat" else None
            outcome = OutcomeKind(word) if kind != "etat" else None
        except ValueError:
            raise InvalidValue("resultat: one of the list") from None
    return Filters(
        binding=chosen.get("binding") or None,
        since=_moment(chosen.get("depuis", "")),
        until=_moment(chosen.get("jusqu_a", "")),
        state=state,
        outcome=outcome,
        correlation=chosen.get("correlation") or None,
        operation=chosen.get("operation") or None,
    )


def binding_options(door: Door, names: Iterable[str], chosen: str) -> list[Option]:
    """Return the bindings to choose from, each with the name of the body at its other end."""
    return [
        Option(card.slug, f"{card.slug} ({card.partner})", card.slug == chosen) for card in views.known(door, names)
    ]


def result_options(chosen: str) -> list[Option]:
    """Return what an exchange can have come to, and the states in which it has not."""
    states = [(f"etat:{one.value}", words.STATES[one]) for one in State if one is not State.SETTLED]
    outcomes = [(f"issue:{one.value}", words.OUTCOMES[one]) for one in OutcomeKind if one is not OutcomeKind.IN_DOUBT]
    return [Option(value, label, value == chosen) for value, label in (*states, *outcomes)]


def _decisions(line: Line, found: Whole) -> list[Option]:
    labels = {
        Settled.HAPPENED: "Appliqué : le partenaire l'a bien",
        Settled.AGAIN: "Non appliqué : à envoyer de nouveau",
        Settled.CANCELLED: "Abandonné : plus rien à envoyer",
    }
    return [Option(how.value, labels[how], chosen=False) for how in Settled if may(how, line.state, found.write_class)]


def _fields(found: Whole) -> list[tuple[str, str, str]]:
    """Return the fields that may be written anew where this exchange is repeated: name, label and how it is written."""
    line = found.line
    if not may_edit(line.state, line.outcome, found.kind, found.write_class):
        return []
    return [(name, *words.FIELDS[name]) for name in editable(found.connector, line.operation)]


def _may_ask(found: Whole) -> bool:
    lookup = found.write_class == WriteClass.LOOKUP and found.kind == OperationKind.PUSH
    return found.line.state is State.IN_DOUBT and lookup


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue("depuis, jusqu_a: 2026-09-01, or 2026-09-01T08:30") from None
    if found.tzinfo is not None:
        return found
    return datetime.combine(found.date(), found.time() or time.min, PARIS)
