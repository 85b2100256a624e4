"""Leaving with everything: one ZIP of a person's papers, their history and the proofs, streamed in bounded memory."""

import hashlib
import io
import json
import secrets
import zipfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, insert, select

from contracts.documents import SEEN_BY_HOLDER, DocumentState, MediaType
from contracts.identifiers import DocumentId, PersonId
from hub.deposits.listing import DocumentView, documents_of, receipt_of
from hub.errors import NothingHere
from hub.persons.accounts import SignedIn
from hub.persons.tables import CIVIL_STATUS
from hub.releases.case_copies import case_copies
from hub.releases.gate import Ordered, hand_back, hand_over, name_given, order_own_copies, read_out
from hub.releases.tables import EXPORT_TICKET
from hub.requirements.catalogue import Catalogue
from hub.trace import trace_of
from vault.documents.certificates import certificate_of
from vault.documents.custody import Custody
from vault.documents.opening import Opened
from vault.errors import DocumentNotAvailable
from vault.journal.errors import EntryNotSequenced
from vault.journal.proofs import proof_for
from vault.journal.stamps import first_stamp_over
from vault.standing import standing

TICKET_LIFE = timedelta(minutes=1)
EVERYTHING = 100_000
UNCHECKED = "original-NON-VERIFIE"
"""What the original of a paper is called here that was not read, or in which something was found."""
READ_ME_FR = """\
Ce dossier contient tout ce que votre porte-documents garde pour vous.

documents/      vos documents. « original » est le fichier que vous avez donné ; « viewing-copy » est la copie
                que les services voient ; « values » dit ce que nous avons lu sur le document.
history.json    qui a consulté ou reçu vos documents, quand et pourquoi.
proofs/         les preuves de cet historique.
stamps/         l'heure de ces preuves, attestée par une autorité extérieure (horodatage RFC 3161).
manifest.json   la liste de tout ce qui est ici, avec le nom que vous aviez donné à chaque fichier.

Attention : un fichier nommé « original-NON-VERIFIE » est revenu tel que vous l'avez donné, mais nous n'avons pas pu
le vérifier, ou nous y avons trouvé quelque chose de dangereux. Ouvrez-le seulement si vous savez d'où il vient.
"""
_Got = TypeVar("_Got")
_ENDINGS = {
    MediaType.PDF: "pdf",
    MediaType.JPEG: "jpg",
    MediaType.PNG: "png",
    MediaType.HEIC: "heic",
    MediaType.RECORD: "json",
}


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExportedFile(_Told):
    """One file of the archive."""

    path: str
    media_type: str
    length: int
    sha256: str


class ExportedCopy(_Told):
    """A copy that a service keeps in its own case."""

    recipient: str
    recipient_name: str
    purpose: str
    handed_at: datetime
    keep_until: date


class ExportedDocument(_Told):
    """One paper: what it is, where it stands, its files here, and who keeps a copy; no file once it is destroyed.

    ``checked`` tells whether the original was read and scanned and nothing was found in it; where it is false, the file
    comes back as it was given, under a name that says so. ``file_name`` is what its sender called it, ``values`` the file
    of what was read on it.
    """

    document: UUID
    kind: str
    origin: Literal["deposit", "record"]
    state: DocumentState
    reason: str
    received_at: datetime
    issued_on: date | None
    grade: str | None
    file_name: str | None
    values: str | None
    checked: bool
    replaced_by: UUID | None
    original: ExportedFile | None
    viewing_copy: ExportedFile | None
    receipt: str | None
    destruction_certificate: str | None
    case_copies: list[ExportedCopy]


class ExportManifest(_Told):
    """What an archive holds: the person, every paper, the history, and the proofs of its entries."""

    format: Literal["unefois-export/1"]
    made_at: datetime
    family_name: str
    given_names: list[str]
    documents: list[ExportedDocument]
    history: str
    proofs: list[str]
    stamps: list[str]
    """Time-stamps of an authority outside (RFC 3161), each over the ``.head`` beside it, which proofs are under."""
    journal_key: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """One download that was ordered: its journal entries are committed."""

    person_id: PersonId
    orders: dict[UUID, Ordered]


def issue(custody: Custody, who: SignedIn) -> str:
    """Return a ticket for one download of everything; the door has had the person prove afresh who they are."""
    now = custody.now()
    ticket = secrets.token_urlsafe(32)
    values = {"ticket_digest": _digest(ticket), "person_id": who.person_id, "expires_at": now + TICKET_LIFE}
    with custody.db.transaction() as tx:
        tx.execute(insert(EXPORT_TICKET).values(**values))
    return ticket


