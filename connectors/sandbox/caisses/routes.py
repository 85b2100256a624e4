"""Where the played Caisses are reached: one set of books each, whatever dialect it is asked in."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from connectors.sandbox.caisses.books import Books
from connectors.sandbox.caisses.rpc import RpcCaisse
from connectors.sandbox.caisses.soap import SoapCaisse
from connectors.sandbox.faults import Faults
from connectors.sandbox.wire import Played, over_http

DIALECTS: dict[str, type[SoapCaisse] | type[RpcCaisse]] = {"soap": SoapCaisse, "rpc": RpcCaisse}
_SLUG = re.compile(r"caisse-[a-z0-9]{1,20}")


@dataclass
class Caisses:
    """Every Caisse that has been asked for something, each with what it knows us by."""

    state: Path
    clock: Callable[[], datetime]
    _known: dict[tuple[str, str], Played] = field(default_factory=dict)
    _books: dict[str, Books] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, slug: str, dialect: str) -> Played | None:
        """Return one Caisse; none where it was given no credentials, or speaks no such dialect."""
        secrets = [self.state / "caisses" / f"{slug}.{kind}" for kind in ("login", "password")]
        if not _SLUG.fullmatch(slug) or dialect not in DIALECTS or not all(path.is_file() for path in secrets):
            return None
        with self._lock:
            if (slug, dialect) not in self._known:
                login, password = (path.read_text(encoding="utf-8").strip() for path in secrets)
                books = self._books.setdefault(slug, Books())
                self._known[slug, dialect] = DIALECTS[dialect](login, password, self.clock, books)
            return self._known[slug, dialect]

    def told(self, slug: str) -> dict[str, Any]:
        """Return what one Caisse's books hold, in counts and numbers, and how often each thing was done."""
        with self._lock:
            books = self._books.get(slug, Books())
        with books.lock:
            counts = {"enrolled": len(books.enrolled), "booked": len(books.booked), "decided": len(books.decided)}
            return {**counts, "effects": dict(books.effects)}


def router(state: Path, faults: Faults, clock: Callable[[], datetime]) -> APIRouter:
    """Return the routes under ``/caisses/<slug>/soap`` and ``/caisses/<slug>/rpc``; faults are ordered for ``caisses/<slug>``."""
    routes, caisses = APIRouter(), Caisses(state, clock)

    @routes.api_route("/caisses/{slug}/{dialect}/{path:path}", methods=["GET", "HEAD", "POST"])
    async def asked(slug: str, dialect: str, request: Request) -> Response:
        partner = caisses.of(slug, dialect)
        if partner is None:
            return Response(status_code=404)
        return await over_http(partner, request, faults, f"caisses/{slug}")

    @routes.get("/sandbox/caisses/{slug}")
    def books(slug: str) -> dict[str, Any]:
        return caisses.told(slug)

    return routes
