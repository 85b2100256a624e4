"""What custody must be told; nothing that is a secret has a default, and production refuses stand-ins by name."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Profile = Literal["demo", "test", "production"]
Lock = Literal["off", "governance", "compliance"]


class MasterKeySettings(BaseSettings):
    """Where the master key is: in two files on this machine, or in a key service; read as :class:`VaultSettings` is."""

    model_config = SettingsConfigDict(env_prefix="VAULT_", frozen=True, extra="ignore", hide_input_in_errors=True)

    profile: Profile = Field(validation_alias="UNEFOIS_PROFILE")
    master_public_keyset: Path | None = None
    """Public half of a local master keyset; production keeps the master key in a key service."""
    master_private_keyset: Path | None = None
    """Given only to processes that may open: reading and release."""
    openbao_url: str | None = None
    """Origin of the key service; production asks for https."""
    openbao_token_file: Path | None = None
    """Mode 0600; the token in it has this process's right and no other."""
    openbao_key: str = "unefois-master"
    openbao_mount: str = "transit"
    openbao_ca: Path | None = None
    """Certificate of the authority of the service; the system's own authorities where nothing is said."""

    @model_validator(mode="after")
    def _one_master_key(self) -> "MasterKeySettings":
        local = self.master_public_keyset is not None or self.master_private_keyset is not None
        if self.profile == "production" and local:
            raise ValueError("VAULT_MASTER_PUBLIC_KEYSET: a local master keyset is refused in production")
        if local == (self.openbao_url is not None):
            raise ValueError("VAULT_MASTER_PUBLIC_KEYSET, VAULT_OPENBAO_URL: name exactly one of them")
        if local and self.master_public_keyset is None:
            raise ValueError("VAULT_MASTER_PUBLIC_KEYSET: the private keyset needs its public half beside it")
        if self.openbao_url is not None and self.openbao_token_file is None:
            raise ValueError("VAULT_OPENBAO_TOKEN_FILE: the key service asks for a token")
        if self.profile == "production" and not (self.openbao_url or "").startswith("https://"):
            raise ValueError("VAULT_OPENBAO_URL: production reaches the key service over https only")
        return self


class VaultSettings(MasterKeySettings):
    """Read from ``VAULT_*`` and ``UNEFOIS_PROFILE``."""

    database_url: SecretStr
    objects_endpoint: str
    objects_access_key: SecretStr
    objects_secret_key: SecretStr
    objects_bucket: str
    objects_region: str = "us-east-1"
    objects_secure: bool
    objects_lock: Lock = "off"
    """Whether the store keeps each object against deletion for a time, by object lock (WORM)."""
    objects_retention_days: int | None = Field(default=None, ge=1)
    record_signing_key: Path | None = None
    """Given only to processes that record documents: the residents' door and the worker."""
    record_public_keys: Path | None = None
    """Given to every process that opens documents."""
    duplicate_key: Path | None = None
    """Given only to processes that record or move documents: the residents' door and the worker."""
    journal_signing_key: Path | None = None
    """Given only to the process that sequences the journal."""
    journal_public_key: Path | None = None
    certificate_signing_key: Path | None = None
    """Signs destruction certificates; given only to the process that erases."""
    erasure_log: Path | None = None
    """What was erased, outside every backup; given only to the process that erases."""
    erasures_copy: Path | None = None
    """A folder on another machine, mounted, to which every line of that log is copied as it is written."""
    seal_trust: Path | None = None
    """Folder of trusted seal certificates; the test authority in it counts only outside production."""
    ocr: Literal["best", "tesseract", "packaged", "none"] = "best"
    """What reads photographs and scans: ``best`` of what is installed, ``tesseract``, ``packaged``, or ``none``."""
    ocr_data: Path | None = None
    """Folder of Tesseract's language data; where Debian puts them, when nothing is said."""
    clamd_socket: Path | None = None
    """Where ClamAV's daemon listens; given, nothing it has not scanned is released."""
    max_document_bytes: int = Field(default=64 * 1024 * 1024, ge=1)

    @model_validator(mode="after")
    def _a_lock_has_its_days(self) -> "VaultSettings":
        if (self.objects_lock == "off") != (self.objects_retention_days is None):
            raise ValueError("VAULT_OBJECTS_LOCK, VAULT_OBJECTS_RETENTION_DAYS: a lock needs its days, and only a lock")
        return self
