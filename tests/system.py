"""A running system for tests, and people who use it through its real doors."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from connectors.sandbox.papers import (
    Child,
    Parent,
    birth_certificate,
    create_authority,
    create_registry,
    residence_bill,
    tax_notice_photo,
)
from orchestration.stack import stack
from orchestration.stack.layout import Layout
from orchestration.stack.places import Places
from orchestration.stack.plan import StoreAddresses

CAISSE, FAMILLES, MAIRIE, BOURSES = "91000001200013", "91000002700011", "91000003500014", "91000004300018"
SCHOOL_YEAR = "2026-2027"
PATIENCE = 120.0
CONSONANTS, VOWELS = "bcdfglmnprstv", "aeiou"


@dataclass
class System:
    """One system of its own, on free ports, in a folder of its own."""

    running: stack.Running
    places: Places

    @property
    def door_url(self) -> str:
        return self.places.url("door")

    @property
    def release_url(self) -> str:
        return self.places.url("release")

    @property
    def sandbox_url(self) -> str:
        return self.places.url("sandbox")

    @property
    def stores(self) -> StoreAddresses:
        return self.running.addresses

    def owner_dsn(self) -> str:
        """The database as its owner, who may look everywhere: also at what only a migration sees."""
        return f"{self.stores.dsn('unefois_owner')}?options=-c%20unefois.purpose%3Dmigration"

    def papers(self) -> "Papers":
        return Papers(self.places.papers)

    def received(self, slug: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.sandbox_url}/partners/{slug}/received", timeout=10).json()
        return found

    def mailbox(self, address: str) -> list[dict[str, Any]]:
        """What came to an e-mail address, the oldest first."""
        found: list[dict[str, Any]] = httpx.get(
            f"{self.sandbox_url}/sandbox/mailbox", params={"to": address}, timeout=10
        ).json()
        return found

    def ask(self, slug: str, **question: str) -> dict[str, Any]:
        """Make a partner of the sandbox ask the hub, and return what it was told."""
        answer = httpx.post(f"{self.sandbox_url}/partners/{slug}/ask", json=question, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def start_system(folder: Path, *, pipelines: bool = False) -> System:
    """Start a system that ends with the test process at the latest."""
    layout = Layout(folder)
    env = {"UNEFOIS_PROFILE": "test", "UNEFOIS_PIPELINES": str(pipelines).lower()}
    running = stack.up(layout, env=env, tied=True, timeout=120)
    return System(running, Places.recorded(layout))


def eventually(look: Callable[[], Any], *, within: float = PATIENCE) -> Any:
    """Return the first true thing ``look`` finds; fail when it finds none in time."""
    until = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.03)
    return found


def gone(look: Callable[[], Any], *, within: float = PATIENCE) -> None:
    """Wait until ``look`` finds nothing any more; fail with what it still finds."""
    until = time.monotonic() + within
    while found := look():
        assert time.monotonic() < until, f"still there: {found}"
        time.sleep(0.03)


def made_up_name() -> str:
    """A name nobody has: consonants and vowels by turns."""
    return "".join(secrets.choice(CONSONANTS) + secrets.choice(VOWELS) for _ in range(5)).capitalize()


@dataclass
class Papers:
    """Mints papers with this system's test authority and registry."""

    folder: Path

    def birth_certificate(
        self, resident: "Resident", child: Child, *, signed: bool = True, issued_ago: int = 200
    ) -> bytes:
        parent = Parent(resident.family_name.upper(), resident.given_name)
        return birth_certificate(
            create_registry(self.folder),
            child=child,
            parents=[parent],
            issued_on=date.today() - timedelta(days=issued_ago),
            signed=signed,
        )

    def bill(self, resident: "Resident", *, days_old: int = 20) -> bytes:
        return residence_bill(
            create_authority(self.folder),
            holder_name=f"{resident.given_name} {resident.family_name.upper()}",
            street="12 RUE DES PEUPLIERS",
            postcode="75013",
            town="PARIS",
            issued_on=date.today() - timedelta(days=days_old),
        )

    def tax_notice(
        self, resident: "Resident", *, reference_income: int = 26_712, income_year: int | None = None
    ) -> bytes:
        today = date.today()
        late = (today.month, today.day) >= (9, 15)
        return tax_notice_photo(
            create_authority(self.folder),
            declarant=f"{resident.family_name.upper()} {resident.given_name.upper()}",
            reference_income=reference_income,
            parts="1,5",
            income_year=income_year or today.year - (1 if late else 2),
            issued_on=today - timedelta(days=60),
        )


