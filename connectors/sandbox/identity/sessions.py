"""The provider's own session of a browser: who it is without asking again, unless the door wants them asked."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

COOKIE = "sandbox_session_"
LIFE = timedelta(minutes=30)
"""As long as a session of FranceConnect."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who chose to be whom, and when."""

    persona_id: str
    at: datetime


class Sessions:
    """Sessions by what their browser holds; in memory."""

    def __init__(self) -> None:
        """Start with none."""
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, session: Session) -> str:
        """Keep a session and return what its browser shall hold."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._open = {kept: held for kept, held in self._open.items() if held.at > session.at - LIFE}
            self._open[token] = session
        return token

    def fitting(self, token: str | None, parameters: Mapping[str, str], *, now: datetime) -> Session | None:
        """Return the session that will do for a request, if there is one (OpenID Connect Core 3.1.2.1)."""
        found = self._open.get(token or "")
        if found is None or "login" in parameters.get("prompt", "").split():
            return None
        asked = parameters.get("max_age", "")
        longest = min(LIFE, timedelta(seconds=int(asked))) if asked.isdigit() else LIFE
        return found if now - found.at <= longest else None

    def end(self, token: str | None) -> None:
        """End a session; harmless where there is none."""
        with self._lock:
            self._open.pop(token or "", None)
