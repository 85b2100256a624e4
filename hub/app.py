"""Assemble the doors and serve them: ``python -m hub.app door`` or ``python -m hub.app release``."""

import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.types import Scope

from hub.api import (
    acting,
    agent_sign_in,
    allowing,
    authorisation,
    checkpoints,
    childhood,
    confirmations,
    contact,
    decisions,
    documents,
    events,
    families,
    homes,
    informing,
    life_events,
    linking,
    merges,
    partner_care,
    partners,
    problems,
    questions,
    receipts,
    repeating,
    reviews,
    same_child,
    sign_in,
    tus,
    uploads,
)
from hub.api.callers import AGENT_COOKIE, COOKIE, agent, operator, own_resident, resident, watcher
from hub.api.closing import Closed
from hub.api.description import Guard, describe
from hub.api.edge import BODY_MAX, Edge
from hub.api.shapes import HealthShape
from hub.api.strangers import Strangers
from hub.api.wire import PlainRefusal
from hub.bootstrap import Door, ReleaseDoor, door, read_settings, release_door
from hub.prefork import Handed, serve
from hub.serving import HandedServer
from hub.web import accounts, agreeing, explaining, looks, pages, refusals, sharing
from hub.web import allowing as allowing_pages
from hub.web import linking as linking_pages
from hub.web import mandates as mandate_pages
from vault import telemetry
from vault.documents.custody import Custody

SESSION = Guard("session", {"type": "apiKey", "in": "cookie", "name": COOKIE})
AGENT_SESSION = Guard("agent_session", {"type": "apiKey", "in": "cookie", "name": AGENT_COOKIE})
PARTNER_TOKEN = Guard("partner_token", {"type": "http", "scheme": "DPoP"})
TITLES = {"door": "Une Fois: the residents' door", "release": "Une Fois: the partners' door"}


def residents(parts: Door) -> FastAPI:
    """Return the residents' door: sign-in, pages and the API they share."""
    app = residents_routes()
    app.state.door = parts
    return app


def partners_door(parts: ReleaseDoor) -> FastAPI:
    """Return the partners' door: tokens, questions, and the one gate out."""
    app = partners_routes()
    app.state.door = parts
    return app


def residents_routes() -> FastAPI:
    """Return the residents' door without its parts: enough to describe it, not to serve."""
    app = _app("door")
    # The busiest first: a request is held against one router after another.
    for router in (documents.router, documents.leaving, sign_in.router, uploads.router, families.router, homes.router):
        app.include_router(router)
    app.include_router(receipts.of_residents)
    for router in (agent_sign_in.router, reviews.router, confirmations.router, life_events.router, agreeing.router):
        app.include_router(router)
    for router in (
        partner_care.router,
        partner_care.everybody,
        allowing.router,
        allowing_pages.router,
        accounts.router,
        informing.router,
        linking.router,
        merges.router,
        childhood.router,
        same_child.router,
        acting.router,
        mandate_pages.router,
        linking_pages.router,
        contact.router,
    ):
        app.include_router(router)
    pages.install(app)
    describe(
        app,
        {
            resident: SESSION,
            own_resident: SESSION,
            agent: AGENT_SESSION,
            operator: AGENT_SESSION,
            watcher: AGENT_SESSION,
        },
    )
    app.add_middleware(tus.Resumable)
    repeating.install(app)
    app.add_middleware(Strangers)
    app.add_middleware(Closed)
    app.add_middleware(Edge, streams=_takes_document)
    return app


def partners_routes() -> FastAPI:
    """Return the partners' door without its parts: enough to describe it, not to serve."""
    app = _app("release")
    for router in (
        partners.router,
        authorisation.router,
        questions.router,
        events.router,
        checkpoints.router,
        looks.router,
        explaining.showing,
    ):
        app.include_router(router)
    app.include_router(receipts.of_partners)
    app.include_router(sharing.showing)
    app.include_router(allowing.partners)
    app.include_router(informing.partners)
    app.include_router(linking.partners)
    app.include_router(decisions.router)
    describe(app, {authorisation.caller_of: PARTNER_TOKEN})
    repeating.install(app)
    app.add_middleware(Strangers)
    app.add_middleware(Closed)
    app.add_middleware(Edge, streams=lambda _scope: False)
    return app


def _app(process: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        custody: Custody = app.state.door.custody
        await custody.objects.aclose()
        if (client := getattr(app.state, "pipelines", None)) is not None:
            await client.aclose()
        custody.db.close()

    app = FastAPI(title=TITLES[process], version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    problems.install(app, refusals.page)

    @app.get("/health", include_in_schema=False)
    def health() -> HealthShape:
        custody: Custody = app.state.door.custody
        return HealthShape(process=process, keys=str(custody.keys.state()))

    return app


def _takes_document(scope: Scope) -> bool:
    if tus.speaks_tus(scope):
        return scope["method"] in ("POST", "PATCH")
    return scope["method"] == "POST" and scope["path"] in ("/v1/documents", "/deposer")


def main(arguments: list[str] | None = None) -> None:
    """Read the settings, assemble one door and serve it until told to stop."""
    process = (arguments or sys.argv[1:])[0]
    vault, hub = read_settings()
    telemetry.log_as(hub.log_format)
    for noisy in ("httpx", "urllib3", "uvicorn.access", "procrastinate"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

    def run(incoming: socket.socket | Handed) -> None:
        told = {"traces_to": hub.traces_to, "metrics_host": hub.metrics_host}
        telemetry.begin(process, **told, metrics_port=hub.metrics_port)
        app = residents(door(vault, hub)) if process == "door" else partners_door(release_door(vault, hub))
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http=PlainRefusal,
            access_log=False,
            server_header=False,
            # Nothing here asks for a client's address or scheme: where a door is reached is in its settings.
            proxy_headers=False,
            date_header=True,
            ws_max_size=BODY_MAX,
            log_level="warning",
            timeout_graceful_shutdown=5,
        )
        if isinstance(incoming, Handed):
            HandedServer(config, incoming).run()
        else:
            uvicorn.Server(config).run(sockets=[incoming])

    sys.exit(serve(run, host=hub.host, port=hub.port, processes=hub.processes))


if __name__ == "__main__":
    main()
