"""Papers sent over connections that break (tus 1.0): begin, ask where it stands, send on, give up."""

from collections.abc import AsyncIterator

from anyio import fail_after
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from hub.api import tus
from hub.api.callers import DoorDep, Resident
from hub.deposits import deposit, resumable
from hub.deposits.resumable import Standing
from hub.errors import HeaderMalformed, SenderGone

router = APIRouter(prefix=tus.PREFIX, tags=["uploads"])
SILENCE_MAX = 60.0
"""Seconds without a byte after which a connection counts as broken."""

_PIECE = {
    "required": True,
    "content": {tus.BODY_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}


def _header(name: str, *, required: bool = True) -> dict[str, object]:
    return {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}


@router.options("", status_code=204)
def capabilities(door: DoorDep) -> Response:
    """Say what of the protocol is spoken here; the length must be known at the beginning."""
    headers = {
        "tus-version": tus.VERSION,
        "tus-extension": tus.EXTENSIONS,
        "tus-max-size": str(door.custody.max_document_bytes),
        "tus-checksum-algorithm": ",".join(resumable.ALGORITHMS),
    }
    return Response(status_code=204, headers=headers)


@router.post(
    "",
    status_code=201,
    response_class=Response,
    openapi_extra={
        "parameters": [
            _header("Tus-Resumable"),
            _header("Upload-Length"),
            _header("Upload-Metadata"),
            _header("Upload-Checksum", required=False),
        ],
        "requestBody": _PIECE | {"required": False},
    },
)
async def begin(request: Request, door: DoorDep, who: Resident) -> Response:
    """Begin an upload, and take its first bytes where the body holds them; ``Location`` is for its sender alone."""
    tus.check_version(request)
    if "upload-defer-length" in request.headers:
        raise HeaderMalformed("upload-defer-length: the length must be known at the beginning")
    if "upload-concat" in request.headers:
        raise HeaderMalformed("upload-concat: not spoken here")
    said, length, checksum = tus.metadata(request), tus.whole_number(request, "upload-length"), tus.checksum(request)
    with_bytes = "content-type" in request.headers and request.headers.get("content-length") != "0"
    if with_bytes:
        tus.check_body_type(request)
    announcement = deposit.announced(
        key="resumable",
        media_type=said.get("filetype"),
        length=length,
        file_name=said.get("filename", ""),
        evidence_type=said.get("kind"),
    )
    if with_bytes:
        token, standing = await resumable.begin_with(door.custody, who, announcement, _body(request), checksum=checksum)
    else:
        token, standing = await run_sync(resumable.begin, door.custody, who, announcement)
    return Response(status_code=201, headers=_said(standing) | {"location": f"{tus.PREFIX}/{token}"})


@router.head("/{token}", response_class=Response, openapi_extra={"parameters": [_header("Tus-Resumable")]})
def stand(token: str, request: Request, door: DoorDep, who: Resident) -> Response:
    """Say where an upload stands; a connection still writing to it is cut off, so that the answer stays true."""
    tus.check_version(request)
    standing = resumable.stand(door.custody, who, token)
    return Response(headers=_said(standing) | {"upload-length": str(standing.length)})


@router.patch(
    "/{token}",
    status_code=204,
    openapi_extra={
        "parameters": [_header("Tus-Resumable"), _header("Upload-Offset"), _header("Upload-Checksum", required=False)],
        "requestBody": _PIECE,
    },
)
async def send_on(token: str, request: Request, door: DoorDep, who: Resident) -> Response:
    """Take the bytes from ``Upload-Offset`` on; with the last of them the paper is handed in (``Content-Location``)."""
    tus.check_version(request)
    tus.check_body_type(request)
    offset, checksum = tus.whole_number(request, "upload-offset"), tus.checksum(request)
    standing = await resumable.receive(door.custody, who, token, _body(request), offset=offset, checksum=checksum)
    return Response(status_code=204, headers=_said(standing))


@router.delete("/{token}", status_code=204, openapi_extra={"parameters": [_header("Tus-Resumable")]})
def give_up(token: str, request: Request, door: DoorDep, who: Resident) -> Response:
    """Forget an upload; a deposit it became is not touched."""
    tus.check_version(request)
    resumable.cancel(door.custody, who, token)
    return Response(status_code=204)


def _said(standing: Standing) -> dict[str, str]:
    headers = {"upload-offset": str(standing.received), "upload-expires": tus.http_date(standing.expires_at)}
    if standing.document_id is not None:
        headers["content-location"] = f"/v1/documents/{standing.document_id}"
    return headers


async def _body(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes; raises :class:`SenderGone` where it breaks off or falls silent."""
    chunks = aiter(request.stream())
    while True:
        try:
            with fail_after(SILENCE_MAX):
                chunk = await anext(chunks, None)
        except (ClientDisconnect, TimeoutError):
            raise SenderGone from None
        if chunk is None:
            return
        yield chunk
