"""Take in what a Caisse left for us: each file once by its bytes, each line by itself, and tell the Caisse what became of it.

One exchange a file, written before it is read and settled last. What a Caisse decided is recorded; who was there and whom
it has on its register is checked and counted, and not kept: the hub has no purpose for it. The file is taken away
from the folder once the Caisse has its account, so whatever dies in between is found there again.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, insert, literal, select, update
from sqlalchemy.engine import Row

from connectors.caisse_fichiers.accounting import Account, LeftAside, told
from connectors.caisse_fichiers.archives import FILE_MAX_BYTES, FileName, named
from connectors.caisse_fichiers.codec import MANIFEST
from connectors.caisse_fichiers.framing import BadLine
from connectors.caisse_fichiers.returns import Part, read_parts
from connectors.drops import Inbox, hand_over_outcome
from connectors.errors import FileRefused, FileTooLarge, FileTruncated
from connectors.port import Binding, Transport
from contracts.decisions import Decision, Taken
from contracts.identifiers import Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.exchanges import decided, log
from hub.exchanges.seen_files import MARKER, WholeFile, forget_file, whole_files
from hub.exchanges.tables import EXCHANGE, FILE_IN, FILE_LINE
from hub.partners.pseudonyms import Named
from hub.partners.tables import PSEUDONYM
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.standing import standing

HALF = FileTruncated.__name__
OPERATION, TELLING = "take_in", "tell_of_file"
UNKNOWN_LINE = "no_such_line"
LEASE = timedelta(minutes=10)
"""Reading a large file takes longer than a conversation."""
_TOLD = frozenset({OutcomeKind.APPLIED, OutcomeKind.DUPLICATE, OutcomeKind.CONFLICT})
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Folder:
    """A binding's folder both ways."""

    binding: Binding
    inbox: Inbox
    outbox: Transport


@dataclass(frozen=True, slots=True)
class FileTaken:
    """What became of one file: its exchange, the outcome, lines taken and left aside; counts and words only."""

    exchange_id: UUID
    outcome: str
    taken: int
    aside: int
    amends: UUID | None
    repeated: bool
    told: bool
    """Whether the Caisse has its account, and the file is gone from its folder."""


@dataclass(slots=True)
class _Reading:
    """What was read of one file so far."""

    lines: int = 0
    taken: int = 0
    aside: list[LeftAside] = field(default_factory=list)
    refused_for: str = ""

    @property
    def outcome(self) -> ExchangeOutcome:
        """What it comes to as a whole."""
        if self.refused_for:
            return ExchangeOutcome(OutcomeKind.REJECTED, code=self.refused_for)
        if not self.lines:
            return ExchangeOutcome(OutcomeKind.EMPTY, proof="the file counts no line")
        kind = OutcomeKind.PARTIAL if self.aside else OutcomeKind.APPLIED
        return ExchangeOutcome(kind, code=f"{self.taken}/{self.lines}")


def take_files_in(custody: Custody, catalogue: Catalogue, folder: Folder, *, correlation: str) -> list[FileTaken]:
    """Take in every whole file that lies in the folder; harmless to repeat, by any number of processes.

    Raises :class:`~connectors.errors.FolderUnreachable`: an unreachable folder is not an empty one. Raises
    :class:`~hub.errors.ExchangeInFlight` while another process has one of the files.
    """
    listing = folder.inbox.listing()
    with standing(partner=folder.binding.siret):
        with custody.db.transaction() as tx:
            whole = whole_files(tx, folder.binding.slug, listing, now=custody.now())
        intake = _Intake(custody, catalogue, folder, correlation)
        return [taken for one in whole if (taken := intake.take(one)) is not None]


