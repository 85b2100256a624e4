"""The residents' pages put together: home, children, démarches, papers, and who saw what."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from hub.api.callers import DoorDep, Resident, prove_afresh, resident_or_nobody
from hub.authorisations.listing import asked_count
from hub.errors import NothingHere
from hub.persons.family import children_of, claim_child
from hub.persons.residences import question_of, residence_on
from hub.requests.confirming import Consent, asked_of
from hub.requests.open import open_request
from hub.school_files.view import school_files
from hub.trace import trace_of
from hub.web import (
    agents,
    counter,
    events,
    exchanged,
    explaining,
    helping,
    homes,
    majority,
    papers,
    reaching,
    replacing,
    same_child,
    sharing,
)
from hub.web.asking import AskForm, acknowledgement_page, ask_form, wish_of
from hub.web.forms import ClaimForm, FieldError, Fields
from hub.web.ops import ending as ops_ending
from hub.web.ops import exchanges as ops_exchanges
from hub.web.ops import folders as ops_folders
from hub.web.ops import pipelines as ops_pipelines
from hub.web.ops import replays as ops_replays
from hub.web.ops import waiting as ops_waiting
from hub.web.queries import acknowledgement_of, requests_of
from hub.web.rendering import STATIC_FOLDER, Visitor, render, visitor
from hub.web.views import child_cards, moved_question
from hub.web.words import PARIS

router = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    """Serve the pages and what they are made of."""
    app.include_router(router)
    app.include_router(papers.router)
    app.include_router(replacing.router)
    app.include_router(events.router)
    app.include_router(homes.router)
    app.include_router(majority.router)
    app.include_router(same_child.router)
    app.include_router(reaching.router)
    app.include_router(explaining.asking)
    app.include_router(exchanged.router)
    app.include_router(sharing.asking)
    app.include_router(agents.router)
    app.include_router(counter.router)
    app.include_router(helping.router)
    for console in (ops_exchanges, ops_waiting, ops_folders, ops_replays, ops_ending, ops_pipelines):
        app.include_router(console.router)
    app.mount("/static", StaticFiles(directory=STATIC_FOLDER), name="static")


@router.get("/")
def show_home(request: Request, door: DoorDep) -> HTMLResponse:
    """Say what this is and offer to sign in; or show one's children and their school files."""
    who = resident_or_nobody(request)
    if who is None:
        return render(request, "welcome.html", return_to="/")
    with door.custody.db.read() as tx:
        children = children_of(tx, who.person_id)
        files = school_files(tx, door.catalogue, who.person_id)
        asked = [one for one in asked_of(tx, door.catalogue, who.person_id) if one.state is Consent.WAITING]
        shown, home = question_of(tx, who.person_id), residence_on(tx, who.person_id, _today(door.custody.now()))
        wanted = asked_count(tx, who.person_id)
    cards = child_cards(children, files, _today(door.custody.now()))
    question = None if shown is None or home is None else moved_question(shown, home)
    told = {"agreements": len(asked), "wanted": wanted}
    soon = majority.growing(children, today=_today(door.custody.now()))
    return render(request, "home.html", who=visitor(who), children=cards, growing=soon, question=question, **told)


@router.get("/enfants")
def show_children(request: Request, door: DoorDep, who: Resident, recu: str = "") -> HTMLResponse:
    """Show the children whose link is proved, and how to add one."""
    return _children_page(request, door, who, ClaimForm(), recu=recu)


@router.post("/enfants")
def claim(request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Write down that a child is one's own; what is answered is the same for every child."""
    form, now = ClaimForm.of(fields), door.custody.now()
    errors, born = form.errors(now.astimezone(PARIS).date()), form.birth()
    with door.custody.db.transaction() as tx:
        if not errors and born is not None:
            claim_child(tx, who.person_id, family_name=form.family_name, given_names=form.names, born_on=born, now=now)
            return RedirectResponse("/enfants?recu=oui", 303)
    return _children_page(request, door, who, form, errors=errors)


def _children_page(
    request: Request,
    door: DoorDep,
    who: Resident,
    form: ClaimForm,
    *,
    errors: tuple[FieldError, ...] = (),
    recu: str = "",
) -> HTMLResponse:
    with door.custody.db.read() as tx:
        own = children_of(tx, who.person_id)
        merged = same_child.merged(tx, own)
    return render(
        request,
        "children.html",
        who=visitor(who),
        status=422 if errors else 200,
        children=child_cards(own, (), _today(door.custody.now())),
        twice=same_child.twice(own),
        merged=merged,
        form=form,
        errors=errors,
        received=recu,
    )


@router.get("/demandes")
def show_requests(request: Request, door: DoorDep, who: Resident) -> HTMLResponse:
    """Show one's démarches, newest first."""
    with door.custody.db.read() as tx:
        found = requests_of(tx, who.person_id)
    return render(request, "requests.html", who=visitor(who), requests=found)


@router.get("/demandes/nouvelle")
def ask(request: Request, door: DoorDep, who: Resident) -> HTMLResponse:
    """Ask one thing after another: child, year and service; the body; then the notice and the two boxes."""
    fields = dict(request.query_params)
    with door.custody.db.read() as tx:
        children = children_of(tx, who.person_id)
    form = ask_form(door.catalogue, children, fields, today=_today(door.custody.now()), checked="service" in fields)
    return _ask_page(request, visitor(who), form)


@router.post("/demandes/nouvelle")
def send_request(request: Request, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Open the démarche, once its accuracy is sworn (CRPA L.113-13)."""
    now, sworn = door.custody.now(), fields.get("accuracy_sworn") == "oui"
    if fields.get("reuse_authorised") == "oui":
        prove_afresh(door, who)
    with door.custody.db.transaction() as tx:
        form = ask_form(door.catalogue, children_of(tx, who.person_id), fields, today=_today(now), checked=True)
        if form.step == "confirm" and sworn:
            wish = wish_of(form, accuracy_sworn=sworn)
            request_id, _ = open_request(tx, door.catalogue, who.person_id, wish, now=now)
            return RedirectResponse(f"/demandes/{request_id}", 303)
    unsworn = FieldError("accuracy_sworn", "Cochez cette case pour pouvoir envoyer votre demande.")
    return _ask_page(request, visitor(who), form, (*form.errors, *((unsworn,) if form.step == "confirm" else ())))


@router.get("/demandes/{request_id}")
def show_acknowledgement(request_id: UUID, request: Request, door: DoorDep, who: Resident) -> HTMLResponse:
    """Show the acknowledgement of one's démarche, as it was given."""
    with door.custody.db.read() as tx:
        content = acknowledgement_of(tx, who.person_id, request_id)
    if content is None:
        raise NothingHere
    return render(request, "acknowledgement.html", who=visitor(who), given=acknowledgement_page(content))


@router.get("/acces")
def show_accesses(request: Request, door: DoorDep, who: Resident) -> HTMLResponse:
    """Show who saw what and why, newest first (CRPA R.114-9-7)."""
    with door.custody.db.read() as tx:
        lines = trace_of(tx, door.catalogue, who.person_id)
    return render(request, "accesses.html", who=visitor(who), lines=lines)


def _ask_page(
    request: Request, who: Visitor, form: AskForm, errors: tuple[FieldError, ...] | None = None
) -> HTMLResponse:
    shown = form.errors if errors is None else errors
    return render(request, f"ask_{form.step}.html", who=who, status=422 if shown else 200, form=form, errors=shown)


def _today(now: datetime) -> date:
    return now.astimezone(PARIS).date()
