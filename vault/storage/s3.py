"""Any S3 store: the SDK signs and keeps house, plain clients carry bodies of known length without holding them."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import Literal

import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE, GOVERNANCE
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from minio.objectlockconfig import DAYS, ObjectLockConfig

from vault.errors import VaultError
from vault.storage.carrier import Carrier
from vault.storage.errors import (
    LockUnavailable,
    ObjectMissing,
    ObjectRetained,
    StorageFull,
    StoreRefused,
    StoreUnavailable,
)
from vault.storage.objects import LengthGuard, ObjectName, StoredObject
from vault.storage.wire import Wire, read_all

_SIGNED_FOR = timedelta(seconds=60)
_CONNECT, _READ = 5.0, 30.0
_CHUNK = 128 * 1024
_POOL = 32
_SERVER_FAULT = 500
_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchVersion"})
_FULL = re.compile(
    rb"<Code>(XMinioStorageFull|StorageFull|InsufficientStorage|InsufficientCapacity|QuotaExceeded"
    rb"|XMinioAdminBucketQuotaExceeded)</Code>"
)
"""Words of stores that tell a full disk from another fault (MinIO, Ceph); SeaweedFS does not, and answers 500."""
_MODES = {"governance": GOVERNANCE, "compliance": COMPLIANCE}
_VERSIONED = frozenset({"Enabled", "Suspended"})
_DAYS_OF = {"Days": 1, "Years": 365}


@dataclass(frozen=True, slots=True)
class S3Address:
    """Where the store is and who we are to it."""

    endpoint: str
    """Host and port, without a scheme."""
    bucket: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    secure: bool = True


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the store itself keeps every object against deletion, by object lock."""

    mode: Literal["governance", "compliance"]
    days: int


