"""The page « Mes autorisations »: who may see what, why, until when; each taken back with one click from here."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from contracts.authorisations import AuthorisationState, Frequency
from hub.api.callers import DoorDep, FreshResident, Resident
from hub.authorisations import deciding
from hub.authorisations.listing import AuthorisationView, authorisations_of, may_allow
from hub.errors import InvalidValue
from hub.releases.informing import Information, Informing, informations_of, oppose
from hub.web import words
from hub.web.forms import Fields
from hub.web.rendering import render, visitor

router = APIRouter(include_in_schema=False)
PATH = "/autorisations"
_WORDS = {
    AuthorisationState.REQUESTED: ("waiting", "Le service attend votre réponse"),
    AuthorisationState.ACTIVE: ("done", "En cours"),
    AuthorisationState.PAUSED: ("waiting", "En pause"),
    AuthorisationState.WITHDRAWN: ("off", "Retirée"),
    AuthorisationState.REFUSED: ("off", "Refusée"),
    AuthorisationState.EXPIRED: ("off", "Terminée"),
}
_SENTENCES = {
    AuthorisationState.REQUESTED: "Tant que vous n'avez pas dit oui, le service ne reçoit rien.",
    AuthorisationState.ACTIVE: "Le service peut demander ces documents.",
    AuthorisationState.PAUSED: "Le service ne reçoit rien tant que vous ne reprenez pas.",
    AuthorisationState.WITHDRAWN: "Le service ne reçoit plus rien.",
    AuthorisationState.REFUSED: "Le service ne reçoit rien. Vous pouvez lui donner le document vous-même.",
    AuthorisationState.EXPIRED: "Le service ne reçoit plus rien.",
}


@dataclass(frozen=True, slots=True)
class AuthorisationCard:
    """One authorisation in words, and what can be done about it."""

    number: UUID
    body: str
    service: str
    child: str
    tone: str
    word: str
    sentence: str
    papers: tuple[str, ...]
    wanted_for: str | None
    how_often: str
    period: str
    kept: str
    served: str | None
    notice: str | None
    asked: bool
    active: bool
    paused: bool


_RIGHTS = {
    Informing.OPEN: "Vous pouvez vous opposer.",
    Informing.OPPOSED: "Vous vous êtes opposé. L'information est effacée.",
    Informing.NOT_ENTITLED: "Le service a vu que vous n'avez pas ce droit. L'information est effacée.",
    Informing.OVER: "C'est terminé. L'information est effacée.",
}


@dataclass(frozen=True, slots=True)
class RightCard:
    """What a body informs one of, and whether one can still oppose."""

    number: UUID
    message: str
    sentence: str
    may_oppose: bool


@router.get(PATH)
def show_authorisations(request: Request, door: DoorDep, who: Resident) -> Response:
    """Show what is asked of one, what one allows, and what is over."""
    with door.custody.db.read() as tx:
        cards = [_card(one) for one in authorisations_of(tx, door.catalogue, who.person_id)]
        allowable = may_allow(tx, door.catalogue, who.person_id)
        rights = [_right(one) for one in informations_of(tx, who.person_id)]
    over = [card for card in cards if card.tone == "off"]
    return render(
        request,
        "authorisations.html",
        who=visitor(who),
        asked=[card for card in cards if card.asked],
        standing=[card for card in cards if card.active or card.paused],
        over=over,
        allowable=allowable,
        rights=rights,
    )


@router.post(PATH + "/nouvelle")
def give(door: DoorDep, who: FreshResident, fields: Fields) -> Response:
    """Allow the body of one's own request to reuse papers."""
    wanted = deciding.Wanted(_number(fields.get("request", "")), channel="web")
    with door.custody.db.transaction() as tx:
        deciding.give(tx, door.catalogue, who.person_id, wanted, now=door.custody.now())
    return RedirectResponse(PATH, 303)


@router.post(PATH + "/{authorisation}/oui")
def allow(authorisation: UUID, door: DoorDep, who: FreshResident, fields: Fields) -> Response:
    """Say yes to what is asked for, or let a paused one count again."""
    now = door.custody.now()
    with door.custody.db.transaction() as tx:
        if fields.get("answer") == "resume":
            deciding.resume(tx, who.person_id, authorisation, now=now)
        else:
            deciding.approve(tx, door.catalogue, who.person_id, authorisation, channel="web", now=now)
    return RedirectResponse(PATH, 303)


_CLOSING = {"refuse": deciding.refuse, "pause": deciding.pause, "withdraw": deciding.withdraw}


@router.post(PATH + "/{authorisation}/non")
def close(authorisation: UUID, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Say no, pause or take back; it counts from the service's next request."""
    act = _CLOSING.get(fields.get("answer", ""))
    if act is None:
        raise InvalidValue("answer: refuse, pause or withdraw")
    with door.custody.db.transaction() as tx:
        act(tx, who.person_id, authorisation, now=door.custody.now())
    return RedirectResponse(PATH, 303)


@router.post(PATH + "/droits/{information}")
def oppose_information(information: UUID, door: DoorDep, who: Resident) -> Response:
    """Oppose that a body uses data to inform one of a right; they are destroyed at once."""
    with door.custody.db.transaction() as tx:
        oppose(tx, who.person_id, information, now=door.custody.now())
    return RedirectResponse(PATH, 303)


def _right(one: Information) -> RightCard:
    return RightCard(one.information_id, one.message, _RIGHTS[one.state], one.state is Informing.OPEN)


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidValue("request: a number") from None


def _card(one: AuthorisationView) -> AuthorisationCard:
    tone, word = _WORDS[one.state]
    once = one.frequency is Frequency.ONE_TIME
    served = None if one.used_at is None else f"Le service s'en est servi le {words.day(one.used_at)}."
    return AuthorisationCard(
        number=one.authorisation,
        body=one.recipient_name,
        service=one.service_name,
        child=one.child,
        tone=tone,
        word=word,
        sentence=_SENTENCES[one.state],
        papers=one.evidence_names,
        wanted_for=one.requirement_name,
        how_often="Une seule fois." if once else "Autant de fois que la demande en a besoin.",
        period=f"Du {words.day(one.valid_from)} au {words.day(one.valid_until)}.",
        kept=f"Le service garde sa copie {one.data_life_months} mois au plus.",
        served=served,
        notice=one.notice,
        asked=one.state is AuthorisationState.REQUESTED,
        active=one.state is AuthorisationState.ACTIVE,
        paused=one.state is AuthorisationState.PAUSED,
    )
