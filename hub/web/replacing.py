"""Pages by which a newer paper takes the place of an older one, and « keep both » for two that look alike."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from contracts.documents import OPENABLE, EvidenceType
from hub.api.callers import DoorDep, Resident
from hub.deposits import listing
from hub.deposits.listing import DocumentView
from hub.deposits.replacing import ask_replacement, keep_both, resemblances_of
from hub.errors import InvalidValue, NothingHere
from hub.persons.accounts import SignedIn
from hub.requirements.catalogue import Catalogue
from hub.web import views
from hub.web.forms import Fields
from hub.web.rendering import render, visitor
from vault.db import ReadTx

router = APIRouter(include_in_schema=False)


@router.get("/documents/{document_id}/remplacer")
def confirm_replacement(
    document_id: UUID, request: Request, door: DoorDep, who: Resident, par: UUID | None = None
) -> HTMLResponse:
    """Say what replacing does, and let the person choose the paper that takes the place."""
    with door.custody.db.read() as tx:
        view = listing.document_of(tx, who.person_id, document_id)
        others = listing.documents_of(tx, who.person_id)
    if view is None:
        raise NothingHere
    newer = [views.paper_card(door.catalogue, other) for other in others if _may_take_place(other, view)]
    return render(
        request,
        "replace.html",
        who=visitor(who),
        paper=views.paper_card(door.catalogue, view),
        kind=view.kind if view.kind in set(views.DEPOSIT_KINDS) else "",
        newer=newer,
        chosen=par,
    )


@router.post("/documents/{document_id}/remplacer")
def replace_paper(document_id: UUID, door: DoorDep, who: Resident, fields: Fields) -> Response:
    """Have the chosen paper take the place; sending the form again is harmless."""
    try:
        by = UUID(fields.get("par", ""))
    except ValueError:
        raise InvalidValue("par: required") from None
    ask_replacement(door.custody, who, document_id, by)
    return RedirectResponse("/documents", 303)


@router.post("/documents/{document_id}/garder/{other_id}")
def keep_two(document_id: UUID, other_id: UUID, door: DoorDep, who: Resident) -> Response:
    """Keep two papers that look alike; it is not suggested again."""
    keep_both(door.custody, who, document_id, other_id)
    return RedirectResponse("/documents", 303)


def with_resemblances(
    tx: ReadTx, catalogue: Catalogue, who: SignedIn, found: Sequence[DocumentView]
) -> list[views.PaperCard]:
    """Return papers in words, each with the earlier ones it looks like."""
    alike = resemblances_of(tx, who.person_id)
    known = {view.document_id: views.paper_card(catalogue, view) for view in found}
    for earlier in {one for some in alike.values() for one in some} - known.keys():
        view = listing.document_of(tx, who.person_id, earlier)
        if view is not None:
            known[earlier] = views.paper_card(catalogue, view)
    asked = {view.document_id for view in found}
    return [
        replace(card, resembles=tuple(known[one] for one in alike.get(number, ()) if one in known))
        for number, card in known.items()
        if number in asked
    ]


def _may_take_place(other: DocumentView, of: DocumentView) -> bool:
    fits = of.kind in (other.kind, EvidenceType.UNKNOWN.value)
    free = other.state in OPENABLE and not other.withdrawn and other.replaced_by is None
    return fits and free and other.origin == "deposit" and other.document_id != of.document_id
