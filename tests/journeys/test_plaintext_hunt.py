"""No word of a paper lies in clear anywhere, whatever became of the paper."""

import base64
import secrets
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import psycopg
import pytest
from PIL import ExifTags, Image
from reportlab.pdfgen.canvas import Canvas

from connectors.sandbox.papers import create_authority, residence_bill
from contracts.calendar import PARIS
from hub.bootstrap import back, drop_transport
from hub.exchanges.handover import Way, hand_over_day
from hub.settings import HubSettings
from orchestration.stack import environment, stack
from orchestration.stack.account import SAME
from orchestration.stack.postgres import Postgres
from tests.assets.heic import with_position
from tests.assets.hostile import image
from tests.assets.pdfs import pages
from tests.assets.pictured import drawn, jpeg, pictured
from tests.assets.programs import EICAR
from tests.journeys.doors import Partner, person_id, rows, subject_of
from tests.journeys.hunting import Hunt, files, processes
from tests.system import CAISSE, FAMILLES, Resident, System, eventually, start_system
from vault.settings import VaultSettings

PDF = "application/pdf"
CIVIL_STATUS = {"hub.civil_status"}
"""Where the name of a person lies in clear, because civil status is what the hub knows persons by."""


def word() -> bytes:
    """A word nobody else writes; capitals and digits, as a seal holds them."""
    return b"MARQUE" + secrets.token_hex(10).upper().encode()


def told(name: bytes) -> dict[str, str]:
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name.decode())}.pdf"}


def paper_saying(marker: bytes) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pageCompression=0)
    canvas.drawString(80, 700, f"Madame, {marker.decode()}, veuillez")
    canvas.setAuthor(marker.decode())
    canvas.save()
    return out.getvalue()


def photo_with(marker: bytes) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = marker.decode()
    out = BytesIO()
    Image.open(BytesIO(image("JPEG"))).save(out, "JPEG", exif=exif, comment=marker)
    return out.getvalue()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own, so that everything in it is of this test."""
    own = start_system(tmp_path_factory.mktemp("hunted") / "state")
    yield own
    stack.down(own.running.layout)


WORDS = {
    name: word()
    for name in (
        "file name", "text", "photo", "heic", "street", "refused", "cut off", "malware", "erased", "erased name",
        "partial", "partial name", "replaced street", "erased street",
    )
}  # fmt: skip


def hand_over_today(system: System, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in environment.pipelines("test", system.places, system.stores).items():
        monkeypatch.setenv(name, value)
    parts = back(VaultSettings(), HubSettings())
    binding = parts.bindings.named("caisse-13-fichiers")
    done = hand_over_day(
        parts.custody,
        parts.catalogue,
        Way(binding, drop_transport(binding)),
        datetime.now(PARIS).date(),
        correlation="t",
    )
    parts.custody.db.close()
    return done.outcome


def bill_of(parent: Resident, word_in_street: str, days_old: int) -> bytes:
    return residence_bill(
        create_authority(parent.system.papers().folder),
        holder_name=f"{parent.given_name} {parent.family_name.upper()}",
        street=f"12 RUE {WORDS[word_in_street].decode()}"[:38],
        postcode="75013",
        town="PARIS",
        issued_on=date.today() - timedelta(days=days_old),
    )


def parent_with_papers(system: System) -> tuple[Resident, dict[str, str]]:
    """Somebody who has done everything one can do with papers."""
    parent = Resident(system)
    child = parent.child()
    parent.children = (child,)
    parent.sign_in()
    linked = parent.linked_child(child)
    for service, body in (("canteen_enrolment", CAISSE), ("after_school", FAMILLES)):
        assert parent.request(linked, service, body).status_code == 201
    bill = bill_of(parent, "street", 9)
    handed = {
        "bill": parent.hand_in(bill, PDF, kind="proof_of_address", **told(WORDS["file name"])),
        "picture": parent.hand_in(jpeg(pictured(drawn(bill), turned=2)), "image/jpeg"),
        "replaced": parent.hand_in(bill_of(parent, "replaced street", 40), PDF, kind="proof_of_address"),
        "erased bill": parent.hand_in(bill_of(parent, "erased street", 70), PDF, kind="proof_of_address"),
        "text": parent.hand_in(paper_saying(WORDS["text"]), PDF),
        "photo": parent.hand_in(photo_with(WORDS["photo"]), "image/jpeg"),
        "heic": parent.hand_in(with_position(WORDS["heic"].decode()), "image/heic"),
        "malware": parent.hand_in(pages(1) + b"% " + WORDS["malware"] + EICAR + b"\n%%EOF\n", PDF),
        "erased": parent.hand_in(paper_saying(WORDS["erased"]), PDF, **told(WORDS["erased name"])),
    }
    assert {name: answer.status_code for name, answer in handed.items()} == dict.fromkeys(handed, 201)
    assert parent.hand_in(b"<html>" + WORDS["refused"], PDF).status_code == 415
    return parent, {name: answer.json()["document"] for name, answer in handed.items()}


def cut_off(parent: Resident) -> None:
    """Begin a deposit and break the connection in the middle of it, and begin one that is never ended."""
    whole = pages(1) + b"% " + WORDS["cut off"] * 2000

    def half() -> Iterator[bytes]:
        yield whole[:20_000]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        parent.http.post(
            "/v1/documents",
            content=half(),
            headers={"content-type": PDF, "content-length": str(len(whole)), "idempotency-key": secrets.token_hex(8)},
        )
    content = pages(1) + b"% " + WORDS["partial"] * 3000
    name = base64.b64encode(WORDS["partial name"] + b".pdf").decode()
    begun = parent.http.post(
        "/v1/uploads",
        headers={
            "tus-resumable": "1.0.0",
            "upload-length": str(len(content)),
            "upload-metadata": f"filename {name},filetype {base64.b64encode(PDF.encode()).decode()}",
        },
    )
    assert begun.status_code == 201, begun.text
    piece = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream", "upload-offset": "0"}
    assert parent.http.patch(begun.headers["location"], content=content[:50_000], headers=piece).status_code == 204


def to_disk(system: System) -> None:
    """Make the database write out whatever it holds in memory."""
    with psycopg.connect(system.owner_dsn(), autocommit=True) as owner:
        jobs: Any = (
            "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status IN ('todo', 'doing') AND scheduled_at IS NULL"
        )
        eventually(lambda: owner.execute(jobs).fetchone() == (0,), within=60)
    stores, layout = system.stores, system.running.layout
    superuser = Postgres(layout, stores.postgres_port, SAME).superuser_dsn()
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        connection.execute("SELECT pg_switch_wal()")


@pytest.fixture(scope="module")
def lived(system: System) -> Iterator[tuple[Resident, float]]:
    """A system in which papers were handed in, read, fit, pulled, handed over, refused and erased."""
    since = time.time() - 1
    monkeypatch = pytest.MonkeyPatch()
    parent, documents = parent_with_papers(system)
    cut_off(parent)
    states = {name: parent.concluded(document)["state"] for name, document in documents.items()}
    assert states == dict.fromkeys(documents, "available") | {"malware": "quarantined"}
    partner = Partner(system, "paris-familles")
    asked = partner.ask(subject_of(parent, FAMILLES, "after_school"), "after_school", "child_identity")
    assert asked.status_code == 200, asked.text
    own_look(parent, documents["text"])
    assert hand_over_today(system, monkeypatch) in ("applied", "delivered", "nothing")
    replace_and_erase(parent, documents)
    to_disk(system)
    yield parent, since
    monkeypatch.undo()


def replace_and_erase(parent: Resident, documents: dict[str, str]) -> None:
    """Let a newer paper take an older one's place, and have two others gone."""

    def state(name: str) -> str:
        return str(parent.http.get(f"/v1/documents/{documents[name]}").json()["state"])

    wish = {"by": documents["bill"]}
    assert parent.http.put(f"/v1/documents/{documents['replaced']}/replacement", json=wish).status_code == 202
    for name in ("erased", "erased bill"):
        assert parent.http.delete(f"/v1/documents/{documents[name]}").status_code == 202
    eventually(
        lambda: [state(name) for name in ("replaced", "erased", "erased bill")] == ["superseded"] + ["erased"] * 2
    )


