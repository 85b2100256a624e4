"""Agencies of our own REST dialect, played: Caisses, the enrolment service, the bursary body."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.agency_rest.codec import VERSION
from connectors.agency_rest.shapes import DecisionSaid
from connectors.port import WireRequest
from connectors.sandbox.faults import Faults, bare_answer
from connectors.sandbox.provisioning import binding_secret
from connectors.sandbox.wire import Answer, header_of
from contracts.calendar import paris_day

PAGE = 100
"""Decisions on one page."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Child(_Said):
    reference: str
    nom: str = Field(min_length=1)
    prenom: str = Field(min_length=1)
    date_naissance: date


class _Line(_Said):
    ligne: str
    enfant: _Child
    activite: str
    annee_scolaire: str
    tranche_proposee: int | None


class _Family(_Said):
    reference: str
    inscriptions: list[_Line]
    sorties: list[str]


class _Families(_Said):
    jour: date
    sequence: int
    familles: list[_Family]


class _Reservation(_Said):
    session: str
    ligne: str
    jours: list[date]


@dataclass
class Desk:
    """What one agency remembers, for one process's life."""

    lines: dict[str, _Line] = field(default_factory=dict)
    baskets: dict[str, _Reservation] = field(default_factory=dict)
    decisions: list[DecisionSaid] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    decides_at: Callable[[], datetime] | None = None
    """The clock of an agency that decides a tariff by itself, on the day it is proposed; none where it is told to."""
    merged: dict[str, str] = field(default_factory=dict)
    """Families and lines that became another one at the agency's own desk, and which."""
    effects: dict[str, int] = field(default_factory=dict)
    """How often each thing was done, by its key: what a test of « once » counts."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def register(self, said: _Line) -> dict[str, Any]:
        """Keep one line; say whether it was known."""
        with self.lock:
            if (survivor := self.merged.get(said.ligne)) is not None:
                return {"reference": said.ligne, "etat": "fusion", "nouvelle_reference": survivor}
            return self._keep(said.ligne, said)

    def families(self, said: _Families) -> dict[str, Any]:
        """Keep every line of every family; a family that the agency was told to refuse is refused alone."""
        with self.lock:
            return {"lignes": [self._family(one) for one in said.familles]}

    def _family(self, said: _Family) -> dict[str, Any]:
        if said.reference in self.refuses:
            return {"reference": said.reference, "etat": "refus", "code": "HORS_SECTEUR"}
        if (survivor := self.merged.get(said.reference)) is not None:
            return {"reference": said.reference, "etat": "fusion", "nouvelle_reference": survivor}
        for line in said.inscriptions:
            self._keep(line.ligne, line)
        for gone in said.sorties:
            self.lines.pop(gone, None)
        return {"reference": said.reference, "etat": "fait", "numero": f"F-{said.reference[:8]}"}

    def _keep(self, reference: str, said: _Line) -> dict[str, Any]:
        before = self.lines.get(reference)
        known = before == said
        self.lines[reference] = said
        if before is None:
            self._count(f"enrol/{reference}")
        if said.tranche_proposee is not None and (before is None or before.tranche_proposee != said.tranche_proposee):
            self._decide(said)
        return {"reference": reference, "etat": "deja" if known else "fait", "numero": f"I-{reference[:8]}"}

    def _decide(self, said: _Line) -> None:
        if self.decides_at is None:
            return
        before = [one.numero for one in self.decisions if str(one.ligne) == said.ligne]
        on, year = paris_day(self.decides_at()), int(said.annee_scolaire[:4])
        told = {
            "numero": f"T-{len(self.decisions) + 1}",
            "nature": "tarif",
            "ligne": said.ligne,
            "activite": said.activite,
            "decide_le": on,
            "effet": max(on, date(year, 9, 1)),
            "fin": date(year + 1, 8, 31),
            "tranche": str(said.tranche_proposee),
            "auteur": {"service": "Tarifs", "fonction": "Responsable"},
            "recours": [{"nature": "tribunal", "devant": "Tribunal administratif de Paris", "mois": 2}],
        }
        replaced = {"precedente": {"lien": "remplace", "numero": before[-1]}} if before else {}
        self.decisions.append(DecisionSaid.model_validate(told | replaced))

    def _count(self, key: str) -> None:
        self.effects[key] = self.effects.get(key, 0) + 1

    def book(self, said: _Reservation) -> dict[str, Any]:
        """Keep a basket; another one of the same name is a conflict."""
        with self.lock:
            if said.session not in self.baskets:
                self._count(f"book/{said.session}")
            known = self.baskets.setdefault(said.session, said)
        how = "fait" if known == said else "conflit"
        return {"reference": said.session, "etat": how, "numero": f"R-{said.session[:8]}"}

    def booked(self, session: str) -> dict[str, Any] | None:
        """Return a basket, or None where there is none."""
        said = self.baskets.get(session)
        days = [] if said is None else [day.isoformat() for day in said.jours]
        return None if said is None else {"session": session, "numero": f"R-{session[:8]}", "jours": days}

    def page(self, since: date, until: date, cursor: str) -> dict[str, Any]:
        """Return a page of what was decided in the window."""
        with self.lock:
            found = [one for one in self.decisions if since <= one.decide_le < until]
        start = int(cursor or 0)
        following = str(start + PAGE) if start + PAGE < len(found) else ""
        shown = [one.model_dump(mode="json") for one in found[start : start + PAGE]]
        return {"total": len(found), "decisions": shown, "suivant": following}


@dataclass
class PlayedAgency:
    """One agency without a network; ``token`` is what it knows us by."""

    token: str = field(repr=False)
    now: Callable[[], datetime]
    books: Desk = field(default_factory=Desk)
    renamed: bool = False
    """Whether a new version was released without a word: a field has another name."""

    def __post_init__(self) -> None:
        """Decide by the agency's own clock, whatever it is set to."""
        self.books.decides_at = self._clock

    def _clock(self) -> datetime:
        return self.now()

    def answer(self, request: WireRequest) -> Answer:
        """Do what is asked, and say so."""
        if header_of(request, "authorization") != f"Bearer {self.token}":
            return Answer(401, b'{"code":"jeton"}')
        parts = urlsplit(request.url)
        path, query = parts.path.rpartition("/ws/")[2], dict(parse_qsl(parts.query))
        try:
            told = self._told(request, path, query)
        except ValidationError:
            return Answer(422, b'{"code":"forme"}')
        if told is None:
            return Answer(404, b'{"code":"inconnu"}')
        body = json.dumps(told, ensure_ascii=False).encode()
        return Answer(200, body.replace(b'"numero"', b'"numeroDossier"') if self.renamed else body)

    def trouble(self, kind: str, _: WireRequest) -> Answer | None:
        """Return how this dialect says a trouble."""
        if kind in ("fault_in_200", "error_in_200"):
            return Answer(200, b'{"code":"indisponible","message":""}')
        if kind == "closed":
            return Answer(503, b'{"code":"ferme"}', (("retry-after", "3600"),))
        if kind == "new_version":
            self.renamed = True
        return None

    def _told(self, request: WireRequest, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        place, _, last = path.partition("/")
        if request.method == "POST":
            shape, act = _WRITES[place]
            told: dict[str, Any] = act(self.books, shape.model_validate_json(request.body))
            return told
        reads: dict[str, Callable[[], dict[str, Any] | None]] = {
            "reservations": lambda: self.books.booked(last),
            "decisions": lambda: self.books.page(
                date.fromisoformat(query["depuis"]), date.fromisoformat(query["avant"]), query.get("curseur", "")
            ),
            "factures": lambda: nothing_due(query["famille"]),
            "sante": lambda: {"etat": "ok", "version": VERSION, "maintenant": self.now().isoformat()},
        }
        return reads[place]()


_WRITES: dict[str, tuple[type[BaseModel], Callable[[Desk, Any], dict[str, Any]]]] = {
    "inscriptions": (_Line, Desk.register),
    "familles": (_Families, Desk.families),
    "reservations": (_Reservation, Desk.book),
}


def nothing_due(family: str) -> dict[str, Any]:
    """Return that nothing is due: this agency invoices nobody."""
    return {"famille": family, "nombre": 0, "du": 0, "factures": []}


class Door:
    """The addresses of every agency of one kind; :func:`router` gives them their paths."""

    def __init__(self, state: Path, faults: Faults, clock: Callable[[], datetime], kind: str) -> None:
        """Play them with the tokens that lie below ``kind`` in the state folder."""
        self._state, self._faults, self._clock, self._kind = state, faults, clock, kind
        self._desks: dict[str, Desk] = {}

    def health(self, slug: str, request: Request) -> Response:
        """Say how the agency is, and which version it speaks."""
        now = self._clock().isoformat()
        return self._served(slug, request, lambda _: {"etat": "ok", "version": VERSION, "maintenant": now})

    def register(self, slug: str, request: Request, said: _Line) -> Response:
        """Keep one line."""
        return self._served(slug, request, lambda desk: desk.register(said))

    def families(self, slug: str, request: Request, said: _Families) -> Response:
        """Keep what is told of families."""
        return self._served(slug, request, lambda desk: desk.families(said))

    def reserve(self, slug: str, request: Request, said: _Reservation) -> Response:
        """Book a basket."""
        return self._served(slug, request, lambda desk: desk.book(said))

    def reservation(self, slug: str, request: Request, session: str) -> Response:
        """Show a basket."""
        return self._served(slug, request, lambda desk: desk.booked(session))

    def decisions(self, slug: str, request: Request, depuis: date, avant: date, curseur: str = "") -> Response:
        """Show a page of what was decided."""
        return self._served(slug, request, lambda desk: desk.page(depuis, avant, curseur))

    def invoices(self, slug: str, request: Request, famille: str) -> Response:
        """Say that nothing is due: this agency invoices nobody."""
        return self._served(slug, request, lambda _: nothing_due(famille))

    def decide(self, slug: str, said: DecisionSaid) -> Response:
        """Have the agency decide something."""
        self._desk(slug).decisions.append(said)
        return Response(status_code=204)

    def refuse(self, slug: str, reference: str) -> Response:
        """Have the agency refuse one family."""
        self._desk(slug).refuses.add(reference)
        return Response(status_code=204)

    def _desk(self, slug: str) -> Desk:
        # Nobody tells a Caisse what it decides.
        clock = self._clock if self._kind == "caisses" else None
        return self._desks.setdefault(slug, Desk(decides_at=clock))

    def _served(self, slug: str, request: Request, act: Callable[[Desk], dict[str, Any] | None]) -> Response:
        token = binding_secret(self._state, f"{self._kind}/{slug}.token")
        if token is None:
            return Response(status_code=404)
        if request.headers.get("authorization") != f"Bearer {token}":
            return _problem(401, "jeton")
        order = self._faults.next(f"{self._kind}/{slug}")
        if order is not None:
            return bare_answer(order)
        told = act(self._desk(slug))
        return _problem(404, "inconnu") if told is None else JSONResponse(told)


def router(state: Path, faults: Faults, clock: Callable[[], datetime], *, kind: str) -> APIRouter:
    """Return the routes under ``/{kind}/{slug}/api``."""
    door = Door(state, faults, clock, kind)
    routes = APIRouter(prefix=f"/{kind}/{{slug}}/api")
    for path, serve, method in (
        ("/sante", door.health, "GET"),
        ("/inscriptions", door.register, "POST"),
        ("/familles", door.families, "POST"),
        ("/reservations", door.reserve, "POST"),
        ("/reservations/{session}", door.reservation, "GET"),
        ("/decisions", door.decisions, "GET"),
        ("/factures", door.invoices, "GET"),
        ("/sandbox/decisions", door.decide, "POST"),
        ("/sandbox/refuses/{reference}", door.refuse, "POST"),
    ):
        routes.add_api_route(path, serve, methods=[method])
    return routes


def _problem(status: int, code: str) -> Response:
    return JSONResponse({"code": code}, status_code=status)
