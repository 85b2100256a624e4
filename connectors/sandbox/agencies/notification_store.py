"""The City's notification store, played: it keeps every notification it is told, and warns inside a good answer."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.notification_store.shapes import DEMAND_TYPE
from connectors.port import WireRequest
from connectors.sandbox.faults import Faults
from connectors.sandbox.identity.claims import subject
from connectors.sandbox.personas import Population
from connectors.sandbox.provisioning import CLIENT_ID, binding_secret, pairwise_salt
from connectors.sandbox.wire import Answer, Played, header_of, over_http, until

SLUG = "notification-store"
TARGET = f"agencies/{SLUG}"
STATUSES = {10: "Annulé", 11: "En cours", 12: "À régler", 13: "À compléter", 14: "Acquitté", 15: "Terminé"}
_JSON = (("content-type", "application/json"),)
_NOBODY = "Valid user connection id or customer id is mandatory"
_IDENTITIES_AWAY = "An error occured while retrieving user from identityStore"


class _Shape(BaseModel):
    # The real store leaves what it does not know aside; this one shows an engineer what would be lost.
    model_config = ConfigDict(extra="forbid")


class _Customer(_Shape):
    id: str = ""
    connection_id: str = ""


class _Demand(_Shape):
    id: str
    type_id: str
    subtype_id: str = ""
    reference: str = ""
    status_id: int
    max_step: int = Field(ge=1)
    current_step: int = Field(ge=1)
    customer: _Customer


class _Dashboard(_Shape):
    status_id: int
    status_text: str = Field(min_length=1)
    message: str
    subject: str
    data: str = ""
    sender_name: str


class _Notification(_Shape):
    date: int = Field(gt=0)
    demand: _Demand
    mydashboard: _Dashboard


class _Told(_Shape):
    notification: _Notification


@dataclass
class Books:
    """What the store remembers, for one process's life; safe for several threads."""

    kept: list[_Notification] = field(default_factory=list)
    effects: dict[str, int] = field(default_factory=dict)
    """How often each thing was done: what a test of « once » counts."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def did(self, key: str) -> None:
        """Count an effect."""
        self.effects[key] = self.effects.get(key, 0) + 1


@dataclass
class NotificationStore:
    """The store; ``token`` is what it knows us by, ``knows`` says whether somebody has an account of the City."""

    token: str = field(repr=False)
    now: Callable[[], datetime]
    knows: Callable[[str], bool] = lambda _: True
    books: Books = field(default_factory=Books)
    renamed: bool = False

    def answer(self, request: WireRequest) -> Answer:
        """Do what is asked, and say so."""
        at = urlsplit(request.url)
        if at.path.endswith("/health/ready"):
            return _say(200, {"status": "UP"})
        if header_of(request, "authorization") != f"Bearer {self.token}":
            return _say(401, {})
        acts: dict[tuple[str, str], Callable[[], Answer]] = {
            ("GET", "status/genericStatus"): _statuses,
            ("GET", "notification/list"): lambda: self._list(dict(parse_qsl(at.query))),
            ("POST", "notification"): lambda: self._take(_Told.model_validate_json(request.body).notification),
        }
        act = acts.get((request.method, at.path.partition("/rest/notificationstore/v3/")[2]))
        try:
            return _say(404, {}) if act is None else act()
        except ValidationError:
            return _acknowledge(400, "error", errors=[_message("NOTIFICATION", "ERROR", "not readable")])

    def trouble(self, kind: str, _: WireRequest) -> Answer | None:
        """Return how the store says a trouble: mostly inside a good answer."""
        if kind == "fault_in_200":
            return _acknowledge(201, "warning", warnings=[_message("DEMAND", "ERROR", _IDENTITIES_AWAY)])
        if kind == "error_in_200":
            return _acknowledge(200, "error", errors=[_message("NOTIFICATION", "ERROR", "not stored")])
        if kind == "closed":
            away = until(self.now()) - self.now()
            return Answer(503, b"", (("retry-after", str(int(away.total_seconds()))),))
        if kind == "new_version":
            self.renamed = True
        return None

    def _take(self, told: _Notification) -> Answer:
        customer = told.demand.customer
        named = customer.id or customer.connection_id
        if not self.knows(named):
            # Nothing is shown to anybody: only an event is kept of it.
            return self._warned("User not found in the identityStore" if named else _NOBODY)
        with self.books.lock:
            customer.id = customer.connection_id = named
            self.books.kept.append(told)
            self.books.did(f"show/{told.demand.id}/{told.date}")
        if told.demand.type_id != DEMAND_TYPE:
            return self._warned("Demand Type Id not found")
        return self._received(201)

    def _list(self, asked: dict[str, str]) -> Answer:
        wanted = ("idDemand", "idDemandType", "customerId")
        if not all(asked.get(name) for name in wanted):
            return _say(400, {"status": "BAD_REQUEST", "errorMessage": "ERROR_FIELD_MANDATORY"})
        with self.books.lock:
            found = [
                one.model_dump()
                for one in self.books.kept
                if (one.demand.id, one.demand.type_id, one.demand.customer.id) == tuple(asked[name] for name in wanted)
            ]
        counted = "nombre" if self.renamed else "numberResult"
        return _say(200, {"status": "OK", counted: len(found), "notifications": found})

    def _received(self, code: int) -> Answer:
        return _acknowledge(code, "received", renamed=self.renamed)

    def _warned(self, message: str) -> Answer:
        return _acknowledge(201, "warning", warnings=[_message("DEMAND", "WARNING", message)])

    def told(self) -> dict[str, Any]:
        """Return what came, customer by customer: each request's states in their order, as a dashboard shows them."""
        shown: dict[str, dict[str, list[dict[str, Any]]]] = {}
        with self.books.lock:
            for one in self.books.kept:
                states = shown.setdefault(one.demand.customer.id, {}).setdefault(one.demand.id, [])
                states.append({"status": one.demand.status_id, **one.mydashboard.model_dump(), "date": one.date})
            return {"customers": shown, "effects": dict(self.books.effects)}