def own_look(parent: Resident, document: str) -> None:
    ticket = parent.http.post(f"/v1/documents/{document}/preview-tickets")
    assert ticket.status_code == 201, ticket.text
    assert parent.http.get(ticket.json()["href"]).content[:5] == b"%PDF-"


@pytest.mark.slow
def test_no_word_of_a_paper_lies_in_clear(
    system: System, lived: tuple[Resident, float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, since = lived
    hunt = Hunt(WORDS)
    assert hunt.in_state(system) > 50_000_000  # the database and its log alone are more
    hunt.in_rows(system.owner_dsn())
    hunt.in_open_files(processes(system))
    temporary = {Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/dev/shm")}
    # What lies below pytest's own folder other tests made, and their systems.
    hunt.in_temporary(
        sorted(temporary), since, leaving=[system.running.layout.state, tmp_path_factory.getbasetemp().parent]
    )
    assert hunt.found == set()


def test_what_was_hunted_for_is_kept_sealed(system: System, lived: tuple[Resident, float]) -> None:
    """Values, places and looks of the papers above are there: nothing was missed because nothing was kept."""
    parent, _ = lived
    kept = """SELECT count(sealed_fields) AS fields, count(sealed_places) AS places, count(sealed_looks) AS looks
              FROM vault.reading JOIN vault.document USING (document_id) WHERE holder_id = %(who)s"""
    (found,) = rows(system, kept, who=person_id(parent))
    assert min(found.values()) >= 2, found
    assert rows(system, "SELECT 1 FROM vault.likeness WHERE holder_id = %(who)s", who=person_id(parent))


def test_the_hunter_finds_what_there_is(system: System, lived: tuple[Resident, float]) -> None:
    parent, _ = lived
    name = parent.family_name.upper().encode()
    hunt = Hunt({"name": name})
    hunt.in_rows(system.owner_dsn())
    assert {place for _, place in hunt.found} == CIVIL_STATUS
    hunt = Hunt({"name": name})
    hunt.in_state(system)
    assert any("base/" in place for _, place in hunt.found)


def test_no_process_can_leave_a_core_dump(system: System, lived: tuple[Resident, float]) -> None:
    _, since = lived
    running = processes(system)
    assert len(running) > 5
    for pid in running:
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert next(line for line in limits.splitlines() if line.startswith("Max core")).split()[4] == "0", pid
    dumps = [path for path in files(system.running.layout.state) if path.name.startswith("core")]
    assert [path for path in dumps if path.stat().st_mtime >= since] == []


def test_jobs_carry_identifiers_only(system: System, lived: tuple[Resident, float]) -> None:
    assert person_id(lived[0])
    arguments = [row["args"] for row in rows(system, "SELECT args FROM jobs.procrastinate_jobs")]
    assert all(UUID(value) for told_ in arguments for value in told_.values())
