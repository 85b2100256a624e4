"""Object lock: what the settings ask for is kept by the store itself, or the start fails and says why."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.versioningconfig import VersioningConfig

from tests.unit.vault.storage import elsewhere
from tests.unit.vault.storage.seaweed import Seaweed
from vault.bootstrap import object_store
from vault.settings import VaultSettings
from vault.storage.errors import LockUnavailable, ObjectMissing, ObjectRetained
from vault.storage.memory import MemoryObjectStore
from vault.storage.objects import ObjectStore, new_object_name
from vault.storage.s3 import Retention, S3Address, S3ObjectStore

Make = Callable[[Retention | None], S3ObjectStore]
GOVERNED = Retention("governance", 1)


@pytest.fixture(params=["seaweed", *elsewhere.NAMES])
def address(request: pytest.FixtureRequest) -> S3Address:
    """Every S3 store, with a fresh name for a bucket."""
    name = f"lock-{secrets.token_hex(6)}"
    if request.param in elsewhere.NAMES:
        return elsewhere.address(name)
    seaweed: Seaweed = request.getfixturevalue("seaweed")
    return replace(seaweed.address, bucket=name)


def locked(address: S3Address, retention: Retention = GOVERNED) -> S3ObjectStore:
    """Return a store on a bucket that was made with this lock."""
    store = S3ObjectStore(address, retention=retention)
    store.ensure_bucket()
    return store


@pytest.mark.parametrize("mode", ["governance", "compliance"])
def test_object_under_retention_is_not_deleted_in_any_version(address: S3Address, mode: Any) -> None:
    store, name = locked(address, Retention(mode, 1)), new_object_name()
    store.require_lock()
    store.put(name, [b"sealed"], 6)
    with pytest.raises(ObjectRetained):
        store.delete(name)
    assert b"".join(store.get(name)) == b"sealed"


def test_lock_longer_than_asked_is_enough(address: S3Address) -> None:
    locked(address, Retention("governance", 30))
    S3ObjectStore(address, retention=Retention("governance", 7)).require_lock()


@pytest.mark.parametrize(
    ("made", "asked", "words"),
    [
        (None, Retention("governance", 1), "has no object lock"),
        (GOVERNED, Retention("compliance", 1), "keeps objects 1 days in mode GOVERNANCE"),
        (GOVERNED, Retention("governance", 2), "asks for governance over 2 days"),
    ],
)
def test_lock_that_the_bucket_does_not_have_fails_in_words(
    address: S3Address, made: Retention | None, asked: Retention, words: str
) -> None:
    S3ObjectStore(address, retention=made).ensure_bucket()
    with pytest.raises(LockUnavailable, match=words):
        S3ObjectStore(address, retention=asked).require_lock()


def test_start_fails_where_a_setting_asks_for_what_the_store_cannot_do(address: S3Address) -> None:
    S3ObjectStore(address).ensure_bucket()
    asked = {"objects_lock": "compliance", "objects_retention_days": 365}
    with pytest.raises(LockUnavailable, match="VAULT_OBJECTS_LOCK asks for compliance over 365 days"):
        object_store(settings(address, **asked))
    object_store(settings(address))


@pytest.mark.parametrize("half", [{"objects_lock": "governance"}, {"objects_retention_days": 3}])
def test_lock_and_its_days_are_set_together(address: S3Address, half: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="VAULT_OBJECTS_RETENTION_DAYS"):
        settings(address, **half)


def settings(address: S3Address, **more: Any) -> VaultSettings:
    """Return settings that name this store."""
    return VaultSettings.model_validate(
        {
            "UNEFOIS_PROFILE": "test",
            "database_url": "postgresql+psycopg://nobody@127.0.0.1:9/none",
            "objects_endpoint": address.endpoint,
            "objects_access_key": address.access_key,
            "objects_secret_key": address.secret_key,
            "objects_bucket": address.bucket,
            "objects_secure": address.secure,
            "master_public_keyset": "master.public.json",
            **more,
        }
    )


def test_deleting_in_a_versioned_bucket_leaves_no_version(address: S3Address) -> None:
    store, name = S3ObjectStore(address), new_object_name()
    store.ensure_bucket()
    store._sdk.set_bucket_versioning(address.bucket, VersioningConfig(ENABLED))
    store.put(name, [b"first"], 5)
    store.put(name, [b"again"], 5)
    store.delete(name)
    assert list(store._sdk.list_objects(address.bucket, prefix=name, include_version=True)) == []


def test_listing_of_a_versioned_bucket_says_what_is_hidden(address: S3Address) -> None:
    store = S3ObjectStore(address)
    store.ensure_bucket()
    store._sdk.set_bucket_versioning(address.bucket, VersioningConfig(ENABLED))
    names = sorted(new_object_name() for _ in range(4))
    for name in names:
        store.put(name, [b"x"], 1)
    store.put(names[1], [b"again"], 5)
    store._sdk.remove_object(address.bucket, names[2])
    assert [(one.name, one.length, one.shown) for one in store.listing()] == [
        (names[0], 1, True),
        (names[1], 5, True),
        (names[2], 1, False),
        (names[3], 1, True),
    ]


def test_legal_hold_keeps_an_object_until_it_is_lifted(address: S3Address) -> None:
    store, name = S3ObjectStore(address, retention=GOVERNED), new_object_name()
    store._sdk.make_bucket(address.bucket, object_lock=True)
    store.put(name, [b"x"], 1)
    store.hold(name, on=True)
    with pytest.raises(ObjectRetained):
        store.delete(name)
    store.hold(name, on=False)
    store.delete(name)
    assert not store.exists(name)


def test_hold_in_memory_keeps_likewise() -> None:
    store: ObjectStore = MemoryObjectStore()
    name = new_object_name()
    with pytest.raises(ObjectMissing):
        store.hold(name, on=True)
    store.put(name, [b"x"], 1)
    store.hold(name, on=True)
    with pytest.raises(ObjectRetained):
        store.delete(name)
    store.hold(name, on=False)
    store.delete(name)


def test_hold_without_a_lock_asks_nothing_of_the_store(address: S3Address) -> None:
    store, name = S3ObjectStore(address), new_object_name()
    store.ensure_bucket()
    store.put(name, [b"x"], 1)
    store.hold(name, on=True)
    with pytest.raises(S3Error):
        store._sdk.is_object_legal_hold_enabled(address.bucket, name)
