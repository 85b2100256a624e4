"""What a service would receive, and what it received: the very claims, the very copies, and the receipt, for the family."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from contracts.answers import Gives
from hub.api.authorisation import DoorDep as ReleaseDoorDep
from hub.api.callers import DoorDep, Resident
from hub.api.partners import opened_body
from hub.api.receipts import receipt_answer
from hub.deposits.sharing import issue_for, spend_for
from hub.errors import NothingHere
from hub.releases.gate import hand_over
from hub.releases.previewing import Foreseen, foresee
from hub.releases.receipts import Shared, receipt_of_person, shared_with
from hub.requirements.catalogue import Catalogue
from hub.web.forms import Fields
from hub.web.rendering import render, visitor
from hub.web.views import paper_name
from hub.web.words import GRADES

asking = APIRouter(include_in_schema=False)
showing = APIRouter(include_in_schema=False)

WHY_NOT = {
    "reuse of the paper not authorised": "Vous n'avez pas autorisé la réutilisation de ce document.",
    "the authorisation is paused": "Vous avez mis votre autorisation en pause.",
    "the authorisation was withdrawn": "Vous avez retiré votre autorisation.",
    "the authorisation has expired": "Votre autorisation est terminée.",
    "the authorisation does not name this kind of paper": "Votre autorisation ne porte pas sur ce type de document.",
    "no agreement with this body covers the service": "Aucune convention ne permet à ce service de le demander ici.",
    "pulled for another body or purpose": "Cette information a été obtenue pour un autre service.",
}
NOT_NOW = "Ce service ne peut rien recevoir pour l'instant."
ORIGINAL = ", l'original : une règle le demande"
FORMS = {
    "document": "une copie du document",
    "original": "l'original du document, parce qu'une règle le demande",
    "answer": "une réponse signée",
    "line": "une ligne d'un fichier",
}
FACTS = {
    "evidence_type": "Nature du document",
    "issued_on": "Date du document",
    "grade": "Fiabilité",
    "tariff_band": "Tranche de tarif",
    "reference_date": "Date prise en compte",
    "good_until": "Valable jusqu'au (jour non compris)",
    "rule": "Règle appliquée",
    "catalogue": "Version du catalogue",
}


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper whose copy a service may have."""

    document: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ForeseenCard:
    """What one service would receive for one requirement, in words and as it is sent."""

    name: str
    sentence: str
    why_not: str | None
    claims: str | None
    papers: tuple[PaperRow, ...]


@dataclass(frozen=True, slots=True)
class SharedPage:
    """What left, as the family reads it."""

    release: UUID
    at: datetime
    body: str
    form: str
    claims: str | None
    facts: tuple[tuple[str, str], ...]


@asking.get("/dossiers/{line_id}/recevra")
def show_preview(line_id: UUID, request: Request, door: DoorDep, who: Resident) -> HTMLResponse:
    """Show what the service of one's own line would receive if it asked now."""
    with door.custody.db.read() as tx:
        found = foresee(tx, door.catalogue, who.person_id, line_id, now=door.custody.now())
    cards = tuple(_card(door.catalogue, one) for one in found)
    body = found[0].recipient_name if found else "le service"
    return render(request, "preview.html", who=visitor(who), cards=cards, body=body, line=line_id)


@asking.post("/dossiers/{line_id}/copie")
def ask_copy(line_id: UUID, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Send a parent to the copy of their paper as the service would receive it."""
    try:
        document = UUID(fields.get("document", ""))
    except ValueError:
        raise NothingHere from None
    ticket = issue_for(door.custody, door.catalogue, who.person_id, line_id, document)
    return RedirectResponse(f"{door.settings.release_url}/previews/{ticket}/{line_id}", 303)


@showing.get("/previews/{ticket}/{line_id}")
def show_copy(ticket: str, line_id: UUID, door: ReleaseDoorDep) -> Response:
    """Show a person their own paper as the service of a line would receive it, once per ticket."""
    ordered = spend_for(door.custody, door.catalogue, ticket, line_id)
    # Nobody rebuilt an original: it is kept as a file and never shown by the browser as a page of ours.
    shown = "attachment" if ordered.original else "inline"
    return opened_body(hand_over(door.custody, ordered), {"content-disposition": shown})


@asking.get("/acces/{release}")
def show_shared(release: UUID, request: Request, door: DoorDep, who: Resident) -> HTMLResponse:
    """Show what left of one's own: what was said, and the facts it rests on."""
    with door.custody.db.read() as tx:
        shared = shared_with(tx, who.person_id, release)
    return render(request, "shared.html", who=visitor(who), shared=_page(door.catalogue, shared))


@asking.get("/acces/{release}/recu")
def download_receipt(release: UUID, door: DoorDep, who: Resident) -> Response:
    """Give the receipt of something of one's own that left, as a file."""
    name = {"content-disposition": f'attachment; filename="recu-{release}.json"', "refresh": "1"}
    answer = receipt_answer(door.custody, lambda tx: receipt_of_person(tx, who.person_id, release), name)
    if answer.status_code != 202:
        del answer.headers["refresh"]
    return answer


def _card(catalogue: Catalogue, one: Foreseen) -> ForeseenCard:
    papers = tuple(
        PaperRow(paper.document, paper_name(catalogue, paper.type) + (ORIGINAL if paper.original else ""))
        for paper in one.papers
    )
    if one.gives is None:
        return ForeseenCard(one.name, "", WHY_NOT.get(one.why_not or "", NOT_NOW), None, ())
    told = "une copie de chaque document, marquée à son nom" if one.gives is Gives.DOCUMENT else "une réponse signée"
    claims = None if one.answer is None else json.dumps(one.answer, ensure_ascii=False, indent=1)
    return ForeseenCard(one.name, f"Le service reçoit {told}. {one.fr or ''}".strip(), None, claims, papers)


def _page(catalogue: Catalogue, shared: Shared) -> SharedPage:
    body = catalogue.bodies.get(shared.recipient)
    claims = None if shared.claims is None else json.dumps(shared.claims, ensure_ascii=False, indent=1)
    return SharedPage(
        release=shared.release_id,
        at=shared.at,
        body="Un organisme" if body is None else body.name,
        form=FORMS[shared.form],
        claims=claims,
        facts=tuple(
            (label, _said(catalogue, name, shared.facts)) for name, label in FACTS.items() if shared.facts.get(name)
        ),
    )


def _said(catalogue: Catalogue, name: str, facts: dict[str, Any]) -> str:
    if name == "evidence_type":
        return paper_name(catalogue, facts[name])
    return GRADES.get(facts[name], str(facts[name])) if name == "grade" else str(facts[name])
