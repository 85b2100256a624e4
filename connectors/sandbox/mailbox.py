"""A mail server that keeps what it is sent and shows it: every address is somebody's here."""

import email
import email.policy
import threading
from collections import deque
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import APIRouter

KEPT = 1000


class Mailbox:
    """The last messages that came, for whomever."""

    def __init__(self) -> None:
        """Start empty."""
        self._came: deque[dict[str, str]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Keep one message for each of its addresses."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        found = email.message_from_bytes(raw, policy=email.policy.default)
        body = found.get_body(("plain",))
        told = {"subject": str(found["subject"]), "text": "" if body is None else str(body.get_content())}
        told |= {"id": str(found["message-id"]), "from": str(found["from"])}
        with self._lock:
            self._came.extend({"to": to} | told for to in envelope.rcpt_tos)
        return "250 kept"

    def of(self, to: str | None) -> list[dict[str, str]]:
        """Return what came for an address, or all of it, oldest first."""
        with self._lock:
            return [one for one in self._came if to in (None, one["to"])]


def serve(mailbox: Mailbox, port: int) -> Controller:
    """Listen on loopback until the controller is stopped."""
    controller: Any = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    found: Controller = controller
    return found


def router(mailbox: Mailbox) -> APIRouter:
    """Return the route that shows what came."""
    routes = APIRouter()

    @routes.get("/sandbox/mailbox")
    def read(to: str | None = None) -> list[dict[str, str]]:
        return mailbox.of(to)

    return routes
