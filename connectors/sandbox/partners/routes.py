"""A partner's own addresses: its webhook, what it received, its drop folder, and a way to make it ask."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from connectors.caisse_fichiers.reading import read
from connectors.errors import FileRefused, WebhookRefused
from connectors.sandbox.faults import Faults, bare_answer
from connectors.sandbox.partners.client import Decided, Question
from connectors.sandbox.partners.ledger import Ledger, Notified
from connectors.sandbox.partners.puller import Puller
from connectors.sandbox.provisioning import partner_folder, webhook_secret
from connectors.sandbox.settings import SandboxSettings
from connectors.webhook.signature import verify
from contracts.identifiers import new_uuid

BODY_MAX_BYTES = 65_536
Word = Annotated[str, Field(max_length=60)]


class _EventData(BaseModel):
    model_config = ConfigDict(extra="ignore")

    subject: str = Field(max_length=60)
    service: Word
    requirement: Word
    school_year: Word = ""


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str = Field(max_length=120)
    data: _EventData


class PartnerDesk:
    """What any partner does with each request; :func:`router` gives it addresses."""

    def __init__(
        self, settings: SandboxSettings, faults: Faults, puller: Puller, clock: Callable[[], datetime]
    ) -> None:
        """Play every partner that has keys in the state folder."""
        self._settings = settings
        self._faults = faults
        self._puller = puller
        self._clock = clock

    def webhook(self, slug: str, headers: dict[str, str], body: bytes) -> Response:
        """Verify a notification, remember it once, answer, and only then go and ask."""
        folder = partner_folder(self._settings.state, slug)
        secret = webhook_secret(self._settings.state, slug) if folder is not None else None
        if folder is None or secret is None:
            return Response(status_code=404)
        fault = self._faults.next(f"partners/{slug}")
        if fault is not None:
            return bare_answer(fault)
        try:
            message = verify([secret], headers, body, now=self._clock())
            event = _Event.model_validate_json(body)
        except WebhookRefused as refusal:
            return JSONResponse({"error": type(refusal).__name__}, status_code=401)
        except ValidationError:
            return JSONResponse({"error": "unreadable"}, status_code=400)
        notified = Notified(message=message, at=self._clock(), type=event.type, **event.data.model_dump())
        if Ledger(folder).notify(notified):
            self._puller.wake(slug)
        return Response(status_code=204)

    def received(self, slug: str) -> Response:
        """Show what the partner remembers."""
        folder = partner_folder(self._settings.state, slug)
        return Response(status_code=404) if folder is None else JSONResponse(Ledger(folder).everything())

    def ask(self, slug: str, question: Question) -> Response:
        """Make the partner ask now and show what the hub said."""
        if partner_folder(self._settings.state, slug) is None:
            return Response(status_code=404)
        reply = self._puller.ask(slug, question, message=None, key=new_uuid())
        told = {
            "status": reply.status,
            "outcome": reply.outcome,
            "detail": reply.detail,
            "answer": reply.body,
            "received": [asdict(piece) for piece in reply.received],
        }
        return JSONResponse(told)

    def decide(self, slug: str, decided: Decided) -> Response:
        """Make the partner send what it decided and show what the hub said."""
        if partner_folder(self._settings.state, slug) is None:
            return Response(status_code=404)
        reply = self._puller.decide(slug, decided, key=new_uuid())
        return JSONResponse({"status": reply.status, "detail": reply.detail, "answer": reply.body})

    def files(self, slug: str) -> Response:
        """Show what lies in the partner's drop folder, read as its software would."""
        folder = partner_folder(self._settings.state, slug)
        if folder is None:
            return Response(status_code=404)
        drop = folder / "drop"
        found = sorted(drop.iterdir()) if drop.is_dir() else []
        # A name that begins with a dot is a file still being written.
        return JSONResponse({"files": [_told(path) for path in found if not path.name.startswith(".")]})


def _told(path: Path) -> dict[str, Any]:
    body = path.read_bytes()
    told: dict[str, Any] = {"name": path.name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    try:
        return told | {"lines": len(read(path.name, body).lines), "error": None}
    except FileRefused as refusal:
        return told | {"lines": None, "error": str(refusal)}


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX_BYTES:
            return None
    return bytes(body)


def router(settings: SandboxSettings, faults: Faults, puller: Puller, clock: Callable[[], datetime]) -> APIRouter:
    """Return the routes under ``/partners/{slug}``."""
    desk = PartnerDesk(settings, faults, puller, clock)
    routes = APIRouter(prefix="/partners/{slug}")

    @routes.post("/webhook")
    async def webhook(slug: str, request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        return await run_in_threadpool(desk.webhook, slug, dict(request.headers), body)

    @routes.post("/ask")
    def ask(slug: str, question: Question) -> Response:
        return desk.ask(slug, question)

    @routes.post("/decide")
    def decide(slug: str, decided: Decided) -> Response:
        return desk.decide(slug, decided)

    routes.add_api_route("/received", desk.received, methods=["GET"])
    routes.add_api_route("/files", desk.files, methods=["GET"])
    return routes