def spend(custody: Custody, ticket: str) -> Leaving:
    """Order the download a ticket is for, once; the journal keeps it, and each paper that leaves with it."""
    now, digest = custody.now(), _digest(ticket)
    person_id = _person_of(custody, digest)
    with standing(person=person_id, ticket=digest.hex()), custody.db.transaction() as tx:
        row = tx.execute(
            delete(EXPORT_TICKET).where(EXPORT_TICKET.c.ticket_digest == digest).returning(EXPORT_TICKET)
        ).one_or_none()
        if row is None or row.expires_at <= now:
            raise NothingHere
        return Leaving(person_id, order_own_copies(tx, person_id, now=now))


def _person_of(custody: Custody, digest: bytes) -> PersonId:
    with standing(ticket=digest.hex()), custody.db.read() as tx:
        whose = select(EXPORT_TICKET.c.person_id).where(EXPORT_TICKET.c.ticket_digest == digest)
        found = tx.execute(whose).scalar_one_or_none()
    if found is None:
        raise NothingHere
    return PersonId(found)


@dataclass(frozen=True, slots=True)
class _Parts:
    custody: Custody
    catalogue: Catalogue
    leaving: Leaving
    packing: "_Packing"


def archive(custody: Custody, catalogue: Catalogue, leaving: Leaving, *, journal_key: str) -> Iterator[bytes]:
    """Yield the ZIP; a paper that does not verify raises in the middle, and the caller must abort without a clean end."""
    parts = _Parts(custody, catalogue, leaving, _Packing(custody.now()))
    with standing(person=leaving.person_id), custody.db.read() as tx:
        views = documents_of(tx, leaving.person_id, limit=EVERYTHING)
    documents = []
    for view in views:
        order = leaving.orders.get(view.document_id)
        files: list[ExportedFile | None] = [None, None]
        original = "original" if _is_checked(view) else UNCHECKED
        for place, name, opening in ((0, original, hand_back), (1, "viewing-copy", hand_over)):
            opened = None if order is None else _opened(custody, order, opening)
            if opened is not None:
                files[place] = yield from parts.packing.add(f"documents/{view.document_id}/{name}", opened)
        about = _About(files)
        if order is not None and files[0] is not None:
            about = _About(files, _opened(custody, order, name_given) or None, _opened(custody, order, read_out) or {})
        documents.append((yield from _describe(parts, view, about)))
    yield from parts.packing.text("LISEZ-MOI.txt", READ_ME_FR)
    yield from _history(parts, documents, journal_key)
    yield parts.packing.end()


def _is_checked(view: DocumentView) -> bool:
    return view.state in SEEN_BY_HOLDER or view.origin != "deposit"


def _opened(custody: Custody, order: Ordered, opening: Callable[[Custody, Ordered], _Got]) -> _Got | None:
    try:
        return opening(custody, order)
    except DocumentNotAvailable:
        # Erased since it was ordered, or a paper of which no viewing copy was made.
        return None


@dataclass(frozen=True, slots=True)
class _About:
    """What was opened of one paper."""

    files: list[ExportedFile | None]
    called: str | None = None
    values: dict[str, str] = field(default_factory=dict, repr=False)


def _describe(parts: _Parts, view: DocumentView, about: _About) -> Generator[bytes, None, ExportedDocument]:
    packing = parts.packing
    with standing(person=parts.leaving.person_id), parts.custody.db.read() as tx:
        receipt = receipt_of(tx, parts.leaving.person_id, view.document_id)
        certificate = certificate_of(tx, DocumentId(view.document_id))
        copies = case_copies(tx, parts.catalogue, view.document_id)
    beside = f"documents/{view.document_id}"
    if receipt is not None:
        yield from packing.text(f"{beside}/receipt.json", json.dumps(receipt, ensure_ascii=False, indent=1))
    if about.values:
        yield from packing.text(f"{beside}/values.json", json.dumps(about.values, ensure_ascii=False, indent=1))
    if certificate is not None:
        yield from packing.text(f"{beside}/destruction-certificate.json", certificate)
    return ExportedDocument(
        document=view.document_id,
        kind=view.kind,
        origin=view.origin,  # type: ignore[arg-type]  # the database holds these two only
        state=view.state,
        reason=view.reason,
        received_at=view.received_at,
        issued_on=view.issued_on,
        grade=view.grade,
        file_name=about.called,
        values=f"{beside}/values.json" if about.values else None,
        checked=_is_checked(view),
        replaced_by=view.replaced_by,
        original=about.files[0],
        viewing_copy=about.files[1],
        case_copies=[
            ExportedCopy(
                recipient=copy.recipient,
                recipient_name=copy.recipient_name,
                purpose=copy.purpose,
                handed_at=copy.handed_at,
                keep_until=copy.keep_until,
            )
            for copy in copies
        ],
        receipt=None if receipt is None else f"{beside}/receipt.json",
        destruction_certificate=None if certificate is None else f"{beside}/destruction-certificate.json",
    )


