"""Bring a backup back into an empty system: rows, ciphertexts, keys; and what was erased since goes again, before any door."""

import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

import vault.bootstrap as vault_parts
from contracts.calendar import paris_day
from contracts.documents import GONE
from hub.deposits.erasure import carry_out_erasure
from hub.deposits.retention import OPERATOR, lift_hold
from hub.requirements.catalogue import load
from orchestration.backup import dumping
from orchestration.backup.errors import RestoreRefused
from orchestration.backup.taking import keys_file
from orchestration.custody import worker_custody
from orchestration.stack import provision, stack
from orchestration.stack.layout import Layout
from orchestration.stack.places import Places
from orchestration.stack.plan import Plan, StoreAddresses
from vault.backup.sealed_file import read_header, sealed_reader, verify_whole
from vault.crypto import local
from vault.documents.custody import Custody
from vault.documents.erase import Cause
from vault.documents.erasure_log import LoggedErasure, read_logs
from vault.documents.hold import is_held
from vault.documents.tables import DOCUMENT
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry
from vault.standing import Purpose, standing
from vault.storage.objects import ObjectName

SYSTEM = "orchestration.backup.restoring:stores_only"
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and what went again."""

    taken_at: datetime
    objects: int
    replayed: int


def stores_only(layout: Layout) -> Plan:
    """Return the plan of a system without doors: what a restore runs on."""
    places = Places.chosen(layout)
    return Plan(lambda _: provision.provision_files(places), lambda _: ())


def restore(layout: Layout, file: Path, private_key: Path, erasures: Sequence[Path] | None) -> Restored:
    """Restore ``file`` into ``layout`` and leave everything stopped; ``erasures`` are logs of what was erased since.

    The folder of keys must be back already: no backup holds the master key. Logs count together, a folder as all logs in
    it, and one in the state folder counts too; to go without any, ``erasures`` is an empty list and not nothing. Until the last step has succeeded the system refuses
    to start. Raises :class:`RestoreRefused`, and :class:`vault.backup.errors.BackupBroken`.
    """
    places = _prepared(layout, file)
    logged = _logged(places, erasures)
    for part in (file, keys_file(file)):
        verify_whole(part, private_key)
    layout.create()
    layout.restoring.touch(mode=0o600)
    running = stack.up(layout, SYSTEM, tied=True)
    try:
        objects = _bring_back(running.addresses, layout, file, private_key)
        provision.migrate(running.addresses)
        with worker_custody(layout, running.addresses) as custody:
            replayed = _replay(custody, logged)
            _write_down(custody, file, replayed)
    finally:
        stack.down(layout)
    layout.restoring.unlink()
    return Restored(datetime.fromisoformat(read_header(file)["taken_at"]), objects, replayed)


def _prepared(layout: Layout, file: Path) -> Places:
    """Refuse what can be refused before anything is touched."""
    header, keys = read_header(file), read_header(keys_file(file))
    if (header.get("part"), keys.get("part")) != ("data", "holder-keys") or header["backup"] != keys["backup"]:
        raise RestoreRefused("the two files are not the two parts of one backup")
    dies_on = date.fromisoformat(keys["expires_on"])
    if paris_day(vault_parts.utc_now()) > dies_on:
        raise RestoreRefused(f"the holder keys of this backup died on {dies_on}: destroy the file; nothing would open")
    if not (layout.keys / local.PRIVATE_NAME).exists():
        raise RestoreRefused(f"no master key in {layout.keys}: bring the folder of keys back first; no backup holds it")
    if (layout.postgres_data / "PG_VERSION").exists():
        raise RestoreRefused(f"{layout.state} is not empty: it holds a database")
    return Places(layout, {})


def _logged(places: Places, erasures: Sequence[Path] | None) -> list[LoggedErasure]:
    paths = [*(erasures or ()), *([places.erasure_log] if places.erasure_log.exists() else [])]
    if not paths and erasures is None:
        raise RestoreRefused(
            "without a log of erasures, papers erased since would come back: name it, or say there is none"
        )
    return read_logs(paths)


def _bring_back(stores: StoreAddresses, layout: Layout, file: Path, private_key: Path) -> int:
    with tempfile.TemporaryDirectory(dir=layout.temporary) as folder:
        database, keys, versions = (Path(folder, name) for name in ("database", "keys", "versions"))
        objects = 0
        with worker_custody(layout, stores) as custody:
            for name, content in _members(file, private_key):
                if name.startswith("objects/"):
                    custody.objects.put(ObjectName(name.partition("/")[2]), _chunks(content), content.length)
                    objects += 1
                elif not name.endswith(".json"):
                    _append(Path(folder, name.partition("/")[0]), content)
        for name, content in _members(keys_file(file), private_key):
            _append(Path(folder, name.partition("/")[0]), content)
        dumping.restore(stores, database, "pre-data")
        dumping.restore(stores, database, "data")
        # Before the constraints come: documents refer to the keys.
        dumping.restore(stores, keys, "data")
        dumping.restore(stores, database, "post-data")
        for section in ("pre-data", "data", "post-data"):
            dumping.restore(stores, versions, section)
    return objects


class _Member:
    """One file of the archive, with its length."""

    def __init__(self, content: BinaryIO, length: int) -> None:
        self._content, self.length = content, length

    def read(self, size: int) -> bytes:
        return self._content.read(size)


def _members(file: Path, private_key: Path) -> Iterator[tuple[str, _Member]]:
    with sealed_reader(file, private_key) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield member.name, _Member(content, member.size)  # type: ignore[arg-type]  # a readable file


def _chunks(content: _Member) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk


def _append(path: Path, content: _Member) -> None:
    with path.open("ab") as file:
        path.chmod(0o600)
        for chunk in _chunks(content):
            file.write(chunk)


@standing(purpose=Purpose.RESTORING)
def _replay(custody: Custody, logged: Sequence[LoggedErasure]) -> int:
    """Erase again what was erased after the backup was taken; what is not in it needs nothing."""
    catalogue, replayed = load(), 0
    for erasure in logged:
        with custody.db.read() as tx:
            found = select(DOCUMENT.c.state).where(DOCUMENT.c.document_id == erasure.document_id)
            state = tx.execute(found).scalar_one_or_none()
        if state is None or state in GONE:
            continue
        with custody.db.read() as tx:
            held = is_held(tx, erasure.document_id)
        if held:
            # It was lifted before the erasure could happen.
            lift_hold(custody, erasure.document_id)
        carry_out_erasure(custody, catalogue, erasure.document_id, cause=Cause(erasure.cause))
        replayed += 1
    return replayed


def _write_down(custody: Custody, file: Path, replayed: int) -> None:
    detail = {"taken_at": str(read_header(file)["taken_at"]), "erasures_replayed": replayed}
    with custody.db.transaction() as tx:
        append(tx, JournalEntry(JournalAct.RESTORE, OPERATOR, detail=detail))