@dataclass
class Resident:
    """Somebody made up who uses the residents' door as a browser or a programme would."""

    system: System
    family_name: str = field(default_factory=made_up_name)
    given_name: str = field(default_factory=made_up_name)
    quotient: int | None = None
    children: tuple[Child, ...] = ()
    provider: str = "franceconnect"

    def __post_init__(self) -> None:
        self.persona = f"{self.family_name}-{self.given_name}".lower()
        self.http = httpx.Client(base_url=self.system.door_url, follow_redirects=True, timeout=30)

    def child(self, *, born_on: date = date(2018, 6, 5)) -> Child:
        """A child of this person, to be named on a birth certificate."""
        return Child(self.family_name.upper(), made_up_name(), born_on, "Paris 13e")

    def sign_in(self) -> "Resident":
        """Become a persona of the sandbox and sign in through the whole flow."""
        httpx.post(
            f"{self.system.sandbox_url}/sandbox/personas", json=self._registration(), timeout=10
        ).raise_for_status()
        answer = self.http.get(
            f"/sign-in/{self.provider}", params={"login_hint": self.persona, "return_to": "/v1/session"}
        )
        assert answer.status_code == 200, answer.text
        return self

    def hand_in(
        self, content: bytes, media_type: str, *, kind: str = "unknown", key: str | None = None, **headers: str
    ) -> httpx.Response:
        """Hand in a paper; return the door's answer."""
        told = {"content-type": media_type, "idempotency-key": key or secrets.token_hex(16), "document-kind": kind}
        return self.http.post("/v1/documents", content=content, headers=told | headers)

    def hand_in_and_wait(self, content: bytes, media_type: str, *, kind: str = "unknown") -> dict[str, Any]:
        """Hand in a paper and return it once it is read."""
        answer = self.hand_in(content, media_type, kind=kind)
        assert answer.status_code == 201, answer.text
        return self.concluded(answer.json()["document"])

    def concluded(self, document: str) -> dict[str, Any]:
        def look() -> Any:
            found = self.http.get(f"/v1/documents/{document}").json()
            return found if found["state"] != "received" else None

        found: dict[str, Any] = eventually(look)
        return found

    def linked_child(self, child: Child) -> str:
        """Prove the link to ``child`` by a sealed birth certificate; return the child's identifier."""
        paper = self.system.papers().birth_certificate(self, child)
        self.hand_in_and_wait(paper, "application/pdf", kind="birth_certificate")
        found: str = eventually(
            lambda: next(
                (c["child"] for c in self.http.get("/v1/children").json() if c["given_names"] == [child.first_names]),
                None,
            )
        )
        return found

    def request(self, child: str, service: str, body: str, *, reuse: bool = True, sworn: bool = True) -> httpx.Response:
        """Ask for a service for a child."""
        wish = {
            "child": child,
            "school_year": SCHOOL_YEAR,
            "service": service,
            "body": body,
            "accuracy_sworn": sworn,
            "reuse_authorised": reuse,
        }
        return self.http.post("/v1/requests", json=wish)

    def requirement(self, service: str, requirement: str) -> dict[str, Any]:
        """How one requirement of one service stands in this person's school files."""
        for file in self.http.get("/v1/school-files").json():
            for line in file["lines"]:
                if line["service"] == service:
                    return next(item for item in line["requirements"] if item["id"] == requirement)
        raise AssertionError(f"no line for {service}")

    def satisfied(self, service: str, requirement: str) -> dict[str, Any]:
        """Wait until a requirement is satisfied, and return how."""
        found: dict[str, Any] = eventually(
            lambda: (r := self.requirement(service, requirement))["state"] == "satisfied" and r
        )
        return found

    def reached_at(self, address: str) -> None:
        """Choose an e-mail address, and say the code back that comes to it."""
        sent = self.http.put("/v1/contact", json={"channel": "email", "value": address})
        assert (sent.status_code, sent.json()) == (202, {"state": "code_sent"}), sent.text
        (letter,) = eventually(lambda: self.system.mailbox(address))
        found = re.search(r"\b\d{6}\b", letter["text"])
        assert found
        self.http.post("/v1/contact/code", json={"code": found.group()}).raise_for_status()

    def trace(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/v1/accesses").json()
        return found

    def _registration(self) -> dict[str, Any]:
        persona: dict[str, Any] = {
            "id": self.persona,
            "label": "made up by a test",
            "providers": ["franceconnect", "mon-paris"],
            "family_name": self.family_name.upper(),
            "given_names": [self.given_name],
            "birthdate": "1988-04-17",
            "gender": "female",
            "birthplace": "75113",
            "birthcountry": "99100",
            "email": f"{self.persona}@example.org",
        }
        if self.quotient is None:
            return {"persona": persona}
        member = {
            "birth_name": self.family_name.upper(),
            "first_names": self.given_name.upper(),
            "birth_date": "1988-04-17",
            "sex": "F",
        }
        children = [
            {
                "birth_name": c.family_name,
                "first_names": c.first_names.upper(),
                "birth_date": str(c.born_on),
                "sex": "F",
            }
            for c in self.children
        ]
        family = {
            "id": self.persona,
            "provider": "CNAF",
            "quotient": self.quotient,
            "allocataires": [member],
            "children": children,
        }
        return {"persona": persona | {"family": self.persona}, "family": family}
