"""An unfinished upload as a row: made, taken over by whoever comes last, moved on part by part, finished or forgotten."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Row

from contracts.identifiers import DocumentId, new_uuid
from vault.crypto.framing import frame
from vault.crypto.upload_key import UploadKey
from vault.db import ReadTx, WriteTx
from vault.storage.objects import ObjectName
from vault.uploads.errors import TooManyUploads, UploadExpired, UploadOffsetWrong, UploadTaken, UploadUnknown
from vault.uploads.parts import Part
from vault.uploads.tables import PART, UPLOAD

LIFE = timedelta(hours=24)
"""How long an unfinished upload waits for its next bytes."""
UNFINISHED_MAX = 20
"""Unfinished uploads of one holder at most."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Where an upload stands; ``pen`` is set for the one who may write on, ``document_id`` once it is a deposit."""

    upload_id: UUID
    media_type: str
    length: int
    received: int
    expires_at: datetime
    document_id: DocumentId | None
    pen: UUID | None
    announcement: dict[str, str] = field(repr=False)
    key: UploadKey = field(repr=False)


def begin(
    tx: WriteTx, holder_id: UUID, *, media_type: str, length: int, announcement: dict[str, str], now: datetime
) -> Upload:
    """Make an upload; its token (:meth:`UploadKey.token`) is told to the sender and kept nowhere.

    Raises :class:`TooManyUploads`.
    """
    waiting = select(func.count()).where(
        UPLOAD.c.holder_id == holder_id, UPLOAD.c.document_id.is_(None), UPLOAD.c.expires_at > now
    )
    if tx.execute(waiting).scalar_one() >= UNFINISHED_MAX:
        raise TooManyUploads
    key, upload_id = UploadKey.fresh(), new_uuid()
    row = {
        "upload_id": upload_id,
        "token_digest": key.digest(),
        "holder_id": holder_id,
        "media_type": media_type,
        "length": length,
        "received": 0,
        "sealed_announcement": key.seal(json.dumps(announcement).encode(), _context(upload_id, holder_id)),
        "created_at": now,
        "expires_at": now + LIFE,
    }
    tx.execute(insert(UPLOAD).values(**row))
    return Upload(upload_id, media_type, length, 0, now + LIFE, None, None, announcement, key)


def stand(tx: WriteTx, holder_id: UUID, token: str, *, now: datetime) -> Upload:
    """Say where an upload stands, and take the pen from whoever still writes: what is said here cannot become stale.

    Raises :class:`UploadUnknown`, also for somebody else's, and :class:`UploadExpired`.
    """
    upload = _locked(tx, holder_id, token, now=now)
    if upload.document_id is None:
        tx.execute(update(UPLOAD).where(UPLOAD.c.upload_id == upload.upload_id).values(pen=None))
    return upload


def take_pen(tx: WriteTx, holder_id: UUID, token: str, offset: int, *, now: datetime) -> Upload:
    """Become the one who writes on from ``offset``; raises as :func:`stand` does, and :class:`UploadOffsetWrong`."""
    upload = _locked(tx, holder_id, token, now=now)
    if upload.received != offset:
        raise UploadOffsetWrong
    if upload.document_id is not None:
        return upload
    pen, expires_at = new_uuid(), now + LIFE
    statement = update(UPLOAD).where(UPLOAD.c.upload_id == upload.upload_id)
    tx.execute(statement.values(pen=pen, expires_at=expires_at))
    moved = {"pen": pen, "expires_at": expires_at}
    return Upload(**{name: getattr(upload, name) for name in Upload.__slots__} | moved)


def keep_parts(tx: WriteTx, upload: Upload, parts: Sequence[Part]) -> None:
    """Move the upload on by ``parts``, which follow one another; raises :class:`UploadTaken`."""
    _write_on(tx, upload, parts[0].start, received=parts[-1].start + parts[-1].length)
    tx.execute(insert(PART), [asdict(part) | {"upload_id": upload.upload_id} for part in parts])


def parts_of(tx: ReadTx, upload: Upload) -> list[Part]:
    """Return the parts kept so far, in order."""
    statement = select(PART).where(PART.c.upload_id == upload.upload_id).order_by(PART.c.start)
    return [
        Part(row.start, row.length, ObjectName(row.object_name), bytes(row.sealed_key), bytes(row.commitment))
        for row in tx.execute(statement)
    ]


def finish(tx: WriteTx, upload: Upload, received: int, document_id: DocumentId) -> None:
    """Make the upload, of which ``received`` bytes were kept, one with the deposit of this transaction.

    Raises :class:`UploadTaken`.
    """
    _write_on(tx, upload, received, received=upload.length, document_id=document_id, sealed_announcement=None)
    tx.execute(delete(PART).where(PART.c.upload_id == upload.upload_id))


def forget(tx: WriteTx, holder_id: UUID, token: str) -> list[ObjectName]:
    """Forget an upload; return the objects to delete once ``tx`` has committed. Raises :class:`UploadUnknown`."""
    row = _row(tx, holder_id, token)
    return _forget(tx, [row.upload_id])


def forget_expired(tx: WriteTx, *, now: datetime, limit: int = 50) -> list[ObjectName]:
    """Forget up to ``limit`` uploads whose time is over, as :func:`forget` does."""
    due = select(UPLOAD.c.upload_id).where(UPLOAD.c.expires_at <= now).order_by(UPLOAD.c.expires_at).limit(limit)
    return _forget(tx, list(tx.execute(due).scalars()))


def _forget(tx: WriteTx, uploads: list[UUID]) -> list[ObjectName]:
    names = tx.execute(delete(PART).where(PART.c.upload_id.in_(uploads)).returning(PART.c.object_name))
    found = [ObjectName(name) for name in names.scalars()]
    tx.execute(delete(UPLOAD).where(UPLOAD.c.upload_id.in_(uploads)))
    return found


def _write_on(tx: WriteTx, upload: Upload, standing: int, **values: object) -> None:
    """Change the row as long as the pen is ours and it stands where we left it."""
    changed = tx.execute(
        update(UPLOAD)
        .where(UPLOAD.c.upload_id == upload.upload_id, UPLOAD.c.pen == upload.pen, UPLOAD.c.received == standing)
        .values(**values)
    )
    if changed.rowcount != 1:
        raise UploadTaken


def _locked(tx: WriteTx, holder_id: UUID, token: str, *, now: datetime) -> Upload:
    row = _row(tx, holder_id, token)
    if row.expires_at <= now:
        raise UploadExpired
    key = UploadKey.of_token(token)
    if key is None:
        raise UploadUnknown
    told = row.sealed_announcement
    return Upload(
        upload_id=row.upload_id,
        media_type=row.media_type,
        length=row.length,
        received=row.received,
        expires_at=row.expires_at,
        document_id=row.document_id,
        pen=row.pen,
        announcement={} if told is None else json.loads(key.open(told, _context(row.upload_id, holder_id))),
        key=key,
    )


def _row(tx: WriteTx, holder_id: UUID, token: str) -> "Row[Any]":
    key = UploadKey.of_token(token)
    if key is None:
        raise UploadUnknown
    statement = select(UPLOAD).where(UPLOAD.c.token_digest == key.digest(), UPLOAD.c.holder_id == holder_id)
    row = tx.execute(statement.with_for_update()).one_or_none()
    if row is None:
        raise UploadUnknown
    return row


def _context(upload_id: UUID, holder_id: UUID) -> bytes:
    return frame("unefois/upload/v1", upload_id, holder_id)
