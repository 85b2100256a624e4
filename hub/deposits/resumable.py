"""A paper sent piece by piece over connections that break: sealed as it comes, and a deposit when it is whole."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from anyio.to_thread import run_sync

from contracts.identifiers import DocumentId
from hub.deposits import deposit
from hub.errors import ChecksumWrong, HubError, SenderGone
from hub.persons.accounts import SignedIn
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import seal_to_store
from vault.documents.intake import Intake
from vault.errors import (
    DatabaseUnavailable,
    DocumentTooLarge,
    EmptyDocument,
    LengthMismatch,
    MediaTypeMismatch,
    MediaTypeRefused,
    VaultError,
)
from vault.standing import Purpose, standing
from vault.storage.objects import ObjectName
from vault.uploads import partial
from vault.uploads.errors import UploadBroken, UploadTaken
from vault.uploads.partial import Upload
from vault.uploads.parts import PART_BYTES, Part, open_part, store_part

ALGORITHMS = ("sha1", "sha256", "sha512")
"""What a piece's checksum may be made with; SHA-1 is what tus 1.0 requires, and finds accidents only."""
_HOPELESS = (
    DocumentTooLarge,
    EmptyDocument,
    MediaTypeMismatch,
    MediaTypeRefused,
    UploadBroken,
)
"""What sending the same bytes again cannot heal: the upload is forgotten."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an upload stands; ``document_id`` once, and only then, all of it is a deposit."""

    received: int
    length: int
    expires_at: datetime
    document_id: DocumentId | None


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says of one piece; ``algorithm`` is one of :data:`ALGORITHMS`."""

    algorithm: str
    digest: bytes


def begin(custody: Custody, who: SignedIn, announcement: deposit.Announcement) -> tuple[str, Standing]:
    """Begin an upload of ``announcement.length`` bytes; return its token, which is told nobody else, and its standing.

    Raises what the announcement alone rules out, and :class:`~vault.uploads.errors.TooManyUploads`.
    """
    _intake(custody, announcement.media_type, announcement.length)
    told = {"name": announcement.file_name, "kind": announcement.evidence_type}
    with custody.db.transaction() as tx:
        upload = partial.begin(
            tx,
            who.person_id,
            media_type=announcement.media_type,
            length=announcement.length,
            announcement=told,
            now=custody.now(),
        )
    return upload.key.token(), _standing(upload)


async def begin_with(
    custody: Custody,
    who: SignedIn,
    announcement: deposit.Announcement,
    body: AsyncIterator[bytes],
    *,
    checksum: Checksum | None = None,
) -> tuple[str, Standing]:
    """Begin an upload together with its first bytes, as :func:`begin` and :func:`receive` do.

    Nothing is kept where the bytes are refused or break off: the sender was told no address to go on at.
    """
    token, _ = await run_sync(begin, custody, who, announcement)
    try:
        return token, await receive(custody, who, token, body, offset=0, checksum=checksum)
    except (HubError, VaultError):
        with suppress(VaultError):
            await run_sync(cancel, custody, who, token)
        raise


def stand(custody: Custody, who: SignedIn, token: str) -> Standing:
    """Say where an upload stands; a connection that still writes to it is cut off, so the answer stays true."""
    with custody.db.transaction() as tx:
        return _standing(partial.stand(tx, who.person_id, token, now=custody.now()))


def cancel(custody: Custody, who: SignedIn, token: str) -> None:
    """Forget an upload and what came of it; a deposit it became is not touched."""
    with custody.db.transaction() as tx:
        names = partial.forget(tx, who.person_id, token)
    _sweep(custody, names)


@standing(purpose=Purpose.RETENTION)
def forget_expired(custody: Custody) -> int:
    """Forget uploads whose time is over; return how many parts went."""
    with custody.db.transaction() as tx:
        names = partial.forget_expired(tx, now=custody.now())
    _sweep(custody, names)
    return len(names)


async def receive(
    custody: Custody,
    who: SignedIn,
    token: str,
    body: AsyncIterator[bytes],
    *,
    offset: int,
    checksum: Checksum | None = None,
) -> Standing:
    """Take the bytes from ``offset`` on; the last of them makes the deposit.

    What came before a connection broke is kept, unless a checksum stands over the piece: then all of it or nothing is.
    Raises the errors of uploads, of intake and of the store, :class:`ChecksumWrong`, and :class:`SenderGone` once what
    came is kept.
    """
    upload = await run_sync(_take_pen, custody, who, token, offset)
    piece = _Piece(custody, upload, checksum)
    try:
        await piece.take(body)
        if piece.whole:
            return await _finish(custody, who, piece)
        await piece.keep_tail()
    except SenderGone:
        if checksum is None:
            await piece.keep_tail()
        raise
    except _HOPELESS:
        await run_sync(cancel, custody, who, token)
        raise
    finally:
        await piece.drop()
    return _standing(upload, received=piece.kept)


class _Piece:
    """The bytes of one request on their way into parts; at most one part of them is held."""

    def __init__(self, custody: Custody, upload: Upload, checksum: Checksum | None) -> None:
        self.custody, self.upload = custody, upload
        self.kept = upload.received
        self.tail = bytearray()
        self._uncommitted: list[Part] = []
        self._checksum = checksum
        self._digest = None if checksum is None else hashlib.new(checksum.algorithm, usedforsecurity=False)
        self._unlooked = upload.received == 0

    @property
    def whole(self) -> bool:
        """Whether nothing is missing any more, and it is not a deposit yet."""
        return self.upload.document_id is None and self.kept + len(self.tail) == self.upload.length

    async def take(self, body: AsyncIterator[bytes]) -> None:
        """Take the body; full parts go to the store, the last bytes stay here. Raises :class:`ChecksumWrong`."""
        async for chunk in body:
            if self._digest is not None:
                self._digest.update(chunk)
            self.tail += chunk
            if self.kept + len(self.tail) > self.upload.length:
                raise LengthMismatch(f"more than the {self.upload.length} bytes announced")
            # The last bytes of a document are never a part: they are acknowledged with the deposit itself.
            while len(self.tail) >= PART_BYTES and self.kept + PART_BYTES < self.upload.length:
                await self._keep(PART_BYTES)
        if self._checksum is not None and self._digest is not None and self._digest.digest() != self._checksum.digest:
            raise ChecksumWrong
        await self._commit()

    async def keep_tail(self) -> None:
        """Keep the bytes that do not fill a part."""
        if self.tail:
            await self._keep(len(self.tail))
            await self._commit()

    async def drop(self) -> None:
        """Let go of what was stored and not committed."""
        await run_sync(_sweep, self.custody, [part.object_name for part in self._uncommitted])

    async def _keep(self, size: int) -> None:
        content = bytes(self.tail[:size])
        if self._unlooked:
            _intake(self.custody, self.upload.media_type, self.upload.length).update(content)
            self._unlooked = False
        part = await store_part(self.custody, self.upload.key, self.upload.upload_id, self.kept, content)
        del self.tail[:size]
        self.kept += size
        self._uncommitted.append(part)
        if self._checksum is None:
            await self._commit()

    async def _commit(self) -> None:
        if self._uncommitted:
            try:
                await run_sync(_keep_parts, self.custody, self.upload, self._uncommitted)
            except DatabaseUnavailable:
                # It may have committed all the same: what may be referred to is never deleted.
                self._uncommitted = []
                raise
            self._uncommitted = []


async def _finish(custody: Custody, who: SignedIn, piece: _Piece) -> Standing:
    """Make the deposit out of the parts and the bytes still held; parts, key and row go in its own transaction."""
    upload = piece.upload
    announcement = deposit.announced(
        key=str(upload.upload_id),
        media_type=upload.media_type,
        length=upload.length,
        file_name=upload.announcement["name"],
        evidence_type=upload.announcement["kind"],
    )
    parts = await run_sync(_parts_of, custody, upload)

    async def content() -> AsyncIterator[bytes]:
        for part in parts:
            yield await run_sync(open_part, custody, upload.key, upload.upload_id, part)
        yield bytes(piece.tail)

    def settle(tx: WriteTx, outcome: deposit.Outcome) -> None:
        partial.finish(tx, upload, piece.kept, outcome.document_id)

    sealed = await seal_to_store(custody, content(), announced=upload.media_type, length=upload.length)
    try:
        outcome = await run_sync(deposit.record, custody, who, announcement, sealed, settle)
    except UploadTaken:
        await run_sync(deposit.forget_object, custody, sealed.object_name)
        raise
    await run_sync(_sweep, custody, [part.object_name for part in parts])
    return _standing(upload, received=upload.length, document_id=outcome.document_id)


def _standing(upload: Upload, *, received: int | None = None, document_id: DocumentId | None = None) -> Standing:
    return Standing(
        upload.received if received is None else received,
        upload.length,
        upload.expires_at,
        document_id or upload.document_id,
    )


def _intake(custody: Custody, media_type: str, length: int) -> Intake:
    return Intake(announced=media_type, length=length, limit=custody.max_document_bytes)


def _take_pen(custody: Custody, who: SignedIn, token: str, offset: int) -> Upload:
    with custody.db.transaction() as tx:
        return partial.take_pen(tx, who.person_id, token, offset, now=custody.now())


def _keep_parts(custody: Custody, upload: Upload, parts: list[Part]) -> None:
    with custody.db.transaction() as tx:
        partial.keep_parts(tx, upload, parts)


def _parts_of(custody: Custody, upload: Upload) -> list[Part]:
    with custody.db.read() as tx:
        return partial.parts_of(tx, upload)


def _sweep(custody: Custody, names: list[ObjectName]) -> None:
    for name in names:
        deposit.forget_object(custody, name)
