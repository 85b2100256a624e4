"""How long a family and an agency wait: a paper to be read, an event to be told."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg

from tests.bench import serving
from tests.bench.measuring import Row, at_most, percentile
from tests.system import CAISSE, FAMILLES, Papers, Resident, System, eventually

PARENTS, YEARS, WARM_UP = 6, 4, 8
PAPERS = 30


def event_to_notification() -> Iterator[Row]:
    """From the moment of the committed event to the webhook verified at the sandbox partner (same clock)."""
    system = serving.whole()
    for number in range(PARENTS):
        parent = Resident(system)
        child = parent.child()
        parent.sign_in()
        linked = parent.linked_child(child)
        for year in range(YEARS):
            for service, body in (("canteen_enrolment", CAISSE), ("after_school", FAMILLES)):
                _request(parent, linked, service, body, 2026 + year)
                eventually(lambda n=number, y=year, b=body: _told(system, n, y, b))
    waits = _waits(system)[WARM_UP:]
    yield at_most("event_to_notification_ms", [one for one, _ in waits], 1000, "ms", note="p50")
    p95 = percentile([one for one, _ in waits], 0.95)
    yield Row("event_to_notification_p95_ms", round(p95, 1), "ms", "< 1000", p95 < 1000, repetitions=len(waits))
    yield at_most("request_to_notification_ms", [one for _, one in waits], 1000, "ms", note="from the request received")


def _request(parent: Resident, child: str, service: str, body: str, year: int) -> None:
    wish = {"child": child, "school_year": f"{year}-{year + 1}", "service": service, "body": body}
    answer = parent.http.post("/v1/requests", json=wish | {"accuracy_sworn": True, "reuse_authorised": True})
    assert answer.status_code == 201, answer.text


def _told(system: System, parents: int, years: int, body: str) -> bool:
    slug = "caisse-13" if body == CAISSE else "paris-familles"
    return len(system.received(slug)["notifications"]) >= parents * YEARS + years + 1


def _waits(system: System) -> list[tuple[float, float]]:
    told: dict[str, datetime] = {}
    for slug in ("caisse-13", "paris-familles"):
        rows: list[dict[str, Any]] = system.received(slug)["notifications"]
        told |= {row["message"]: datetime.fromisoformat(row["at"]) for row in rows}
    with psycopg.connect(system.owner_dsn()) as connection:
        events = connection.execute(
            "SELECT d.delivery_id::text, e.occurred_at, q.received_at FROM hub.delivery d JOIN vault.event e"
            " USING (event_id) JOIN hub.request q ON q.line_id::text = e.subject ORDER BY e.occurred_at"
        ).fetchall()
    return [
        ((told[m] - at).total_seconds() * 1000, (told[m] - asked).total_seconds() * 1000) for m, at, asked in events
    ]


def received_to_available() -> Iterator[Row]:
    """From a certificate's transaction to its being concluded, one at a time; signed papers of one page."""
    system = serving.whole()
    parent = Resident(system).sign_in()
    papers = Papers(system.places.papers)
    documents = []
    for _ in range(PAPERS + 3):
        paper = papers.birth_certificate(parent, parent.child())
        documents.append(parent.hand_in_and_wait(paper, "application/pdf", kind="birth_certificate")["document"])
    with psycopg.connect(system.owner_dsn()) as connection:
        rows = connection.execute(
            "SELECT extract(epoch FROM concluded_at - received_at) * 1000 FROM vault.document"
            " JOIN vault.reading USING (document_id) WHERE document_id = ANY(%s::uuid[])",
            (documents[3:],),
        )
        waits = [float(row[0]) for row in rows]
    yield at_most("document_received_to_available_ms", waits, 1000, "ms", note="p50")
    p95 = percentile(waits, 0.95)
    yield Row(
        "document_received_to_available_p95_ms", round(p95, 1), "ms", "< 2000", p95 < 2000, repetitions=len(waits)
    )
