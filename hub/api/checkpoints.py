"""Public checkpoints of the journal, for anyone to keep: whoever has two of them can prove that nothing was removed."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import PlainTextResponse, Response

from hub.api.authorisation import DoorDep
from hub.errors import NothingHere
from vault.journal.errors import EntryNotSequenced
from vault.journal.proofs import consistency_proof
from vault.journal.sequencer import read_head, read_last_head
from vault.journal.stamps import newest_stamp, stamp_of

router = APIRouter(prefix="/journal", tags=["journal"])
IMMUTABLE = "public, max-age=31536000, immutable"
Size = Annotated[int, Path(ge=1, le=2**62)]


class TokenResponse(Response):
    """A time-stamp token in DER; RFC 3161 names a type for the whole reply only, of which this is a part."""

    media_type = "application/octet-stream"


@router.get("/key", response_class=PlainTextResponse)
def key(door: DoorDep) -> str:
    """Return the public key of signed heads (C2SP signed note)."""
    return door.journal_key


@router.get("/checkpoints/latest", response_class=PlainTextResponse)
def latest(door: DoorDep) -> PlainTextResponse:
    """Return the newest signed head (C2SP tlog-checkpoint)."""
    with door.custody.db.read() as tx:
        head = read_last_head(tx)
    if head is None:
        raise NothingHere
    return PlainTextResponse(head.note(), headers={"cache-control": "no-store"})


@router.get("/checkpoints/stamped", response_class=PlainTextResponse)
def stamped(door: DoorDep) -> PlainTextResponse:
    """Return the newest signed head that carries a time-stamp of an authority outside."""
    with door.custody.db.read() as tx:
        found = newest_stamp(tx)
    if found is None:
        raise NothingHere
    return PlainTextResponse(found[0].note(), headers={"cache-control": "no-store"})


@router.get("/checkpoints/{size}/stamp", response_class=TokenResponse)
def stamp(size: Size, door: DoorDep) -> TokenResponse:
    """Return the time-stamp of a signed head: a token over its published text, as « openssl ts » takes it (RFC 3161)."""
    with door.custody.db.read() as tx:
        found = stamp_of(tx, size)
    if found is None:
        raise NothingHere
    return TokenResponse(found.token, headers={"cache-control": IMMUTABLE})


@router.get("/checkpoints/{size}", response_class=PlainTextResponse)
def of_size(size: Size, door: DoorDep) -> PlainTextResponse:
    """Return the signed head of this size; there is one for the end of each batch."""
    with door.custody.db.read() as tx:
        head = read_head(tx, size)
    if head is None:
        raise NothingHere
    return PlainTextResponse(head.note(), headers={"cache-control": IMMUTABLE})


@router.get("/consistency/{first}/{second}", response_class=PlainTextResponse)
def consistency(first: Size, second: Size, door: DoorDep) -> PlainTextResponse:
    """Return the proof that the later signed head only added to the earlier one (RFC 9162, 2.1.4)."""
    try:
        with door.custody.db.read() as tx:
            proof = consistency_proof(tx, first, second)
    except EntryNotSequenced:
        raise NothingHere from None
    return PlainTextResponse(proof, media_type="application/json")
