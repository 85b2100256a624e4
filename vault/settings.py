"""What custody must be told; nothing that is a secret has a default, and production refuses stand-ins by name."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Profile = Literal["demo", "test", "production"]


class VaultSettings(BaseSettings):
    """Read from ``VAULT_*`` and ``UNEFOIS_PROFILE``."""

    model_config = SettingsConfigDict(env_prefix="VAULT_", frozen=True, extra="ignore", hide_input_in_errors=True)

    profile: Profile = Field(validation_alias="UNEFOIS_PROFILE")
    database_url: SecretStr
    objects_endpoint: str
    objects_access_key: SecretStr
    objects_secret_key: SecretStr
    objects_bucket: str
    objects_region: str = "us-east-1"
    objects_secure: bool
    master_public_keyset: Path
    """Public half of a local master keyset; production keeps the master key in a key service."""
    master_private_keyset: Path | None = None
    """Given only to processes that may open: reading and release."""
    duplicate_key: Path | None = None
    """Given only to processes that record or move documents: the residents' door and the worker."""
    journal_signing_key: Path | None = None
    """Given only to the process that sequences the journal."""
    journal_public_key: Path | None = None
    seal_trust: Path | None = None
    """Folder of trusted seal certificates; the test authority in it counts only outside production."""
    max_document_bytes: int = Field(default=64 * 1024 * 1024, ge=1)

    @model_validator(mode="after")
    def _no_stand_ins_in_production(self) -> "VaultSettings":
        if self.profile == "production":
            raise ValueError("VAULT_MASTER_PUBLIC_KEYSET: a local master keyset is refused in production")
        return self
