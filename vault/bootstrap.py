"""Settings in, a process's share of the vault out; the only place where custody's parts meet."""

from datetime import UTC, datetime

from vault.crypto.digest import DuplicateKey
from vault.crypto.holders import HolderKeys
from vault.crypto.keyring import MasterKey
from vault.crypto.local import LocalMasterKey
from vault.db import Database
from vault.documents.custody import Custody
from vault.ingest.child import ReaderChild
from vault.journal.signing import HeadSigner, HeadVerifier
from vault.seals.trust import TrustStore
from vault.settings import VaultSettings
from vault.storage.s3 import S3Address, S3ObjectStore


def utc_now() -> datetime:
    """Return the moment, aware."""
    return datetime.now(UTC)


def master_key(settings: VaultSettings) -> MasterKey:
    """Return the master key with the right this process was given: to wrap, or also to unwrap."""
    return LocalMasterKey.load(settings.master_public_keyset, settings.master_private_keyset)


def custody(settings: VaultSettings, *, pool_size: int = 8) -> Custody:
    """Return custody as this process may exercise it."""
    duplicates = None if settings.duplicate_key is None else DuplicateKey.load(settings.duplicate_key)
    return Custody(
        db=Database.connect(settings.database_url.get_secret_value(), pool_size=pool_size),
        objects=S3ObjectStore(
            S3Address(
                endpoint=settings.objects_endpoint,
                access_key=settings.objects_access_key.get_secret_value(),
                secret_key=settings.objects_secret_key.get_secret_value(),
                bucket=settings.objects_bucket,
                region=settings.objects_region,
                secure=settings.objects_secure,
            )
        ),
        keys=HolderKeys(master_key(settings)),
        duplicates=duplicates,
        max_document_bytes=settings.max_document_bytes,
        now=utc_now,
    )


def reader(settings: VaultSettings) -> ReaderChild:
    """Return the limited child that reads hostile files; raises ``RuntimeError`` without a trust folder."""
    if settings.seal_trust is None:
        raise RuntimeError("VAULT_SEAL_TRUST: this process reads documents and needs it")
    allow_test = settings.profile in ("demo", "test")
    return ReaderChild(TrustStore.load(settings.seal_trust, allow_test_authority=allow_test))


def head_signer(settings: VaultSettings) -> HeadSigner:
    """Return the key that signs journal heads; raises ``RuntimeError`` where this process has none."""
    if settings.journal_signing_key is None:
        raise RuntimeError("VAULT_JOURNAL_SIGNING_KEY: this process sequences the journal and needs it")
    return HeadSigner.load(settings.journal_signing_key)


def head_verifier(settings: VaultSettings) -> HeadVerifier:
    """Return the public key of journal heads; raises ``RuntimeError`` where this process was not told it."""
    if settings.journal_public_key is None:
        raise RuntimeError("VAULT_JOURNAL_PUBLIC_KEY: this process verifies the journal and needs it")
    return HeadVerifier.from_text(settings.journal_public_key.read_text(encoding="utf-8"))
