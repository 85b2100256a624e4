"""Assemble everything the sandbox plays into one application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI, Response

from connectors.sandbox import family_api, letterbox, sftp, telephones, time_stamps
from connectors.sandbox.agencies import notification_store, paris_familles, rest
from connectors.sandbox.caisses import routes as caisses
from connectors.sandbox.faults import FaultOrder, Faults
from connectors.sandbox.hubee import routes as hubee
from connectors.sandbox.identity import routes as identity
from connectors.sandbox.identity.grants import Grants
from connectors.sandbox.mailbox import Mailbox, router, serve
from connectors.sandbox.partners import routes as partners
from connectors.sandbox.partners.puller import Puller
from connectors.sandbox.personas import PROVIDERS, Population, Registration
from connectors.sandbox.settings import SandboxSettings


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(settings: SandboxSettings, clock: Callable[[], datetime] = _now) -> FastAPI:
    """Return the sandbox; ``clock`` lets a test make codes and tokens grow old."""
    mailbox = Mailbox()
    population, faults, puller, grants = Population(), Faults(), Puller(settings, clock), Grants()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        puller.start()
        server = None if settings.mail_port is None else serve(mailbox, settings.mail_port)
        files = None if settings.sftp_port is None else await sftp.serve(settings.state, faults, settings.sftp_port)
        yield
        if files is not None:
            files.close()
            await files.wait_closed()
        puller.stop()
        if server is not None:
            server.stop()

    app = FastAPI(title="Une Fois: sandbox", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    for provider in PROVIDERS:
        app.include_router(identity.router(provider, settings, population, clock, grants=grants))
    app.include_router(family_api.router(settings.state, population, faults, clock, grants=grants))
    app.include_router(partners.router(settings, faults, puller, clock))
    app.include_router(paris_familles.router(settings.state, faults, clock))
    app.include_router(notification_store.router(settings.state, population, faults, clock))
    for kind in ("caisses", "agencies"):
        app.include_router(rest.router(settings.state, faults, clock, kind=kind))
    for played in (caisses, hubee, time_stamps):
        app.include_router(played.router(settings.state, faults, clock))

    app.include_router(router(mailbox))
    came = telephones.Telephones()
    app.include_router(telephones.router(came, settings.state, faults))
    app.include_router(letterbox.router(mailbox, came, settings.state))

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "profile": settings.profile}

    @app.post("/sandbox/personas", status_code=204)
    def register(registration: Registration) -> Response:
        population.add(registration)
        return Response(status_code=204)

    @app.post("/sandbox/faults", status_code=204)
    def misbehave(order: FaultOrder) -> Response:
        faults.order(order)
        return Response(status_code=204)

    return app
