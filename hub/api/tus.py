"""tus 1.0 (tus.io/protocols/resumable-upload) as headers: what senders say, and what every answer carries."""

import base64
import binascii
from datetime import datetime
from email.utils import format_datetime

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.deposits.resumable import ALGORITHMS, Checksum
from hub.errors import BodyTypeRefused, HeaderMalformed, ProtocolVersionRefused

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
BODY_TYPE = "application/offset+octet-stream"
PREFIX = "/v1/uploads"
_METHODS = frozenset({"PATCH", "DELETE", "HEAD"})


class Resumable:
    """ASGI middleware for the routes below :data:`PREFIX`: the version on every answer, and methods said by a header."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; all others go on as they are."""
        if scope["type"] != "http" or not speaks_tus(scope):
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["tus-resumable"] = VERSION
                headers.setdefault("cache-control", "no-store")
                if message["status"] == 412:
                    headers["tus-version"] = VERSION
            await send(message)

        said = Headers(scope=scope).get("x-http-method-override", "").upper()
        # Some networks let only GET and POST through: the protocol has the real method in a header.
        method = said if scope["method"] == "POST" and said in _METHODS else scope["method"]
        await self._app({**scope, "method": method}, receive, answer)


def speaks_tus(scope: Scope) -> bool:
    """Tell whether a request is about uploads."""
    path: str = scope["path"]
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def check_version(request: Request) -> None:
    """Raise :class:`ProtocolVersionRefused` unless the sender speaks the one version we do."""
    if request.headers.get("tus-resumable") != VERSION:
        raise ProtocolVersionRefused


def check_body_type(request: Request) -> None:
    """Raise :class:`BodyTypeRefused` unless the body is said to be a piece of an upload."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != BODY_TYPE:
        raise BodyTypeRefused


def whole_number(request: Request, name: str) -> int:
    """Return the number a header holds; raises :class:`HeaderMalformed`."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise HeaderMalformed(f"{name}: a whole number is required")
    return int(text)


def metadata(request: Request) -> dict[str, str]:
    """Return what ``Upload-Metadata`` says: names, each with a text in Base64; raises :class:`HeaderMalformed`."""
    found: dict[str, str] = {}
    header = request.headers.get("upload-metadata", "").strip()
    for pair in header.split(",") if header else ():
        name, _, encoded = pair.strip().partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError):
            raise HeaderMalformed("upload-metadata: not Base64 of UTF-8") from None
        if not name or not name.isascii() or name in found:
            raise HeaderMalformed("upload-metadata: a name is missing, not ASCII, or there twice")
        found[name] = text
    return found


def checksum(request: Request) -> Checksum | None:
    """Return what ``Upload-Checksum`` says, or nothing without it; raises :class:`HeaderMalformed`."""
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, encoded = header.strip().partition(" ")
    if algorithm.lower() not in ALGORITHMS:
        raise HeaderMalformed(f"upload-checksum: one of {', '.join(ALGORITHMS)}")
    try:
        return Checksum(algorithm.lower(), base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        raise HeaderMalformed("upload-checksum: not Base64") from None


def http_date(moment: datetime) -> str:
    """Return ``moment``, which is in UTC, as HTTP has dates (RFC 9110 5.6.7)."""
    return format_datetime(moment, usegmt=True)
