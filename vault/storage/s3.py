"""Any S3 store: the SDK signs and keeps house, httpx carries bodies of known length without holding them."""

import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from vault.errors import VaultError
from vault.storage.errors import ObjectMissing, StoreRefused, StoreUnavailable
from vault.storage.objects import LengthGuard, ObjectName

_SIGNED_FOR = timedelta(seconds=60)
_CONNECT, _READ = 5.0, 30.0
_CHUNK = 64 * 1024
_POOL = 32
_SERVER_FAULT = 500
_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchVersion"})


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


class S3ObjectStore:
    """See :class:`vault.storage.objects.StreamingStore`. One per process; its stream belongs to one event loop."""

    def __init__(self, address: S3Address) -> None:
        self._bucket = address.bucket
        self._region = address.region
        self._sdk = Minio(
            address.endpoint,
            access_key=address.access_key,
            secret_key=address.secret_key,
            secure=address.secure,
            region=address.region,
            http_client=_pool(),
        )
        timeout = httpx.Timeout(_READ, connect=_CONNECT)
        limits = httpx.Limits(max_connections=_POOL, max_keepalive_connections=_POOL)
        self._carrier = httpx.Client(timeout=timeout, limits=limits, trust_env=False)
        self._stream_carrier = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
        _keep_signatures_out_of_logs()

    def ensure_bucket(self) -> None:
        """Make the bucket where it is not there yet."""
        with _in_our_words():
            if not self._sdk.bucket_exists(self._bucket):
                self._sdk.make_bucket(self._bucket, self._region)

    def put(self, name: ObjectName, chunks: Iterable[bytes], length: int) -> None:
        """Store exactly ``length`` bytes."""
        with _in_our_words():
            body = LengthGuard(length).over(chunks)
            response = self._carrier.put(self._signed(name), content=body, headers=_headers(length))
        _refuse_bad_status(response.status_code)

    async def put_stream(self, name: ObjectName, chunks: AsyncIterator[bytes], length: int) -> None:
        """Store exactly ``length`` bytes as they come."""
        with _in_our_words():
            body = LengthGuard(length).over_stream(chunks)
            response = await self._stream_carrier.put(self._signed(name), content=body, headers=_headers(length))
        _refuse_bad_status(response.status_code)

    def get(self, name: ObjectName) -> Iterator[bytes]:
        """Yield the object."""
        with _in_our_words():
            response = self._sdk.get_object(self._bucket, name)
        try:
            with _in_our_words():
                yield from response.stream(_CHUNK)
        finally:
            response.close()
            response.release_conn()

    def exists(self, name: ObjectName) -> bool:
        """Tell whether there is such an object."""
        try:
            with _in_our_words():
                self._sdk.stat_object(self._bucket, name)
        except ObjectMissing:
            return False
        return True

    def delete(self, name: ObjectName) -> None:
        """Delete the object."""
        with _in_our_words():
            self._sdk.remove_object(self._bucket, name)

    async def aclose(self) -> None:
        """Give the door's connections back."""
        await self._stream_carrier.aclose()

    def _signed(self, name: ObjectName) -> str:
        return self._sdk.presigned_put_object(self._bucket, name, _SIGNED_FOR)


def _pool() -> urllib3.PoolManager:
    # No second try inside a call: whoever called knows what may be repeated.
    timeout = urllib3.Timeout(connect=_CONNECT, read=_READ)
    return urllib3.PoolManager(maxsize=_POOL, block=True, timeout=timeout, retries=False)


def _headers(length: int) -> dict[str, str]:
    # Without it httpx would send the body in chunks, whose end a store cannot tell from a cut.
    return {"content-length": str(length), "content-type": "application/octet-stream"}


def _refuse_bad_status(status: int) -> None:
    if status >= _SERVER_FAULT:
        raise StoreUnavailable(f"the store answered {status}")
    if not httpx.codes.is_success(status):
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
    except (MinioException, urllib3.exceptions.HTTPError, httpx.TransportError) as error:
        # The library's own words can hold the signed address.
        raise StoreUnavailable(type(error).__name__) from None


def _keep_signatures_out_of_logs() -> None:
    # httpx logs every address it calls, and a presigned one is a credential for a minute.
    logger = logging.getLogger("httpx")
    if _hides_signature not in logger.filters:
        logger.addFilter(_hides_signature)


def _hides_signature(record: logging.LogRecord) -> bool:
    return "X-Amz-Signature" not in record.getMessage()
