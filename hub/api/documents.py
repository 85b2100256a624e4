"""Residents' papers: hand in, list, read, erase."""

from collections.abc import Mapping
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from contracts.documents import ANNOUNCED
from hub.api.callers import DoorDep, FreshResident, Resident
from hub.api.shapes import (
    CaseCopyShape,
    CertificateShape,
    DocumentShape,
    ErasureShape,
    NewerShape,
    ReceiptShape,
    ReplacementShape,
    TicketShape,
)
from hub.deposits import deposit, erasure, export, listing, preview, replacing
from hub.errors import LengthRequired, NothingHere

router = APIRouter(prefix="/v1/documents", tags=["documents"])


@router.post(
    "",
    status_code=201,
    response_model=ReceiptShape,
    responses={200: {"model": ReceiptShape, "description": "The same content is held already and is reused"}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ANNOUNCED},
        },
        "parameters": [
            {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "minLength": 8}},
            {"name": "Document-Kind", "in": "header", "required": False, "schema": {"type": "string"}},
            {"name": "Content-Disposition", "in": "header", "required": False, "schema": {"type": "string"}},
        ],
    },
)
async def hand_in(request: Request, door: DoorDep, who: Resident) -> JSONResponse:
    """Take in one document as the raw body; a retry with the same key and bytes has one effect."""
    headers = request.headers
    announcement = deposit.announced(
        key=headers.get("idempotency-key"),
        media_type=headers.get("content-type"),
        length=content_length(request),
        file_name=file_name(headers.get("content-disposition", "")),
        evidence_type=headers.get("document-kind"),
    )
    outcome = await deposit.deposit(door.custody, who, announcement, request.stream())
    return JSONResponse(outcome.receipt, outcome.status, {"location": f"/v1/documents/{outcome.receipt['document']}"})


@router.get("")
def list_documents(door: DoorDep, who: Resident) -> list[DocumentShape]:
    """Return one's papers, newest first."""
    with door.custody.db.read() as tx:
        views = listing.documents_of(tx, who.person_id)
        alike = replacing.resemblances_of(tx, who.person_id)
    return [_shape(view, alike) for view in views]


@router.get("/{document_id}")
def read_document(document_id: UUID, door: DoorDep, who: Resident) -> DocumentShape:
    """Return where one paper stands."""
    with door.custody.db.read() as tx:
        view = listing.document_of(tx, who.person_id, document_id)
        alike = replacing.resemblances_of(tx, who.person_id)
    if view is None:
        raise NothingHere
    return _shape(view, alike)


@router.get("/{document_id}/receipt")
def read_receipt(document_id: UUID, door: DoorDep, who: Resident) -> ReceiptShape:
    """Return the first receipt of one paper."""
    with door.custody.db.read() as tx:
        content = listing.receipt_of(tx, who.person_id, document_id)
    if content is None:
        raise NothingHere
    return ReceiptShape.model_validate(content)


@router.post("/{document_id}/preview-tickets", status_code=201)
def show_document(document_id: UUID, door: DoorDep, who: Resident) -> TicketShape:
    """Return where one's own paper can be seen: the door that takes papers in cannot open them."""
    ticket = preview.issue_to(door.custody, door.catalogue, who, document_id)
    return TicketShape(href=f"{door.settings.release_url}/previews/{ticket}")


@router.delete("/{document_id}", status_code=202)
def erase_document(document_id: UUID, door: DoorDep, who: FreshResident) -> ErasureShape:
    """Withdraw a paper from every use and have it erased, with a sign-in of the last 5 minutes; say which copies remain."""
    asked = erasure.ask_erasure(door.custody, door.catalogue, who, document_id)
    copies = [CaseCopyShape.model_validate(copy) for copy in asked.case_copies]
    return ErasureShape(document=document_id, state=asked.state, case_copies=copies)


@router.put("/{document_id}/replacement", status_code=202)
def replace_document(document_id: UUID, newer: NewerShape, door: DoorDep, who: Resident) -> ReplacementShape:
    """Put a newer paper of one's own in the place of this one, which then serves nobody; asking again is harmless."""
    state = replacing.ask_replacement(door.custody, who, document_id, newer.by)
    return ReplacementShape(document=document_id, by=newer.by, state=state.value)


@router.delete("/{document_id}/resemblances/{other_id}", status_code=204)
def keep_both(document_id: UUID, other_id: UUID, door: DoorDep, who: Resident) -> Response:
    """Say that two papers that look alike are both to stay: it is not suggested again."""
    replacing.keep_both(door.custody, who, document_id, other_id)
    return Response(status_code=204)


@router.get("/{document_id}/destruction-certificate", response_model=CertificateShape)
def read_certificate(document_id: UUID, door: DoorDep, who: Resident) -> Response:
    """Return the signed certificate of a destroyed paper; ``unefois vault certificate verify`` checks it offline."""
    certificate = erasure.destruction_certificate(door.custody, who, document_id)
    return Response(certificate, media_type="application/json", headers={"cache-control": "no-store"})


leaving = APIRouter(prefix="/v1", tags=["documents"])


@leaving.post("/export-tickets", status_code=201)
def take_everything(door: DoorDep, who: FreshResident) -> TicketShape:
    """Return where everything of one's own can be downloaded as a ZIP, once; takes a sign-in of the last 5 minutes."""
    return TicketShape(href=f"{door.settings.release_url}/exports/{export.issue(door.custody, who)}")


def content_length(request: Request) -> int:
    """Return the announced length; raises :class:`LengthRequired` where there is none."""
    text = request.headers.get("content-length", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise LengthRequired
    return int(text)


def file_name(disposition: str) -> str:
    """Return the file name of a ``Content-Disposition`` header (RFC 6266), the extended form first, or nothing."""
    found = ""
    for part in disposition.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "filename*" and value.lower().startswith("utf-8''"):
            return unquote(value[7:], errors="replace")
        if name.lower() == "filename":
            found = value.strip().strip('"')
    return found


def _shape(view: listing.DocumentView, alike: Mapping[UUID, list[UUID]]) -> DocumentShape:
    return DocumentShape(
        document=view.document_id,
        evidence_type=view.kind,
        state=view.state,
        reason=view.reason,
        received_at=view.received_at,
        issued_on=view.issued_on,
        grade=view.grade,
        held=view.held,
        replaced_by=view.replaced_by,
        resembles=alike.get(view.document_id, []),
    )