class S3ObjectStore:
    """See :class:`vault.storage.objects.StreamingStore`. One per process; its stream belongs to one event loop."""

    def __init__(self, address: S3Address, *, retention: Retention | None = None) -> None:
        self._bucket = address.bucket
        self._retention = retention
        self._versioned: bool | None = None
        self._region = address.region
        self._sdk = Minio(
            address.endpoint,
            access_key=address.access_key,
            secret_key=address.secret_key,
            secure=address.secure,
            region=address.region,
            http_client=_pool(),
        )
        self._wire = Wire(address.endpoint, secure=address.secure, connect=_CONNECT, read=_READ)
        self._stream_carrier = Carrier(connect=_CONNECT, read=_READ)

    def ensure_bucket(self) -> None:
        """Make the bucket where it is not there yet, with the lock that is asked for."""
        lock = self._retention
        with _in_our_words():
            if self._sdk.bucket_exists(self._bucket):
                return
            self._sdk.make_bucket(self._bucket, self._region, object_lock=lock is not None)
            if lock is not None:
                self._sdk.set_object_lock_config(self._bucket, ObjectLockConfig(_MODES[lock.mode], lock.days, DAYS))

    def require_lock(self) -> None:
        """Raise :class:`LockUnavailable`, in words for the operator, unless the bucket keeps what the settings ask."""
        if self._retention is None:
            return
        asked = f"VAULT_OBJECTS_LOCK asks for {self._retention.mode} over {self._retention.days} days"
        try:
            with _in_our_words():
                found = self._sdk.get_object_lock_config(self._bucket)
        except StoreRefused as error:
            raise LockUnavailable(f"{asked}; bucket {self._bucket} has no object lock ({error.detail})") from None
        days = 0 if found.duration is None else found.duration * _DAYS_OF[found.duration_unit or "Days"]
        if found.mode != _MODES[self._retention.mode] or days < self._retention.days:
            kept = f"keeps objects {days} days in mode {found.mode}" if found.mode else "keeps no object by default"
            raise LockUnavailable(f"{asked}; bucket {self._bucket} {kept}")

    def put(self, name: ObjectName, chunks: Iterable[bytes], length: int) -> None:
        """Store exactly ``length`` bytes."""
        body = LengthGuard(length).over(chunks)
        with self._wire.request("PUT", self._signed(name), body=body, headers=_headers(length)) as answer:
            status, said = answer.status, answer.read()
        _refuse_bad_answer(status, said)

    async def put_stream(self, name: ObjectName, chunks: AsyncIterator[bytes], length: int) -> None:
        """Store exactly ``length`` bytes as they come."""
        body = LengthGuard(length).over_stream(chunks)
        _refuse_bad_answer(*await self._stream_carrier.put(self._signed(name), body, length))

    def get(self, name: ObjectName) -> Iterator[bytes]:
        """Yield the object."""
        address = self._sdk.presigned_get_object(self._bucket, name, _SIGNED_FOR)
        with self._wire.request("GET", address) as answer:
            if answer.status == HTTPStatus.OK:
                yield from read_all(answer, _CHUNK)
                return
            status, said = answer.status, answer.read()
        if status == HTTPStatus.NOT_FOUND and any(f"<Code>{code}</Code>".encode() in said for code in _MISSING):
            raise ObjectMissing
        _refuse_bad_answer(status, said)

    def exists(self, name: ObjectName) -> bool:
        """Tell whether there is such an object."""
        try:
            with _in_our_words():
                self._sdk.stat_object(self._bucket, name)
        except ObjectMissing:
            return False
        return True

    def listing(self) -> Iterator[StoredObject]:
        """Yield everything the bucket keeps; of a versioned one older versions too, but no mere mark of a deletion."""
        with _in_our_words():
            versions = self._has_versions()
            found = self._sdk.list_objects(self._bucket, recursive=True, include_version=versions)
            # The SDK gives a page's marks after its versions, which would tear one name's versions apart.
            kept = (one for one in found if not one.is_delete_marker)
            last = ""
            for name, forms in groupby(kept, key=lambda one: str(one.object_name)):
                if name <= last:
                    raise StoreRefused("the store lists its objects in no order")
                last = name
                newest, *older = forms
                yield StoredObject(
                    ObjectName(name),
                    length=int(newest.size or 0),
                    stored_at=max(_moment(one.last_modified) for one in (newest, *older)),
                    shown=not versions or any(one.is_latest == "true" for one in (newest, *older)),
                )

    def delete(self, name: ObjectName) -> None:
        """Delete the object in every version of it."""
        with _in_our_words():
            if not self._has_versions():
                self._sdk.remove_object(self._bucket, name)
                return
            # Without a version named, a versioned bucket only hides the object.
            for found in list(self._sdk.list_objects(self._bucket, prefix=name, include_version=True)):
                self._delete_version(name, found.version_id)

    def hold(self, name: ObjectName, *, on: bool) -> None:
        """Put a legal hold on the object, or take it off, where the bucket is locked."""
        if self._retention is None:
            return
        act = self._sdk.enable_object_legal_hold if on else self._sdk.disable_object_legal_hold
        with _in_our_words():
            act(self._bucket, name)

    async def aclose(self) -> None:
        """Give the door's connections back."""
        await self._stream_carrier.aclose()

    def _has_versions(self) -> bool:
        if self._versioned is None:
            self._versioned = self._sdk.get_bucket_versioning(self._bucket).status in _VERSIONED
        return self._versioned

    def _delete_version(self, name: ObjectName, version: str | None) -> None:
        try:
            self._sdk.remove_object(self._bucket, name, version_id=version)
        except S3Error as error:
            if error.code == "AccessDenied":
                raise ObjectRetained(name) from None
            raise

    def _signed(self, name: ObjectName) -> str:
        return self._sdk.presigned_put_object(self._bucket, name, _SIGNED_FOR)


def _pool() -> urllib3.PoolManager:
    # No second try inside a call: whoever called knows what may be repeated.
    timeout = urllib3.Timeout(connect=_CONNECT, read=_READ)
    return urllib3.PoolManager(maxsize=_POOL, block=True, timeout=timeout, retries=False)


def _moment(said: datetime | None) -> datetime:
    # Of what has no time nothing is known, so it counts as just written.
    return said or datetime.now(UTC)


def _headers(length: int) -> dict[str, str]:
    # Without a length the body would go out in chunks, whose end a store cannot tell from a cut.
    return {"content-length": str(length), "content-type": "application/octet-stream"}


def _refuse_bad_answer(status: int, body: bytes) -> None:
    if status == HTTPStatus.INSUFFICIENT_STORAGE or (status >= HTTPStatus.BAD_REQUEST and _FULL.search(body)):
        raise StorageFull
    if status >= _SERVER_FAULT:
        raise StoreUnavailable(f"the store answered {status}")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise StoreRefused(f"the store answered {status}")


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except VaultError:
        raise
    except S3Error as error:
        if error.code in _MISSING:
            raise ObjectMissing from None
        kind = StoreUnavailable if error.response.status >= _SERVER_FAULT else StoreRefused
        raise kind(f"the store answered {error.code}") from None
    except ServerError as error:
        raise StoreUnavailable(f"the store answered {error.status_code}") from None
    except InvalidResponseError:
        raise StoreUnavailable("the store did not answer as an S3 store does") from None
    except (MinioException, urllib3.exceptions.HTTPError) as error:
        # The library's own words can hold the signed address.
        raise StoreUnavailable(type(error).__name__) from None