@dataclass(frozen=True, slots=True)
class _Intake:
    custody: Custody
    catalogue: Catalogue
    folder: Folder
    correlation: str

    def take(self, whole: WholeFile) -> FileTaken | None:
        """Take one file in; None for one whose name is none of ours, or that is not whole after all."""
        called, binding = whole.lying.name, self.folder.binding
        try:
            name = named(called)
        except FileRefused:
            # Whoever put it there may have named it after somebody.
            _LOG.warning("%s: a file whose name the format does not know is left where it is", binding.slug)
            return None
        try:
            body = self.folder.inbox.fetch(called, FILE_MAX_BYTES)
        except FileTooLarge as refusal:
            return self._taken(called, _unread(whole), type(refusal).__name__)
        parts = _framed(name, body, binding)
        if len(body) != whole.lying.size or (parts == HALF and not whole.final):
            # The next look decides.
            return None
        return self._taken(called, hashlib.sha256(body).digest(), parts)

    def _taken(self, name: str, sha256: bytes, parts: "list[Part] | str") -> FileTaken:
        with self.custody.db.transaction() as tx:
            key = log.Key(self.folder.binding.slug, OPERATION, sha256.hex())
            begun = log.begin(tx, key, correlation=self.correlation, now=self.custody.now(), lease=LEASE)
        if begun.settled is None:
            reading = _Reading(refused_for=parts) if isinstance(parts, str) else self._read(parts, (name, sha256))
            with self.custody.db.transaction() as tx:
                log.hold(tx, begun)
                self._keep(tx, begun.exchange_id, (name, sha256), reading)
        repeated = begun.settled is not None or begun.attempts > 1
        return self._tell(begun.exchange_id, name, repeated=repeated)

    def _read(self, parts: Sequence[Part], file: tuple[str, bytes]) -> _Reading:
        reading = _Reading()
        for part in parts:
            reading.lines += part.count
            self._part(part, file, reading)
        return reading

    def _part(self, part: Part, file: tuple[str, bytes], reading: _Reading) -> None:
        numbers: list[int] = []
        decisions: list[Decision] = []
        references: list[tuple[int, UUID]] = []
        for line in part.rows():
            if isinstance(line, BadLine):
                reading.aside.append(LeftAside(part.kind.value, line.number, line.why))
            elif isinstance(line[1], Decision):
                numbers.append(line[0])
                decisions.append(line[1])
            else:
                references.append((line[0], line[1].reference))
        aside = [*self._decided(file, numbers, decisions), *self._unknown(references)]
        reading.aside += [LeftAside(part.kind.value, number, why) for number, why in aside]
        reading.taken += len(decisions) + len(references) - len(aside)

    def _decided(
        self, file: tuple[str, bytes], numbers: Sequence[int], decisions: Sequence[Decision]
    ) -> Iterator[tuple[int, str]]:
        """Record what was decided; return the lines that were refused, each with its flaw."""
        if not decisions:
            return
        name, sha256 = file
        whole = decided.DecisionFile(name, sha256, decisions)
        taken = decided.take_in(self.custody, self.catalogue, self.folder.binding, whole, correlation=self.correlation)
        for number, one in zip(numbers, taken.lines, strict=True):
            if one.taken is Taken.REFUSED:
                yield number, "refused" if one.flaw is None else one.flaw.value

    def _unknown(self, references: Sequence[tuple[int, UUID]]) -> Iterator[tuple[int, str]]:
        """Return the lines about nobody whom this Caisse knows through us."""
        if not references:
            return
        with self.custody.db.read() as tx:
            known = _known(tx, self.folder.binding.siret, [reference for _, reference in references])
        for number, reference in references:
            if reference not in known:
                yield number, UNKNOWN_LINE

    def _keep(self, tx: WriteTx, exchange_id: UUID, file: tuple[str, bytes], reading: _Reading) -> None:
        name, sha256 = file
        binding, now = self.folder.binding.slug, self.custody.now()
        before = select(FILE_IN.c.exchange_id).where(FILE_IN.c.binding == binding, FILE_IN.c.name == name)
        amends = tx.execute(before.order_by(FILE_IN.c.received_at.desc()).limit(1)).scalar_one_or_none()
        row = {
            "exchange_id": exchange_id,
            "binding": binding,
            "name": name,
            "sha256": sha256,
            "lines": reading.lines,
            "taken": reading.taken,
            "refused_for": reading.refused_for or None,
            "amends": amends,
            "received_at": now,
        }
        tx.execute(insert(FILE_IN).values(row))
        if reading.aside:
            rows = [
                {"exchange_id": exchange_id, "part": one.part, "number": one.number, "why": one.why}
                for one in reading.aside
            ]
            tx.execute(insert(FILE_LINE), rows)
        log.settle(tx, exchange_id, reading.outcome, phase=Phase.COMPLETE, now=now, digest=sha256)

    def _tell(self, exchange_id: UUID, name: str, *, repeated: bool) -> FileTaken:
        """Give the Caisse its account, then take the file away; the account is made of what was kept."""
        with self.custody.db.read() as tx:
            row = tx.execute(select(FILE_IN).where(FILE_IN.c.exchange_id == exchange_id)).one()
            outcome = tx.execute(select(EXCHANGE.c.outcome).where(EXCHANGE.c.exchange_id == exchange_id))
            account = _account(tx, row)
            kind = str(outcome.scalar_one())
        is_told = row.told_at is not None or self._account_given(exchange_id, account)
        if is_told:
            self.folder.inbox.clear(name)
            self.folder.inbox.clear(name + MARKER)
            with self.custody.db.transaction() as tx:
                forget_file(tx, self.folder.binding.slug, name)
        return FileTaken(exchange_id, kind, row.taken, len(account.aside), row.amends, repeated, is_told)

    def _account_given(self, exchange_id: UUID, account: Account) -> bool:
        request = told(account)
        exchange = self.folder.outbox.send(request)
        outcome = hand_over_outcome(exchange, MANIFEST.operations[TELLING])
        if outcome.kind not in _TOLD:
            _LOG.warning("what became of a file could not be told: %s %s", outcome.kind, outcome.code)
            return False
        with self.custody.db.transaction() as tx:
            now: datetime = self.custody.now()
            tx.execute(update(FILE_IN).where(FILE_IN.c.exchange_id == exchange_id).values(told_at=now))
        return True


def _unread(whole: WholeFile) -> bytes:
    """Return what stands for the digest of a file that is too large to be read: that of its name and length."""
    return hashlib.sha256(f"{whole.lying.name}\n{whole.lying.size}".encode()).digest()


def _account(tx: ReadTx, row: "Row[Any]") -> Account:
    lines = select(FILE_LINE).where(FILE_LINE.c.exchange_id == row.exchange_id)
    found = tx.execute(lines.order_by(FILE_LINE.c.part, FILE_LINE.c.number))
    aside = tuple(LeftAside(one.part, one.number, one.why) for one in found)
    return Account(row.name, bytes(row.sha256), row.taken, aside, row.refused_for or "")


def _known(tx: ReadTx, siret: Siret, references: Sequence[UUID]) -> set[UUID]:
    among = PSEUDONYM.c.value == any_(literal(list(references), ARRAY(Uuid)))
    where = (PSEUDONYM.c.siret == siret, PSEUDONYM.c.kind == Named.FILE.value, among)
    return set(tx.execute(select(PSEUDONYM.c.value).where(*where)).scalars())


def _framed(name: FileName, body: bytes, binding: Binding) -> list[Part] | str:
    """Return the parts of a file, or in a word of ours, for rows and for the Caisse's own eyes, why none of it is taken."""
    if name.sender != binding.siret:
        return "sender"
    try:
        return list(read_parts(name, body))
    except FileRefused as refusal:
        kind = type(refusal).__name__
        return f"{kind}:{refusal.detail}" if refusal.detail else kind