def _history(parts: _Parts, documents: list[ExportedDocument], journal_key: str) -> Iterator[bytes]:
    custody, packing, person_id = parts.custody, parts.packing, parts.leaving.person_id
    with standing(person=person_id), custody.db.read() as tx:
        lines = trace_of(tx, parts.catalogue, person_id, limit=EVERYTHING)
        current = select(CIVIL_STATUS).where(
            CIVIL_STATUS.c.person_id == person_id, CIVIL_STATUS.c.retracted_at.is_(None)
        )
        person = tx.execute(current).one()
    told = [
        {"at": line.at, "act": line.act, "who": line.who, "what": line.what, "why": line.why}
        | {"document": line.document, "entry": line.entry}
        for line in lines
    ]
    yield from packing.text("history.json", json.dumps(told, ensure_ascii=False, indent=1, default=str))
    proofs, stamps = yield from _proofs(parts, [line.entry for line in lines])
    manifest = ExportManifest(
        format="unefois-export/1",
        made_at=custody.now(),
        family_name=person.family_name,
        given_names=list(person.given_names),
        documents=documents,
        history="history.json",
        proofs=proofs,
        stamps=stamps,
        journal_key=journal_key,
    )
    yield from packing.text("manifest.json", manifest.model_dump_json(indent=1))


def _proofs(parts: _Parts, entries: list[UUID]) -> Generator[bytes, None, tuple[list[str], list[str]]]:
    """Yield a proof of each entry, under the head that dates it most closely, and what dates those heads."""
    proofs, dating = [], {}
    for entry in entries:
        try:
            with standing(person=parts.leaving.person_id), parts.custody.db.read() as tx:
                dated = first_stamp_over(tx, entry)
                proof = proof_for(tx, entry, under=None if dated is None else dated[0])
        except EntryNotSequenced:
            continue  # of the last second; the next download has it
        proofs.append(f"proofs/{entry}.json")
        yield from parts.packing.text(proofs[-1], proof)
        if dated is not None:
            dating[f"stamps/{dated[0].tree_size}"] = dated
    for stem, (head, stamp) in dating.items():
        yield from parts.packing.text(f"{stem}.head", head.note())
        yield from parts.packing.text(f"{stem}.tst", stamp.token)
    return proofs, [f"{stem}.tst" for stem in dating]


class _Packing:
    """A ZIP written as it is sent: what cannot be sought in gets its lengths after each file."""

    def __init__(self, now: datetime) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", allowZip64=True)
        self._moment = now.timetuple()[:6]

    def add(self, stem: str, opened: Opened) -> Generator[bytes, None, ExportedFile]:
        """Yield one document's bytes, not compressed again; return what the manifest says of it."""
        path = f"{stem}.{_ENDINGS.get(MediaType(opened.media_type), 'bin')}"
        digest, length = hashlib.sha256(), 0
        with self._zip.open(self._info(path, zipfile.ZIP_STORED), "w", force_zip64=opened.length >= 2**31) as member:
            for chunk in opened.chunks:
                digest.update(chunk)
                length += len(chunk)
                member.write(chunk)
                yield self._sink.take()
        yield self._sink.take()
        return ExportedFile(path=path, media_type=opened.media_type, length=length, sha256=digest.hexdigest())

    def text(self, path: str, content: str | bytes) -> Iterator[bytes]:
        """Yield one small file, compressed."""
        self._zip.writestr(self._info(path, zipfile.ZIP_DEFLATED), content)
        yield self._sink.take()

    def end(self) -> bytes:
        """Return the directory that makes it a ZIP."""
        self._zip.close()
        return self._sink.take()

    def _info(self, path: str, compression: int) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(path, self._moment)
        info.compress_type = compression
        info.external_attr = 0o600 << 16
        return info


class _Sink(io.RawIOBase):
    """Where the ZIP is written, emptied as it goes out."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Return what was written since."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
