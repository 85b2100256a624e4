"""A partner's receiver: verifies what comes, remembers it, and misbehaves when told to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors.addresses import AddressRule, Origin
from connectors.errors import WebhookRefused
from connectors.webhook.signature import verify
from vault.bootstrap import utc_now


@dataclass
class Receiver:
    """What came, in the order in which it was taken; how to answer, for how long to be slow."""

    url: str
    secrets: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    at: dict[str, float] = field(default_factory=dict)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    refusing: dict[str, int] = field(default_factory=dict)
    """Statuses by the subject for which they are answered."""
    slow_s: float = 0.0
    now: Any = utc_now
    stalled: threading.Event = field(default_factory=threading.Event)
    together: list[frozenset[str]] = field(default_factory=list)
    """Which subjects were being handled at one moment."""
    wrong: list[str] = field(default_factory=list)
    """What no sender may do, in the words of what was seen: `receiving` fails with it at its end."""
    _inside: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.stalled.set()

    @property
    def rule(self) -> AddressRule:
        return AddressRule(frozenset({Origin.of(self.url)}))

    def requirements(self, subject: str | None = None) -> list[str]:
        """What was taken, in words, of one subject or of all."""
        return [one["data"]["requirement"] for one in self.taken if subject in (None, one["subject"])]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        told = json.loads(body)
        with self._lock:
            self.tried.append(told["id"])
            if told["subject"] in self._inside:
                self.wrong.append(f"{told['id']}: two of one subject at once")
            self._inside.append(told["subject"])
            self.together.append(frozenset(self._inside))
        try:
            self.stalled.wait(30)
            time.sleep(self.slow_s)
            status = self.refusing.get(told["subject"], self.status)
            if 200 <= status < 300:
                if not self._signed(told["id"], headers, body):
                    return 401
                with self._lock:
                    self.taken.append(told)
                    self.at[told["id"]] = time.time()
            return status
        finally:
            with self._lock:
                self._inside.remove(told["subject"])

    def _signed(self, message: str, headers: dict[str, str], body: bytes) -> bool:
        for secrets, keys in ((self.secrets, ()), ((), self.keys)):
            try:
                holds = not (secrets or keys) or verify(secrets, headers, body, now=self.now(), keys=keys) == message
            except WebhookRefused:
                holds = False
            if not holds:
                self.wrong.append(f"{message}: no signature that holds")
                return False
        return True


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port of this machine for the time of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = found.take({name.lower(): said for name, said in self.headers.items()}, body)
            self.send_response(status)
            for name, said in found.headers.items():
                self.send_header(name, said)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.stalled.set()
        server.shutdown()
        server.server_close()
    assert not found.wrong
