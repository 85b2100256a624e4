"""A store that lies about what it keeps: each lie told about each form of a paper, and what becomes of it."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import psycopg
from typer.testing import CliRunner

from orchestration.cli import app
from tests.faults import oracle
from tests.journeys.doors import bucket
from tests.system import Resident, System, eventually

Lie = Callable[[bytes, bytes], bytes | None]
LIES: dict[str, Lie] = {
    "missing": lambda honest, other: None,
    "empty": lambda honest, other: b"",
    "swapped": lambda honest, other: other,
    "truncated": lambda honest, other: honest[:-4096] or honest[:-1],
    "cut at a segment": lambda honest, other: honest[: len(honest) // 4096 * 4096] or honest[:-1],
    "extended": lambda honest, other: honest + b"more",
    "first byte": lambda honest, other: bytes([honest[0] ^ 1]) + honest[1:],
    "last byte": lambda honest, other: honest[:-1] + bytes([honest[-1] ^ 1]),
    "wrong bytes": lambda honest, other: os.urandom(len(honest)),
}
"""What the store gives instead of what it was given; ``other`` is another paper's object of the same holder."""
FORMS = {"original": "vault.document", "viewing_copy": "vault.viewing_copy"}
INTEGRITY = "urn:unefois:problem:integrity"


@dataclass
class Shelf:
    """Two papers of one resident in a store that this process can make lie."""

    system: System
    resident: Resident
    first: str
    second: str

    def name(self, document: str, form: str) -> str:
        """What the store calls one form of a paper."""
        statement = f"SELECT object_name FROM {FORMS[form]} WHERE document_id = %s"
        with psycopg.connect(self.system.owner_dsn()) as connection:
            row = connection.execute(statement.encode(), [document]).fetchone()
        assert row is not None
        return str(row[0])

    def content(self, name: str) -> bytes:
        """What the store keeps under a name."""
        return bytes(bucket(self.system).get_object(self.system.stores.bucket, name).read())

    def put(self, name: str, content: bytes) -> None:
        """Have the store keep something else under a name."""
        store = bucket(self.system)
        store.put_object(self.system.stores.bucket, name, io.BytesIO(content), len(content))

    @contextmanager
    def lying(self, lie: str, form: str) -> Iterator[None]:
        """Have the store lie about one form of the first paper for the time of the block."""
        name = self.name(self.first, form)
        honest = self.content(name)
        told = LIES[lie](honest, self.content(self.name(self.second, form)))
        if told is None:
            bucket(self.system).remove_object(self.system.stores.bucket, name)
        else:
            self.put(name, told)
        try:
            yield
        finally:
            self.put(name, honest)


def shelf(system: System) -> Shelf:
    """Somebody with two papers that were read."""
    person = Resident(system).sign_in()
    papers = [
        str(person.hand_in_and_wait(system.papers().bill(person, days_old=days), "application/pdf")["document"])
        for days in (20, 40)
    ]
    for paper in papers:
        eventually(lambda paper=paper: looked_at(person, paper).status_code == 200)
    return Shelf(system, person, *papers)


def looked_at(person: Resident, document: str) -> httpx.Response:
    """What the real doors answer whoever looks at a paper of their own."""
    ticket = person.http.post(f"/v1/documents/{document}/preview-tickets")
    return httpx.get(ticket.json()["href"]) if ticket.status_code == 201 else ticket


def undetected(shelf: Shelf, lie: str, form: str) -> list[str]:
    """Tell one lie and return what did not notice it, in words."""
    wrong = []
    with shelf.lying(lie, form):
        if form == "viewing_copy":
            answer = looked_at(shelf.resident, shelf.first)
            if (answer.status_code, answer.json().get("type")) != (500, INTEGRITY) or b"%PDF" in answer.content:
                wrong.append(f"{lie}: the door answered {answer.status_code} for the {form}")
        code, words = audited(shelf.system)
        if code != 1 or f"{shelf.first} {form}" not in words or " 1 faults" not in words:
            wrong.append(f"{lie}: the audit said of the {form}: {words[:200]}")
    return wrong


def audited(system: System) -> tuple[int, str]:
    """What « unefois vault audit --all » ends with and says."""
    done = CliRunner().invoke(app, ["vault", "audit", "--all", "--state", str(system.running.layout.state)])
    return done.exit_code, done.output


def every_lie(system: System) -> oracle.Verdict:
    """Tell every lie about every form; afterwards the store is honest again and the audit holds."""
    verdict, papers = oracle.Verdict(), shelf(system)
    for form in FORMS:
        for lie in LIES:
            verdict.unexplained += undetected(papers, lie, form)
    verdict.unexplained += old_version(papers)
    code, words = audited(system)
    verdict.lost += [] if code == 0 else [words]
    return verdict


def old_version(papers: Shelf) -> list[str]:
    """Give what a paper was sealed as before its holder was re-keyed by another erasure: an object never changes, its row does.

    An old row beside the new one is what a store of rows could lie with: the old wrapped key opens nothing any more.
    """
    with psycopg.connect(papers.system.owner_dsn()) as connection:
        old = connection.execute(
            "SELECT wrapped_key, holder_generation FROM vault.document WHERE document_id = %s", [papers.first]
        ).fetchone()
    gone = papers.resident.hand_in_and_wait(
        papers.system.papers().bill(papers.resident, days_old=60), "application/pdf"
    )["document"]
    assert old is not None
    papers.resident.http.delete(f"/v1/documents/{gone}")
    state = f"/v1/documents/{gone}"
    eventually(lambda: papers.resident.http.get(state).json()["state"] == "erased")
    with psycopg.connect(papers.system.owner_dsn(), autocommit=True) as connection:
        new = connection.execute(
            "SELECT wrapped_key FROM vault.document WHERE document_id = %s", [papers.first]
        ).fetchone()
        assert new is not None
        change = "UPDATE vault.document SET wrapped_key = %s WHERE document_id = %s"
        connection.execute(change, [old[0], papers.first])
        try:
            code, words = audited(papers.system)
        finally:
            connection.execute(change, [new[0], papers.first])
    return [] if code == 1 and f"{papers.first} original" in words else [f"an old key was taken: {words[:200]}"]
