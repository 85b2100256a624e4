"""How long a family waits until a paper is known, and how many papers two cores know in a minute; by the running system."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import psycopg
from PIL import Image

from tests.bench import serving
from tests.bench.measuring import Row, percentile, spread
from tests.system import CAISSE, MAIRIE, Papers, Resident, eventually

ONE_BY_ONE, WARM_UP, TOGETHER = 20, 3, 60
TWELVE_MEGAPIXELS = (3000, 4000)
SERVICES = {"school_enrolment": MAIRIE, "canteen_tariff": CAISSE}

_FITTED = """
    SELECT extract(epoch FROM greatest(r.concluded_at, min(f.decided_at)) - d.received_at), min(f.decided_at) IS NOT NULL
    FROM vault.document d JOIN vault.reading r USING (document_id) JOIN hub.evidence e USING (document_id)
    LEFT JOIN hub.fit f USING (evidence_id) WHERE d.document_id = ANY(%s::uuid[])
    GROUP BY d.document_id, d.received_at, r.concluded_at
"""


def verdict_pdf_p95() -> Iterator[Row]:
    """From a sealed one-page PDF's being received to its being concluded and fitted, one at a time."""
    parent, papers = _family()

    def bill(number: int) -> bytes:
        return papers.bill(parent, days_old=20 + number)

    yield _row("verdict_pdf_p95", parent, bill, media_type="application/pdf", goal=1.5)


def verdict_photo_p95() -> Iterator[Row]:
    """The same of a photograph of twelve megapixels of a sealed tax notice."""
    parent, papers = _family()

    def photograph(number: int) -> bytes:
        return _enlarged(papers.tax_notice(parent, reference_income=26_000 + number))

    yield _row("verdict_photo_p95", parent, photograph, media_type="image/jpeg", goal=4.0)


def documents_read_per_min() -> Iterator[Row]:
    """Bills handed in at once: how many a minute are concluded, on the cores there are."""
    parent, papers = _family()
    made = [papers.bill(parent, days_old=20) + b"\n%" + str(number).encode() for number in range(TOGETHER)]
    made = [paper + b"\n%%EOF" for paper in made]
    begun = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda paper: parent.hand_in(paper, "application/pdf").json(), made))
    documents = [answer["document"] for answer in answers]
    eventually(lambda: _concluded(parent, documents) == len(documents), within=300)
    a_minute = len(documents) * 60 / (time.perf_counter() - begun)
    yield Row("documents_read_per_min", round(a_minute), "1/min", repetitions=len(documents), note="one-page PDF bills")


def _family() -> tuple[Resident, Papers]:
    """Return a parent who has asked for what a bill and a tax notice are good for, and whoever mints papers."""
    system = serving.whole()
    parent = Resident(system)
    child = parent.child()
    parent.sign_in()
    linked = parent.linked_child(child)
    for service, body in SERVICES.items():
        answer = parent.request(linked, service, body)
        assert answer.status_code == 201, answer.text
    return parent, Papers(system.places.papers)


def _row(name: str, parent: Resident, make: Callable[[int], bytes], *, media_type: str, goal: float) -> Row:
    made = [make(number) for number in range(ONE_BY_ONE + WARM_UP)]
    documents = [parent.hand_in_and_wait(paper, media_type)["document"] for paper in made][WARM_UP:]
    eventually(lambda: all(fitted for _, fitted in _waits(parent, documents)))
    waits = [float(wait) for wait, _ in _waits(parent, documents)]
    p95 = percentile(waits, 0.95)
    note = f"p50 {percentile(waits, 0.5):.2f}; from received to concluded and fitted"
    return Row(
        name, round(p95, 2), "s", f"< {goal:g}", p95 < goal, spread=spread(waits), repetitions=len(waits), note=note
    )


def _waits(parent: Resident, documents: list[str]) -> list[tuple[float, bool]]:
    with psycopg.connect(parent.system.owner_dsn()) as connection:
        return connection.execute(_FITTED, (documents,)).fetchall()


def _concluded(parent: Resident, documents: list[str]) -> int:
    with psycopg.connect(parent.system.owner_dsn()) as connection:
        row = connection.execute(
            "SELECT count(*) FROM vault.reading WHERE document_id = ANY(%s::uuid[])", (documents,)
        ).fetchone()
    return int(row[0]) if row else 0


def _enlarged(photo: bytes) -> bytes:
    """Return ``photo`` at twelve megapixels."""
    out = BytesIO()
    Image.open(BytesIO(photo)).resize(TWELVE_MEGAPIXELS, Image.Resampling.BICUBIC).save(out, "JPEG", quality=82)
    return out.getvalue()
