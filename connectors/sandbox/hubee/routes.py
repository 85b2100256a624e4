"""Where the played HubEE is reached, and where it is told what parents send."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.faults import Faults
from connectors.sandbox.hubee.folders import FolderOrder
from connectors.sandbox.hubee.partner import PlayedHubee
from connectors.sandbox.provisioning import binding_secret
from connectors.sandbox.wire import over_http

TOWN = "91000001200013"
TARGET = "hubee"
REFERENCES = ("hubee/caisse-13.client", "hubee/caisse-13.secret")


class Strange(BaseModel):
    """Notifications that are no folder of ours: of another process, or broken; the queue may be shown unfiltered."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=1, le=1000)
    process: str = "CERTDC"
    broken: bool = False
    unfiltered: bool = True


@dataclass
class Desk:
    """The one client there is, once its secrets were made."""

    state: Path
    clock: Callable[[], datetime]
    _played: PlayedHubee | None = field(default=None)

    def partner(self) -> PlayedHubee | None:
        """Return it, or None while it has no secrets."""
        if self._played is None:
            client, secret = (binding_secret(self.state, one) for one in REFERENCES)
            if client is not None and secret is not None:
                self._played = PlayedHubee(TOWN, client, secret, self.clock)
        return self._played

    def shown(self) -> dict[str, Any]:
        """Return counts, statuses and how often each thing was done."""
        played = self.partner()
        if played is None:
            return {}
        with played.books.lock:
            cases = {str(number): one.status for number, one in played.books.cases.items()}
            return {"queue": len(played.books.queue), "cases": cases, "effects": dict(played.books.effects)}


def router(state: Path, faults: Faults, clock: Callable[[], datetime]) -> APIRouter:
    """Return the routes under ``/hubee`` and ``/sandbox/hubee``; faults are ordered for ``hubee``."""
    routes, desk = APIRouter(), Desk(state, clock)

    @routes.api_route("/hubee/{path:path}", methods=["GET", "POST", "PATCH", "DELETE"])
    async def asked(path: str, request: Request) -> Response:
        played = desk.partner()
        if played is None:
            return Response(status_code=404)
        # A token is given also while the rest misbehaves: its troubles have a test of their own.
        own = Faults() if path.endswith("oauth2/token") else faults
        return await over_http(played, request, own, TARGET)

    @routes.post("/sandbox/hubee/folders", status_code=201)
    def send(order: FolderOrder) -> dict[str, Any]:
        played = desk.partner()
        return {} if played is None else {"case": str(played.books.send(order))}

    @routes.post("/sandbox/hubee/strange", status_code=204)
    def strange(order: Strange) -> Response:
        played = desk.partner()
        if played is not None:
            played.honours_process = not order.unfiltered
            for _ in range(order.count):
                played.books.notify(TOWN, case=None, process=order.process, broken=order.broken)
        return Response(status_code=204)

    @routes.post("/sandbox/hubee/cases/{case_id}/close", status_code=204)
    def close(case_id: UUID) -> Response:
        played = desk.partner()
        if played is not None:
            played.close(case_id)
        return Response(status_code=204)

    @routes.get("/sandbox/hubee")
    def shown() -> dict[str, Any]:
        return desk.shown()

    return routes
