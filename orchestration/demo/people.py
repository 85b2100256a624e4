"""Those who play in the story, each through the same doors as anybody else."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, TypeVar

import httpx

from orchestration.stack.places import Places

Found = TypeVar("Found")
PATIENCE = 30.0


class StoryBroken(Exception):
    """A step of the story did not come out as told."""


def expect(condition: object, words: str) -> None:
    """Go on only where the story holds; raises :class:`StoryBroken`."""
    if not condition:
        raise StoryBroken(words)


def wait_for(look: Callable[[], Found | None], words: str, *, within: float = PATIENCE) -> Found:
    """Return the first thing ``look`` finds; raises :class:`StoryBroken` when there is none in time."""
    until = monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if monotonic() > until:
            raise StoryBroken(f"waited {within:.0f} s in vain: {words}")
        sleep(0.02)


@dataclass
class Parent:
    """A persona of the sandbox who signs in and uses the residents' API."""

    places: Places
    persona: str
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        """Be a browser with its own cookies."""
        self.http = httpx.Client(base_url=self.places.url("door"), follow_redirects=True, timeout=30, trust_env=False)

    def sign_in(self) -> dict[str, Any]:
        """Go through the whole sign-in at the sandbox's FranceConnect."""
        answer = self.http.get(
            "/sign-in/franceconnect", params={"login_hint": self.persona, "return_to": "/v1/session"}
        )
        expect(answer.status_code == 200, f"sign-in of {self.persona}: {answer.status_code}")
        return dict(answer.json())

    def hand_in(self, content: bytes, media_type: str, name: str) -> httpx.Response:
        """Hand in a paper as the deposit page does."""
        headers = {
            "content-type": media_type,
            "idempotency-key": uuid.uuid4().hex,
            "content-disposition": f'attachment; filename="{name}"',
        }
        answer = self.http.post("/v1/documents", content=content, headers=headers)
        expect(answer.status_code in (200, 201), f"deposit of {name}: {answer.status_code} {answer.text}")
        return answer

    def read_to_the_end(self, document: str) -> dict[str, Any]:
        """Wait until a paper is read, and return where it stands."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.get(f"/v1/documents/{document}")
            return found if found["state"] != "received" else None

        return wait_for(look, f"document {document} read")

    def get(self, path: str) -> Any:
        """Read from the residents' API."""
        answer = self.http.get(path)
        expect(answer.status_code == 200, f"GET {path}: {answer.status_code}")
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Write to the residents' API."""
        return self.http.post(path, json=body)


@dataclass
class Outside:
    """The sandbox, seen by whoever tells the story."""

    places: Places

    def received(self, slug: str) -> dict[str, Any]:
        """What a partner was told and received."""
        return dict(self._get(f"/partners/{slug}/received"))

    def files(self, slug: str) -> list[dict[str, Any]]:
        """What lies in a partner's drop folder."""
        return list(self._get(f"/partners/{slug}/files")["files"])

    def dashboard(self) -> list[tuple[str, str]]:
        """What the City's dashboards show: of each request the service, and in words how it stands now."""
        customers = self._get("/sandbox/notification-store").get("customers", {})
        newest = [states[-1] for demands in customers.values() for states in demands.values()]
        return [(one["subject"], one["status_text"]) for one in newest]

    def ask(self, slug: str, question: dict[str, str]) -> dict[str, Any]:
        """Make a partner ask the hub now."""
        return self._post(slug, "ask", question)

    def decide(self, slug: str, service: str, *decisions: dict[str, Any]) -> dict[str, Any]:
        """Make a partner send back what it decided about lines of a service."""
        return self._post(slug, "decide", {"service": service, "decisions": decisions})

    def _post(self, slug: str, what: str, told: dict[str, Any]) -> dict[str, Any]:
        url = f"{self.places.url('sandbox')}/partners/{slug}/{what}"
        answer = httpx.post(url, json=told, timeout=30, trust_env=False)
        expect(answer.status_code == 200, f"{slug} could not {what}: {answer.status_code}")
        return dict(answer.json())

    def _get(self, path: str) -> Any:
        answer = httpx.get(self.places.url("sandbox") + path, timeout=30, trust_env=False)
        expect(answer.status_code == 200, f"sandbox {path}: {answer.status_code}")
        return answer.json()
