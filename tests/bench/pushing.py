"""A school year pushed: messages for 113,000 children over 17 bindings, and the nightly push through the one gate out."""

import gc
import resource
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch
from uuid import UUID

import psycopg

from connectors.api_particulier.cases import Case, replay
from connectors.api_particulier.routes import ROUTES
from connectors.caisse.commands import Child, Family, Line, Register, SynchroniseFamilies
from connectors.caisse_fichiers.codec import PupilFileCodec
from connectors.caisse_fichiers.pupils import PupilFile, PupilLine
from connectors.file_drop import FileDropTransport
from connectors.port import Binding, Exchange
from connectors.registry import ENGINE_CODECS
from contracts.calendar import PARIS
from contracts.outcomes import OutcomeKind, Phase
from hub.bindings import Bindings
from hub.bootstrap import back, drop_transport
from hub.exchanges.handover import Way, hand_over_day
from hub.settings import HubSettings
from orchestration.stack.environment import pipelines
from orchestration.stack.provision import BINDINGS
from tests.bench import serving
from tests.bench.measuring import Row
from tests.journeys.doors import family, person_id
from tests.system import CAISSE
from tests.unit.connectors.api_particulier import made_up
from vault.settings import VaultSettings

CHILDREN, BODIES, MESSAGE = 113_000, 17, 200
PUSHED = 6_000
"""About what one Caisse of 17 has."""
DAY = date(2026, 9, 14)
MEMORY_MB = 400


