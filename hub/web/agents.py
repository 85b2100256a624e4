"""The agents' pages: the queue of their bodies, one review, and the decision; nothing works by JavaScript alone."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.api.callers import Agent, DoorDep, agent_or_nobody
from hub.bootstrap import Door
from hub.errors import InvalidValue, ReviewNotTaken
from hub.persons.agents import Role, SignedInAgent
from hub.reviews import looking
from hub.reviews.deciding import decide, give_back, take
from hub.reviews.queue import Filters, backlogs, list_reviews
from hub.reviews.subjects import ReviewDetail, detail_of
from hub.reviews.two_records import say_same_child
from hub.web import agent_views as views
from hub.web.agent_words import FAMILY_LINK
from hub.web.forms import FieldError, Fields, number_of
from hub.web.rendering import agent_visitor, render
from hub.web.views import Option

router = APIRouter(include_in_schema=False)
HOME = "/agents"
SHOWN = 20
_DONE = {
    "decision": "Votre décision est enregistrée. La famille la lira dans son dossier.",
    "lien": "Votre décision est enregistrée.",
    "avis": "Votre avis est enregistré. Un collègue donnera le sien.",
    "doublon": "Deux agents diront si c'est un seul enfant. Votre dossier reste à décider.",
    "rendu": "Le dossier est de nouveau dans la file.",
}


@router.get(HOME)
def show_queue(request: Request, door: DoorDep, fait: str = "", suite: str = "") -> HTMLResponse:
    """Show what waits for the agent's own bodies, oldest first; or offer to sign in."""
    who = agent_or_nobody(request)
    if who is None:
        return render(request, "agents_welcome.html")
    chosen = {name: request.query_params.get(name, "") for name in ("service", "body", "mine")}
    filters = Filters(chosen["service"] or None, chosen["body"] or None, mine=chosen["mine"] == "oui")
    now = door.custody.now()
    with door.custody.db.read() as tx:
        known = backlogs(tx, who, now=now)
        page = list_reviews(tx, who, filters, after=suite or None, limit=SHOWN, now=now)
    return render(
        request,
        "agents_queue.html",
        who=agent_visitor(who),
        done=_DONE.get(fait),
        reviewer=bool(who.bodies(Role.REVIEWER)),
        backlogs=[views.backlog_card(door.catalogue, one, now=now) for one in known],
        reviews=[views.review_card(door.catalogue, one, now=now) for one in page.lines],
        services=_services(door, chosen["service"]),
        bodies=_bodies(door, who, chosen["body"]),
        chosen=chosen,
        next=page.next,
    )


@router.get(HOME + "/dossiers/{review_id}")
def show_review(review_id: UUID, request: Request, door: DoorDep, who: Agent) -> HTMLResponse:
    """Show one review: in short until it is taken, then whole."""
    now = door.custody.now()
    with door.custody.db.read() as tx:
        line, detail = detail_of(tx, who, review_id, now=now)
    if detail is None:
        card = views.review_card(door.catalogue, line, now=now)
        return render(
            request, "agents_review.html", who=agent_visitor(who), card=card, free=line.state == "waiting", page=None
        )
    return _review_page(request, door, who, detail)


@router.post(HOME + "/dossiers/{review_id}/prendre")
def take_review(review_id: UUID, door: DoorDep, who: Agent) -> Response:
    """Take a review, or keep it longer."""
    with door.custody.db.transaction() as tx:
        take(tx, who, review_id, now=door.custody.now())
    return RedirectResponse(f"{HOME}/dossiers/{review_id}", 303)


@router.post(HOME + "/dossiers/{review_id}/rendre")
def give_review_back(review_id: UUID, door: DoorDep, who: Agent) -> Response:
    """Give a review back to the queue."""
    with door.custody.db.transaction() as tx:
        give_back(tx, who, review_id, now=door.custody.now())
    return RedirectResponse(f"{HOME}?fait=rendu", 303)


@router.post(HOME + "/dossiers/{review_id}/meme-enfant")
def same_child(review_id: UUID, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Put two of the children to two agents, as one child recorded twice."""
    records = (number_of(fields, "child"), number_of(fields, "other"))
    with door.custody.db.transaction() as tx:
        say_same_child(tx, who, review_id, records, now=door.custody.now())
    return RedirectResponse(f"{HOME}?fait=doublon", 303)


@router.post(HOME + "/dossiers/{review_id}/voir")
def look(review_id: UUID, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Lead to the door that can open the paper, with a ticket for one look."""
    if fields.get("shown") == "copy":
        ticket = looking.issue(door.custody, door.catalogue, who, review_id, "copy")
        return RedirectResponse(f"{door.settings.release_url}/looks/copy/{ticket}", 303)
    if fields.get("shown") == "notes":
        ticket = looking.issue(door.custody, door.catalogue, who, review_id, "notes")
        return RedirectResponse(f"{door.settings.release_url}/looks/notes/{ticket}", 303)
    ticket = looking.issue(door.custody, door.catalogue, who, review_id, "values")
    return RedirectResponse(f"{door.settings.release_url}/looks/values/{ticket}", 303)


@router.post(HOME + "/dossiers/{review_id}/decider")
def decide_review(review_id: UUID, request: Request, door: DoorDep, who: Agent, fields: Fields) -> Response:
    """Write the decision down, or show the form again with what is wrong in it."""
    now = door.custody.now()
    with door.custody.db.transaction() as tx:
        line, detail = detail_of(tx, who, review_id, now=now)
        if detail is None:
            raise ReviewNotTaken
        opinion, errors = views.opinion_of(detail, fields)
        if opinion is None:
            return _review_page(request, door, who, detail, sent=fields, errors=errors)
        try:
            decided = decide(tx, door.custody, who, review_id, opinion, now=now)
        except InvalidValue as refusal:
            wrong = FieldError("reason", f"Cette décision ne tient pas : {refusal.detail}.")
            return _review_page(request, door, who, detail, sent=fields, errors=(wrong,))
    word = "avis" if not decided else "lien" if line.kind == "family_link" else "decision"
    return RedirectResponse(f"{HOME}?fait={word}", 303)


def _review_page(
    request: Request,
    door: Door,
    who: SignedInAgent,
    detail: ReviewDetail,
    *,
    sent: dict[str, str] | None = None,
    errors: tuple[FieldError, ...] = (),
) -> HTMLResponse:
    page = views.review_page(door.catalogue, detail, now=door.custody.now(), sent=sent)
    return render(
        request,
        "agents_review.html",
        who=agent_visitor(who),
        status=422 if errors else 200,
        card=page.card,
        free=False,
        page=page,
        until=detail.line.mine_until,
        errors=errors,
    )


def _services(door: Door, chosen: str) -> list[Option]:
    names = {name: service.name_fr for name, service in door.catalogue.services.items()} | {"family_link": FAMILY_LINK}
    return [Option(name, label, name == chosen) for name, label in names.items()]


def _bodies(door: Door, who: SignedInAgent, chosen: str) -> list[Option]:
    own = sorted(who.bodies(Role.REVIEWER))
    return [
        Option(body, door.catalogue.bodies[body].name, body == chosen) for body in own if body in door.catalogue.bodies
    ]
