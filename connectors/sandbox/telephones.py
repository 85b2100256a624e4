"""A gateway for text messages that keeps what it is sent and shows it: every number is somebody's here."""

import hmac
import re
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.faults import Faults, bare_answer
from connectors.sandbox.provisioning import create_sms_token

TARGET = "sms"
"""What orders of faults call this gateway; ``sms-taken/<number>`` is the same after a message to a number was taken."""
KEPT = 1000
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class Handed(BaseModel):
    """One message as it is handed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    to: str = Field(max_length=16)
    sender: str = Field(pattern=r"^[A-Za-z0-9 ]{3,11}$")
    text: str = Field(min_length=1, max_length=640)


class Telephones:
    """The last messages that came, for whatever number, by their identifiers."""

    def __init__(self) -> None:
        """Start empty."""
        self._came: dict[UUID, Handed] = {}
        self._lock = threading.Lock()

    def take(self, handed: Handed) -> int:
        """Keep a message; return the gateway's status: taken, known already, or another one of this identifier."""
        with self._lock:
            known = self._came.setdefault(handed.id, handed)
            if known is not handed:
                return 200 if known == handed else 409
            while len(self._came) > KEPT:
                self._came.pop(next(iter(self._came)))
        return 202

    def has(self, message: UUID) -> bool:
        """Tell whether a message came."""
        with self._lock:
            return message in self._came

    def of(self, to: str | None) -> list[dict[str, Any]]:
        """Return what came for a number, or all of it, oldest first."""
        with self._lock:
            return [one.model_dump(mode="json") for one in self._came.values() if to in (None, one.to)]


def router(telephones: Telephones, state: Path, faults: Faults) -> APIRouter:
    """Return the gateway's two operations, and the route that shows what came."""
    routes = APIRouter()

    @routes.post("/sms/v1/messages")
    def send(handed: Handed, request: Request) -> Response:
        if (fault := faults.next(TARGET)) is not None:
            return bare_answer(fault)
        if not _authorised(request, state):
            return Response(status_code=401)
        if not _NUMBER.fullmatch(handed.to):
            return JSONResponse({"id": str(handed.id), "reason": "number"}, 422)
        status = telephones.take(handed)
        if (fault := faults.next(f"{TARGET}-taken/{handed.to}")) is not None:
            return bare_answer(fault)
        return JSONResponse({"id": str(handed.id), "state": "accepted"}, status)

    @routes.get("/sms/v1/messages/{message}")
    def look(message: UUID, request: Request) -> Response:
        if not _authorised(request, state):
            return Response(status_code=401)
        known = telephones.has(message)
        told = {"id": str(message), "state": "accepted" if known else "unknown"}
        return JSONResponse(told, 200 if known else 404)

    @routes.get("/sandbox/telephones")
    def read(to: str | None = None) -> list[dict[str, Any]]:
        return telephones.of(to)

    return routes


def _authorised(request: Request, state: Path) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme == "Bearer" and hmac.compare_digest(token.encode(), create_sms_token(state).encode())
