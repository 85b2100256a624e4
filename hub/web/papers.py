"""Pages about papers: hand one in, keep its receipt, see it, erase it."""

import logging
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from contracts.documents import EvidenceType
from contracts.problems import ProblemType
from hub.api.callers import DoorDep, FreshResident, Resident
from hub.api.documents import content_length
from hub.api.problems import correlation_of, kind_of
from hub.bootstrap import Door
from hub.deposits import deposit, export, listing, preview
from hub.deposits.erasure import ask_erasure, destruction_certificate
from hub.errors import HubError, NothingHere
from hub.persons.accounts import SignedIn
from hub.releases.case_copies import case_copies
from hub.web import views
from hub.web.forms import FieldError
from hub.web.multipart import UploadForm, open_form
from hub.web.rendering import render, visitor
from hub.web.replacing import with_resemblances
from vault.errors import VaultError

router = APIRouter(include_in_schema=False)
_LOG = logging.getLogger("unefois.door")
FILE_FIELD = "file"
FAULT = 500


@router.get("/deposer")
def show_deposit(request: Request, door: DoorDep, who: Resident, kind: str = "") -> HTMLResponse:
    """Show the form by which a paper is handed in."""
    return _deposit_page(request, door, who, kind=kind)


@router.post("/deposer")
async def hand_in(request: Request, door: DoorDep, who: Resident) -> Response:
    """Take in a paper from the form, without JavaScript; it streams like the raw body of the API."""
    kind = ""
    try:
        form = await open_form(
            request.stream(),
            content_type=request.headers.get("content-type", ""),
            content_length=content_length(request),
            file_field=FILE_FIELD,
        )
        kind = form.fields.get("kind", "")
        if form.without_file:
            error = FieldError(FILE_FIELD, "Choisissez un fichier ou prenez une photo.")
            return _deposit_page(request, door, who, kind=kind, error=error, status=422)
        outcome = await deposit.deposit(door.custody, who, _announcement(form), form.body)
    except (HubError, VaultError) as refusal:
        problem = kind_of(refusal)
        if problem.status >= FAULT:
            raise
        return _refused(request, door, who, kind, problem)
    return RedirectResponse(f"/recus/{outcome.receipt['receipt']}", 303)


@router.get("/recus/{receipt_id}")
def show_receipt(receipt_id: UUID, request: Request, door: DoorDep, who: Resident) -> HTMLResponse:
    """Show a receipt, where its paper stands, and what it serves for."""
    with door.custody.db.read() as tx:
        content = listing.receipt_numbered(tx, who.person_id, receipt_id)
        view = None if content is None else listing.document_of(tx, who.person_id, UUID(content["document"]))
        if content is None or view is None:
            raise NothingHere
        uses = listing.uses_of(tx, who.person_id, view.document_id)
        (card,) = with_resemblances(tx, door.catalogue, who, [view])
    receipt = views.receipt_page(door.catalogue, content, view, uses)
    return render(request, "receipt.html", who=visitor(who), receipt=receipt, alike=card)


@router.get("/documents")
def show_papers(request: Request, door: DoorDep, who: Resident) -> HTMLResponse:
    """Show one's papers, newest first."""
    with door.custody.db.read() as tx:
        cards = with_resemblances(tx, door.catalogue, who, listing.documents_of(tx, who.person_id))
    kept = [card for card in cards if card.tone != "off"]
    gone = [card for card in cards if card.tone == "off"]
    return render(request, "papers.html", who=visitor(who), kept=kept, gone=gone)


@router.post("/documents/{document_id}/voir")
def see(document_id: UUID, door: DoorDep, who: Resident) -> Response:
    """Lead to the door that can open one's own paper, with a ticket for one look."""
    ticket = preview.issue_to(door.custody, door.catalogue, who, document_id)
    return RedirectResponse(f"{door.settings.release_url}/previews/{ticket}", 303)


@router.post("/documents/tout")
def take_everything(door: DoorDep, who: FreshResident) -> Response:
    """Lead to the door that can open all of one's papers, with a ticket for one download."""
    ticket = export.issue(door.custody, who)
    return RedirectResponse(f"{door.settings.release_url}/exports/{ticket}", 303)


@router.get("/documents/{document_id}/effacer")
def confirm_erasure(document_id: UUID, request: Request, door: DoorDep, who: FreshResident) -> HTMLResponse:
    """Say what erasing does, and which services keep a copy, before it is done; afterwards, that it is done."""
    with door.custody.db.read() as tx:
        view = listing.document_of(tx, who.person_id, document_id)
        if view is None:
            raise NothingHere
        copies = case_copies(tx, door.catalogue, document_id)
        uses = listing.uses_of(tx, who.person_id, document_id)
    return render(
        request,
        "erase.html",
        who=visitor(who),
        paper=views.paper_card(door.catalogue, view),
        copies=views.copy_cards(door.catalogue, copies),
        uses=views.use_cards(door.catalogue, uses),
    )


@router.post("/documents/{document_id}/effacer")
def erase(document_id: UUID, request: Request, door: DoorDep, who: FreshResident) -> HTMLResponse:
    """Withdraw a paper and have it erased; sending the form again is harmless."""
    asked = ask_erasure(door.custody, door.catalogue, who, document_id)
    copies = views.copy_cards(door.catalogue, asked.case_copies)
    return render(request, "erased.html", who=visitor(who), copies=copies, done=asked.state != "erasing")


@router.get("/documents/{document_id}/certificat")
def show_certificate(document_id: UUID, door: DoorDep, who: Resident) -> Response:
    """Give the signed certificate of one's destroyed paper, to keep and to check offline."""
    certificate = destruction_certificate(door.custody, who, document_id)
    name = f'attachment; filename="certificat-destruction-{document_id}.json"'
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return Response(certificate, media_type="application/json", headers=headers)


def _announcement(form: UploadForm) -> deposit.Announcement:
    return deposit.announced(
        key=form.fields.get("key"),
        media_type=form.media_type,
        length=form.length,
        file_name=form.file_name,
        evidence_type=form.fields.get("kind"),
    )


def _refused(request: Request, door: Door, who: SignedIn, kind: str, problem: ProblemType) -> HTMLResponse:
    correlation = correlation_of(request)
    _LOG.info("refused %s %s", problem.name, correlation)
    error = FieldError(FILE_FIELD, problem.fr)
    return _deposit_page(request, door, who, kind=kind, error=error, status=problem.status, correlation=correlation)


def _deposit_page(
    request: Request,
    door: Door,
    who: SignedIn,
    *,
    kind: str,
    error: FieldError | None = None,
    status: int = 200,
    correlation: str | None = None,
) -> HTMLResponse:
    return render(
        request,
        "deposit.html",
        who=visitor(who),
        status=status,
        # A fresh key each time the form is shown: sending it twice by mistake has one effect.
        key=str(uuid4()),
        kinds=views.kind_options(door.catalogue, kind),
        unknown=EvidenceType.UNKNOWN.value,
        accepted=views.ACCEPTED,
        limit=door.custody.max_document_bytes,
        error=error,
        correlation=correlation,
    )
