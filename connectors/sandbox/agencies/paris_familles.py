"""Paris Familles, played after the conventions of the City's identity store."""

import itertools
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from connectors.paris_familles.shapes import DUPLICATE, MERGED, STALE
from connectors.port import WireRequest
from connectors.sandbox.faults import Faults, bare_answer
from connectors.sandbox.provisioning import binding_secret
from connectors.sandbox.wire import Answer, header_of

SLUG = "paris-familles"
TARGET = f"agencies/{SLUG}"
REQUIRED = ("child_id", "family_name", "first_name", "birthdate", "activity", "school_year")
OPTIONAL = ("tariff_band", "tariff_decision", "tariff_decided_by", "tariff_until")
_BIRTHDATE = re.compile(r"\d{2}/\d{2}/\d{4}")
_HEADERS = ("client_code", "application_code", "author_name", "author_type")


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid")
    external_id: str = Field(min_length=1, max_length=64)
    last_update_date: str = ""
    attributes: dict[str, str]


class _Write(BaseModel):
    model_config = ConfigDict(extra="forbid")
    registration: _Written


class Order(BaseModel):
    """What a test or a demonstration has happen at the partner's own desk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: Literal["merge", "touch", "forget", "warn"]
    registration: str = ""
    into: str = ""


@dataclass
class _Kept:
    number: str
    external_id: str
    stamp: str
    attributes: dict[str, str]
    merged_into: str = ""


@dataclass
class Desk:
    """What the partner remembers, for one process's life."""

    clock: Callable[[], datetime]
    kept: dict[str, _Kept] = field(default_factory=dict)
    warns: int = 0
    effects: dict[str, int] = field(default_factory=dict)
    """How often each thing was done, by its key: what a test of « once » counts."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, said: _Written, number: str | None, *, dry: bool) -> Response:
        """Make or change a registration, or say whether that would be done."""
        with self._lock:
            refusal = self._refusal(said, number)
            if refusal is not None:
                return refusal
            if dry:
                return _say(200, "OK")
            kept = self._put(said, number)
            warned, self.warns = self.warns > 0, max(self.warns - 1, 0)
        acknowledge = {"status": "warning", "warnings": ["unknown customer"]} if warned else {"status": "success"}
        return _say(200 if number else 201, "SUCCESS", kept=kept, acknowledge=acknowledge)

    def _refusal(self, said: _Written, number: str | None) -> Response | None:
        wrong = [name for name in REQUIRED if not said.attributes.get(name)]
        wrong += sorted(said.attributes.keys() - {*REQUIRED, *OPTIONAL})
        if not wrong and not _BIRTHDATE.fullmatch(said.attributes["birthdate"]):
            wrong = ["birthdate"]
        if wrong:
            return _say(400, "BAD_REQUEST", "missing_attributes", attributes=wrong)
        if number is None:
            same = self.of(said.external_id)
            return None if same is None else _say(409, "CONFLICT", DUPLICATE, kept=same)
        kept = self.kept.get(number)
        if kept is None:
            return _say(404, "NOT_FOUND", "no_such_registration")
        if kept.merged_into:
            return _say(409, "CONFLICT", MERGED, kept=kept)
        if kept.stamp != said.last_update_date:
            return _say(409, "CONFLICT", STALE, kept=kept)
        return None

    def _put(self, said: _Written, number: str | None) -> _Kept:
        key = f"create/{said.external_id}" if number is None else f"update/{number}/{said.last_update_date}"
        self.effects[key] = self.effects.get(key, 0) + 1
        number = number or f"REG-{next(self._numbers):06d}"
        self.kept[number] = _Kept(number, said.external_id, self._stamp(), dict(said.attributes))
        return self.kept[number]

    def of(self, external_id: str) -> _Kept | None:
        """Return what is kept under one of our pseudonyms."""
        return next((one for one in self.kept.values() if one.external_id == external_id), None)

    def carry_out(self, order: Order) -> bool:
        """Do what is told; say whether there was such a registration."""
        with self._lock:
            kept = self.kept.get(order.registration)
            if order.act == "warn":
                self.warns += 1
            elif order.act == "forget":
                self.kept.clear()
            elif kept is None:
                return False
            elif order.act == "merge":
                kept.merged_into = order.into
            else:
                kept.stamp = self._stamp()
            return True

    def _stamp(self) -> str:
        # Two changes within one tick of the clock are two states all the same.
        return f"{self.clock().isoformat(timespec='seconds')}.{next(self._numbers):06d}"


@dataclass
class PlayedFamilies:
    """The partner without a network; ``token`` and ``client_code`` are what it knows us by."""

    token: str = field(repr=False)
    client_code: str
    now: Callable[[], datetime]
    books: Desk = field(init=False)

    def __post_init__(self) -> None:
        """Stamp changes by the partner's own clock, whatever it is set to."""
        self.books = Desk(self._clock)

    def _clock(self) -> datetime:
        return self.now()

    def answer(self, request: WireRequest) -> Answer:
        """Do what is asked, and say so."""
        said = self._said(request)
        return Answer(said.status_code, bytes(said.body))

    def trouble(self, kind: str, _: WireRequest) -> Answer | None:
        """Return how this partner says a trouble."""
        if kind in ("fault_in_200", "error_in_200"):
            return Answer(200, bytes(_say(500, "FAILURE", "unavailable").body))
        if kind == "closed":
            return Answer(503, headers=(("retry-after", "3600"),))
        return None

    def _said(self, request: WireRequest) -> Response:
        known = header_of(request, "authorization") == f"Bearer {self.token}"
        if not known or header_of(request, "client_code") != self.client_code:
            return _say(401, "UNAUTHORIZED", "client_code")
        parts = urlsplit(request.url)
        path = parts.path.rpartition("/registration/v1/")[2].split("/")[1:]
        if request.method == "GET":
            kept = self.books.of(dict(parse_qsl(parts.query)).get("external_id", ""))
            return _say(404, "NOT_FOUND", "no_such_registration") if kept is None else _say(200, "OK", kept=kept)
        said, dry = _Write.model_validate_json(request.body).registration, path[-1:] == ["control"]
        number = path[0] if request.method == "PUT" else None
        return self.books.write(said, number, dry=dry)