def school_year_messages() -> Iterator[Row]:
    """Build, validate against the schema where the dialect has one, write, and read an outcome: no database, no network."""
    places = {"sandbox": "http://127.0.0.1:9", "drops": "/drops", "sftp": "127.0.0.1:9"}
    found = Bindings.load(BINDINGS, places=places, secrets=None)
    caisses = {
        siret: (name, one)
        for name, one in found.by_slug.values()
        if name.startswith("caisse-")
        for siret in [one.siret]
    }
    assert len(caisses) == BODIES
    before = _memory_mb()
    begun, told = time.perf_counter(), 0
    with TemporaryDirectory() as folder:
        for connector, binding in caisses.values():
            lines = range(told, told + CHILDREN // BODIES + 1)
            told += (
                _files(binding, lines, Path(folder))
                if connector == "caisse-fichiers"
                else _messages(connector, binding, lines)
            )
    rate, grown = told / (time.perf_counter() - begun), _memory_mb() - before
    note = f"{told} children over {BODIES} bindings; {grown:.0f} MB more at the peak"
    yield Row("school_year_messages", round(rate), "1/s", "≥ 1000", rate >= 1000 and grown < MEMORY_MB, note=note)


def _files(binding: Binding, numbers: Sequence[int], folder: Path) -> int:
    lines = [_pupil(number) for number in numbers]
    file, codec, drop = PupilFile(binding.siret, DAY, 1, lines), PupilFileCodec(), FileDropTransport(folder)
    outcome = codec.decode(file, drop.send(codec.encode(file, binding)))
    assert outcome.kind is OutcomeKind.APPLIED
    return len(lines)


def _messages(connector: str, binding: Binding, numbers: Sequence[int]) -> int:
    codec = ENGINE_CODECS[connector]
    with patch.object(Binding, "secret", lambda _self, _name: "secret"):
        for command in _commands(connector, numbers):
            assert codec.encode(command, binding).body
            # Nobody answers here: what is measured is that an outcome is read, whatever it is.
            assert codec.decode(command, Exchange(Phase.COMPLETE, datetime.now(UTC), 200, (), b"")).kind
    return len(numbers)


def _commands(connector: str, numbers: Sequence[int]) -> Iterator[Register | SynchroniseFamilies]:
    if connector == "caisse-rpc":
        # The older dialect takes one child a message.
        yield from (Register(line=_family(number).lines[0]) for number in numbers)
        return
    for sequence, start in enumerate(range(0, len(numbers), MESSAGE), start=1):
        families = tuple(_family(number) for number in numbers[start : start + MESSAGE])
        yield SynchroniseFamilies(day=DAY, sequence=sequence, families=families)


def _pupil(number: int) -> PupilLine:
    return PupilLine(
        UUID(int=number + 1),
        f"Œuvrard {number}",
        "Zoé",
        DAY,
        "2026-2027",
        "canteen_tariff",
        "satisfied",
        4,
        "sealed",
        DAY,
    )


def _family(number: int) -> Family:
    child = Child(reference=UUID(int=number + 1), family_name="Nguyen-Œuvrard", first_name="Zoé", birth_date=DAY)
    line = Line(
        line=UUID(int=2**64 + number), child=child, service="canteen_tariff", school_year="2026-2027", proposed_band=4
    )
    return Family(reference=UUID(int=2**65 + number), lines=(line,))


def decode_api_particulier() -> Iterator[Row]:
    """A good answer of every route, its question written and the answer decoded by one process, again and again."""
    told = [
        (route, Case.model_validate(case))
        for route in ROUTES.values()
        for _, case, comes_to in made_up.cases(route)
        if comes_to == OutcomeKind.FOUND
    ]
    now, done, used = datetime.now(UTC), 0, time.process_time()
    while time.process_time() - used < 3:
        for route, case in told:
            assert replay(route, case, at=now).kind is OutcomeKind.FOUND
        done += len(told)
    rate = done / (time.process_time() - used)
    note = f"{len(told)} routes; a second of processor, whatever else the machine does"
    yield Row("decode_api_particulier", round(rate), "1/s", "≥ 1000", rate >= 1000, note=note)


def nightly_push() -> Iterator[Row]:
    """One Caisse's night: grounds, one release, one journal entry and one receipt a child, the file, its outcome."""
    system = serving.whole()
    parent, child = family(system)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    with psycopg.connect(system.owner_dsn(), autocommit=True) as owner:
        _many_like(owner, person_id(parent), PUSHED)
    with patch.dict("os.environ", pipelines("test", system.places, system.stores)):
        parts = back(VaultSettings(), HubSettings())
    binding = parts.bindings.named("caisse-13-fichiers")
    gc.collect()
    before, begun, used = _memory_mb(), time.perf_counter(), time.process_time()
    done = hand_over_day(
        parts.custody,
        parts.catalogue,
        Way(binding, drop_transport(binding)),
        datetime.now(PARIS).date(),
        correlation="b",
    )
    taken, grown = time.perf_counter() - begun, _memory_mb() - before
    own = (time.process_time() - used) * 1000 / done.lines
    parts.custody.db.close()
    assert done.lines > PUSHED, done
    rate = done.lines / taken
    note = f"{done.lines} children, one Caisse: {taken:.1f} s, of our own processor {own:.2f} ms a child; {grown:.0f} MB more"
    yield Row("nightly_push", round(rate), "1/s", "≥ 1000", rate >= 1000 and grown < MEMORY_MB, note=note)


def _many_like(owner: psycopg.Connection, payer: UUID, count: int) -> None:
    """Give a payer ``count`` more children whose files are complete, each row like the one that is there."""
    owner.execute("SELECT set_config('unefois.purpose', 'migration', false)")
    owner.execute(
        """CREATE TEMP TABLE made ON COMMIT PRESERVE ROWS AS SELECT uuidv7() AS child_id, uuidv7() AS civil_status_id,
           uuidv7() AS file_id, uuidv7() AS line_id, uuidv7() AS request_id, uuidv7() AS notice_id, uuidv7() AS grant_id,
           uuidv7() AS fit_id, uuidv7() AS satisfaction_id FROM generate_series(1, %(n)s)""",
        {"n": count},
    )
    line = "(SELECT line_id FROM hub.enrolment_line WHERE payer_id = %(payer)s ORDER BY recorded_at LIMIT 1)"
    file = f"(SELECT file_id FROM hub.enrolment_line WHERE line_id = {line})"
    child = f"(SELECT child_id FROM hub.school_file WHERE file_id = {file})"
    request = f"(SELECT request_id FROM hub.request WHERE line_id = {line})"
    notice = f"""(SELECT g.notice_id FROM hub.notice_given g JOIN hub.notice_text x USING (notice_text_id)
                  WHERE g.request_id = {request} AND x.kind = 'l114_8_i' LIMIT 1)"""
    grant = f"(SELECT grant_id FROM hub.reuse_grant WHERE request_id = {request} ORDER BY granted_at DESC LIMIT 1)"
    for table, own, which in (
        ("person", "'person_id', m.child_id", f"person_id = {child}"),
        (
            "civil_status",
            "'civil_status_id', m.civil_status_id, 'person_id', m.child_id",
            f"person_id = {child} AND t.retracted_at IS NULL",
        ),
        ("school_file", "'file_id', m.file_id, 'child_id', m.child_id", f"file_id = {file}"),
        ("enrolment_line", "'line_id', m.line_id, 'file_id', m.file_id", f"line_id = {line}"),
        ("request", "'request_id', m.request_id, 'line_id', m.line_id", f"line_id = {line}"),
        ("notice_given", "'notice_id', m.notice_id, 'request_id', m.request_id", f"notice_id = {notice}"),
        ("reuse_grant", "'grant_id', m.grant_id, 'request_id', m.request_id", f"grant_id = {grant}"),
        (
            "fit",
            "'fit_id', m.fit_id, 'line_id', m.line_id",
            f"fit_id = (SELECT fit_id FROM hub.satisfaction WHERE line_id = {line} AND until IS NULL LIMIT 1)",
        ),
        (
            "satisfaction",
            "'satisfaction_id', m.satisfaction_id, 'line_id', m.line_id, 'fit_id', m.fit_id",
            f"line_id = {line} AND t.until IS NULL",
        ),
    ):
        owner.execute(f"ALTER TABLE hub.{table} DISABLE TRIGGER USER".encode())
        statement = f"""INSERT INTO hub.{table} SELECT (jsonb_populate_record(t, jsonb_build_object({own}))).*
                        FROM made m, hub.{table} t WHERE t.{which}"""
        owner.execute(statement.encode(), {"payer": payer})
        owner.execute(f"ALTER TABLE hub.{table} ENABLE TRIGGER USER".encode())
        owner.execute(f"ANALYZE hub.{table}".encode())


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
