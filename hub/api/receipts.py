"""Receipts of reuse, for whoever received something and for the family it is about."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from hub.api.answer_shapes import ReceiptPendingShape
from hub.api.authorisation import CallerDep
from hub.api.authorisation import DoorDep as ReleaseDoorDep
from hub.api.callers import DoorDep, Resident
from hub.releases.receipts import receipt_of_partner, receipt_of_person
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.journal.errors import EntryNotSequenced

of_partners = APIRouter(tags=["partners"])
of_residents = APIRouter(prefix="/v1", tags=["families"])
_NO_MORE: Mapping[str, str] = MappingProxyType({})
RETRY_AFTER = "1"
"""Seconds; the journal's next signed head is never further away."""
PENDING = ReceiptPendingShape(fr="Le reçu sera prêt dans une seconde.", en="The receipt will be ready within a second.")
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The receipt: « unefois journal verify --proof » checks it offline",
        "content": {"application/json": {"schema": {"type": "object", "required": ["format", "commitment", "proof"]}}},
    },
    202: {
        "model": ReceiptPendingShape,
        "description": "Not yet under a signed head",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
    },
}


@of_partners.get("/hub/v1/releases/{release}/receipt", response_class=Response, responses=RESPONSES)
def partners_receipt(release: UUID, door: ReleaseDoorDep, caller: CallerDep) -> Response:
    """Return the receipt of something the partner received."""
    return receipt_answer(door.custody, lambda tx: receipt_of_partner(tx, caller.siret, release))


@of_residents.get("/releases/{release}/receipt", response_class=Response, responses=RESPONSES)
def residents_receipt(release: UUID, door: DoorDep, who: Resident) -> Response:
    """Return the receipt of something of one's own that left, with the salt and the facts that open its commitment."""
    return receipt_answer(door.custody, lambda tx: receipt_of_person(tx, who.person_id, release))


def receipt_answer(custody: Custody, look: Callable[[ReadTx], str], headers: Mapping[str, str] = _NO_MORE) -> Response:
    """Answer with a receipt, or say that it will be ready at once."""
    told = {"cache-control": "no-store", **headers}
    try:
        with custody.db.read() as tx:
            return Response(look(tx), media_type="application/json", headers=told)
    except EntryNotSequenced:
        return JSONResponse(PENDING.model_dump(), 202, told | {"retry-after": RETRY_AFTER})