class Door:
    """The partner's addresses; :func:`router` gives them their paths."""

    def __init__(self, state: Path, faults: Faults, clock: Callable[[], datetime]) -> None:
        """Play it with the secrets of the state folder."""
        self._state, self._faults, self._desk = state, faults, Desk(clock)

    def ready(self) -> dict[str, str]:
        """Say that it is up, to anybody."""
        return {"status": "UP"}

    def contract(self, request: Request) -> Response:
        """Show the rights of our service contract, attribute by attribute."""
        rights = [{"key": name, "writable": True, "mandatory": name in REQUIRED} for name in (*REQUIRED, *OPTIONAL)]
        return self._refused(request) or JSONResponse({"attributes": rights})

    def create(self, request: Request, said: _Write) -> Response:
        """Make a registration."""
        return self._refused(request) or self._desk.write(said.registration, None, dry=False)

    def control_create(self, request: Request, said: _Write) -> Response:
        """Say whether it would be made."""
        return self._refused(request) or self._desk.write(said.registration, None, dry=True)

    def update(self, request: Request, number: str, said: _Write) -> Response:
        """Change a registration."""
        return self._refused(request) or self._desk.write(said.registration, number, dry=False)

    def control_update(self, request: Request, number: str, said: _Write) -> Response:
        """Say whether it would be changed."""
        return self._refused(request) or self._desk.write(said.registration, number, dry=True)

    def read(self, request: Request, external_id: str) -> Response:
        """Show a registration."""
        refusal = self._refused(request)
        if refusal is not None:
            return refusal
        kept = self._desk.of(external_id)
        return _say(404, "NOT_FOUND", "no_such_registration") if kept is None else _say(200, "OK", kept=kept)

    def happen(self, order: Order) -> Response:
        """Have something happen at the partner's own desk."""
        return Response(status_code=204 if self._desk.carry_out(order) else 404)

    def shown(self, request: Request) -> Response:
        """Show everything that is kept, to whoever has our token."""
        kept = [{"registration_id": one.number, "attributes": one.attributes} for one in self._desk.kept.values()]
        return self._refused(request) or JSONResponse(kept)

    def _refused(self, request: Request) -> Response | None:
        token = binding_secret(self._state, f"agencies/{SLUG}.token")
        if token is None or request.headers.get("authorization") != f"Bearer {token}":
            return _say(401, "UNAUTHORIZED", "token")
        lacking = [name for name in _HEADERS if not request.headers.get(name)]
        if lacking or request.headers["client_code"] != binding_secret(self._state, f"agencies/{SLUG}.client"):
            return _say(401, "UNAUTHORIZED", "client_code")
        order = self._faults.next(TARGET)
        return None if order is None else bare_answer(order)


def router(state: Path, faults: Faults, clock: Callable[[], datetime]) -> APIRouter:
    """Return the routes under ``/agencies/paris-familles``."""
    door, place = Door(state, faults, clock), "/rest/registration/v1/registration"
    routes = APIRouter(prefix=f"/{TARGET}")
    routes.add_api_route("/health/ready", door.ready, methods=["GET"])
    routes.add_api_route("/rest/registration/v1/contract/active", door.contract, methods=["GET"])
    routes.add_api_route(place, door.create, methods=["POST"])
    routes.add_api_route(place, door.read, methods=["GET"])
    routes.add_api_route(f"{place}/control", door.control_create, methods=["POST"])
    routes.add_api_route(f"{place}/{{number}}", door.update, methods=["PUT"])
    routes.add_api_route(f"{place}/{{number}}/control", door.control_update, methods=["PUT"])
    routes.add_api_route("/sandbox", door.happen, methods=["POST"])
    routes.add_api_route("/sandbox", door.shown, methods=["GET"])
    return routes


def _say(
    code: int,
    kind: str,
    key: str = "",
    *,
    kept: _Kept | None = None,
    attributes: list[str] | None = None,
    acknowledge: dict[str, Any] | None = None,
) -> Response:
    told = [{"key": name, "status": "REFUSED"} for name in attributes or ()]
    body: dict[str, Any] = {
        "status": {"http_code": code, "type": kind, "message": "", "message_key": key, "attributes": told}
    }
    if kept is not None:
        body["registration"] = {
            "registration_id": kept.number,
            "external_id": kept.external_id,
            "last_update_date": kept.stamp,
            "merged_into": kept.merged_into,
            "attributes": kept.attributes,
        }
    if acknowledge is not None:
        body["acknowledge"] = acknowledge
    return JSONResponse(body, status_code=code)