def router(state: Path, population: Population, faults: Faults, clock: Callable[[], datetime]) -> APIRouter:
    """Return the routes under ``/agencies/notification-store``; faults are ordered for that name."""
    routes = APIRouter()
    known: dict[str, NotificationStore] = {}

    def knows(customer: str) -> bool:
        salt = pairwise_salt(state)
        return any(subject("mon-paris", one, CLIENT_ID, salt) == customer for one in population.at("mon-paris"))

    def store() -> NotificationStore | None:
        token = binding_secret(state, f"{TARGET}.token")
        if token is None:
            return None
        return known.setdefault(token, NotificationStore(token, clock, knows))

    @routes.api_route(f"/{TARGET}/{{path:path}}", methods=["GET", "POST", "PUT"])
    async def asked(request: Request) -> Response:
        partner: Played | None = store()
        return Response(status_code=404) if partner is None else await over_http(partner, request, faults, TARGET)

    @routes.get(f"/sandbox/{SLUG}")
    def came() -> dict[str, Any]:
        partner = store()
        return {} if partner is None else partner.told()

    return routes


def _statuses() -> Answer:
    return _say(200, {"result": [{"code": str(code), "name": name} for code, name in STATUSES.items()]})


def _message(kind: str, status: str, message: str) -> dict[str, str]:
    return {"type": kind, "status": status, "reason": "", "message": message}


def _acknowledge(code: int, status: str, *, renamed: bool = False, **more: list[dict[str, str]]) -> Answer:
    return _say(code, {"accuse" if renamed else "acknowledge": {"status": status, **more}})


def _say(code: int, body: dict[str, Any]) -> Answer:
    return Answer(code, json.dumps(body, ensure_ascii=False).encode(), _JSON)
