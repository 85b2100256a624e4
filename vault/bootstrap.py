"""Settings in, a process's share of the vault out; the only place where custody's parts meet."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from vault.crypto.digest import DuplicateKey
from vault.crypto.holders import HolderKeys
from vault.crypto.keyring import RotatingMasterKey
from vault.crypto.local import LocalMasterKey
from vault.crypto.openbao import OpenBaoAddress, OpenBaoMasterKey
from vault.crypto.records import RecordSeals, RecordSigner, RecordVerifier
from vault.db import Database
from vault.documents.certificates import CertificateSigner
from vault.documents.custody import Custody
from vault.documents.erasure_log import ErasureLog
from vault.ingest.child import ReaderChild
from vault.ingest.clamd import ClamdScanner
from vault.ingest.engines import Choice, Wanted
from vault.journal.signing import HeadSigner, HeadVerifier
from vault.seals.trust import TrustStore
from vault.settings import MasterKeySettings, VaultSettings
from vault.storage.s3 import Retention, S3Address, S3ObjectStore

_LOG = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the moment, aware."""
    return datetime.now(UTC)


def master_key(settings: MasterKeySettings) -> RotatingMasterKey:
    """Return the master key with the right this process was given: to wrap, to unwrap, or to rotate.

    The right lies in the file or token, not in the type: what this process was not given the key itself refuses.
    """
    if settings.openbao_url is None or settings.openbao_token_file is None:
        # The settings have made sure that it is named where the key service is not.
        return LocalMasterKey.load(Path(str(settings.master_public_keyset)), settings.master_private_keyset)
    return OpenBaoMasterKey(
        OpenBaoAddress(
            url=settings.openbao_url,
            mount=settings.openbao_mount,
            key=settings.openbao_key,
            token_file=settings.openbao_token_file,
            ca_file=settings.openbao_ca,
        )
    )


def record_seals(settings: VaultSettings) -> RecordSeals:
    """Return what this process was given to seal rows with, and to verify them."""
    signing, public = settings.record_signing_key, settings.record_public_keys
    return RecordSeals(
        signer=None if signing is None else RecordSigner.load(signing),
        verifier=None if public is None else RecordVerifier.load(public),
    )


def custody(settings: VaultSettings, *, pool_size: int = 8, plan_once: bool = False) -> Custody:
    """Return custody as this process may exercise it; ``plan_once`` as :meth:`~vault.db.Database.connect` has it."""
    duplicates = None if settings.duplicate_key is None else DuplicateKey.load(settings.duplicate_key)
    certifying = settings.certificate_signing_key
    certifier = None if certifying is None else CertificateSigner.load(certifying)
    return Custody(
        db=Database.connect(settings.database_url.get_secret_value(), pool_size=pool_size, plan_once=plan_once),
        objects=object_store(settings),
        keys=HolderKeys(master_key(settings)),
        duplicates=duplicates,
        records=record_seals(settings),
        max_document_bytes=settings.max_document_bytes,
        now=utc_now,
        certifier=certifier,
        erasure_log=_erasure_log(settings),
    )


def _erasure_log(settings: VaultSettings) -> ErasureLog | None:
    if settings.erasure_log is None:
        return None
    if settings.erasures_copy is None and settings.profile == "production":
        _LOG.warning("VAULT_ERASURES_COPY is not set: the log of erasures lies on this machine only")
    return ErasureLog(settings.erasure_log, copies=settings.erasures_copy)


def object_store(settings: VaultSettings) -> S3ObjectStore:
    """Return the object store; raises :class:`~vault.storage.errors.LockUnavailable` where it cannot keep the lock."""
    lock, days = settings.objects_lock, settings.objects_retention_days
    address = S3Address(
        endpoint=settings.objects_endpoint,
        access_key=settings.objects_access_key.get_secret_value(),
        secret_key=settings.objects_secret_key.get_secret_value(),
        bucket=settings.objects_bucket,
        region=settings.objects_region,
        secure=settings.objects_secure,
    )
    store = S3ObjectStore(address, retention=None if lock == "off" or days is None else Retention(lock, days))
    # What the server cannot keep must stop the start, not be found out at the first deletion.
    store.require_lock()
    return store


def reader(settings: VaultSettings) -> ReaderChild:
    """Return the limited child that reads hostile files; raises ``RuntimeError`` without a trust folder."""
    if settings.seal_trust is None:
        raise RuntimeError("VAULT_SEAL_TRUST: this process reads documents and needs it")
    allow_test = settings.profile in ("demo", "test")
    scanners = [] if settings.clamd_socket is None else [ClamdScanner(settings.clamd_socket)]
    trust = TrustStore.load(settings.seal_trust, allow_test_authority=allow_test)
    return ReaderChild(trust, scanners=scanners, ocr=ocr_wanted(settings))


def ocr_wanted(settings: VaultSettings) -> Wanted:
    """Return what is to read photographs and scans; ``comes_to`` names it on this machine."""
    return Wanted(Choice(settings.ocr), settings.ocr_data)


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
