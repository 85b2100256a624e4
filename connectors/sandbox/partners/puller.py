"""After a notification the partner asks by itself, in the background, also for what a restart left undone."""

import queue
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from connectors.sandbox.partners.client import Decided, HubClient, Question, Reply
from connectors.sandbox.partners.ledger import Asked, Ledger
from connectors.sandbox.provisioning import partner_folder, partner_key
from connectors.sandbox.settings import SandboxSettings

WAITS_S = (0.2, 1.0, 3.0, 10.0)
"""How long to wait before asking a hub that did not answer once more."""


class Puller:
    """One thread that works through the notifications of every partner."""

    def __init__(self, settings: SandboxSettings, clock: Callable[[], datetime]) -> None:
        """Work for all the partners that have keys in the state folder."""
        self._settings = settings
        self._clock = clock
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sandbox-puller", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier run left undone."""
        self._thread.start()
        for key in sorted((self._settings.state / "partners").glob("*/key.json")):
            self.wake(key.parent.name)

    def stop(self) -> None:
        """End after the question under way."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def wake(self, slug: str) -> None:
        """Say that the partner ``slug`` may have something to ask."""
        self._waiting.put(slug)

    def ask(self, slug: str, question: Question, *, message: str | None, key: uuid.UUID) -> Reply:
        """Put one question to the hub as ``slug`` and remember how it ended."""
        client = self._client(slug)
        try:
            reply = self._insist(client, question, key) if message is not None else client.ask(question, key)
        finally:
            client.close()
        asked = Asked(
            at=self._clock(),
            message=message,
            subject=str(question.subject),
            service=question.service,
            requirement=question.requirement,
            purpose=question.purpose,
            status=reply.status,
            outcome=reply.outcome,
            detail=reply.detail,
        )
        Ledger(self._folder(slug)).record(asked, reply.received)
        return reply

    def decide(self, slug: str, decided: Decided, *, key: uuid.UUID) -> Reply:
        """Send what ``slug`` decided back to the hub."""
        client = self._client(slug)
        try:
            return client.decide(decided, key)
        finally:
            client.close()

    def _client(self, slug: str) -> HubClient:
        return HubClient(
            slug,
            release_url=self._settings.release_url,
            audience=self._settings.assertion_audience,
            key=partner_key(self._settings.state, slug),
            clock=self._clock,
        )

    def _insist(self, client: HubClient, question: Question, key: uuid.UUID) -> Reply:
        reply = client.ask(question, key)
        for wait in WAITS_S:
            if not reply.unreachable or self._stopping.wait(wait):
                break
            reply = client.ask(question, key)
        return reply

    def _folder(self, slug: str) -> Path:
        return self._settings.state / "partners" / slug

    def _work(self) -> None:
        while (slug := self._waiting.get()) is not None and not self._stopping.is_set():
            if partner_folder(self._settings.state, slug) is not None:
                self._pull(slug)

    def _pull(self, slug: str) -> None:
        for row in Ledger(self._folder(slug)).unpulled():
            if self._stopping.is_set():
                return
            try:
                question = Question(
                    subject=row["subject"],
                    service=row["service"],
                    requirement=row["requirement"],
                    purpose=row["service"],
                )
            except ValidationError:
                continue
            # Derived from the message, so that a question repeated after a crash is the same question.
            key = uuid.uuid5(uuid.NAMESPACE_URL, f"{slug}:{row['message']}")
            self.ask(slug, question, message=row["message"], key=key)
