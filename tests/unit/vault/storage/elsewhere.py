"""Any other S3 store the suite is to run against, named by ``VAULT_TEST_S3_*`` (docs/keys.md, « Another S3 store »)."""

from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from vault.storage.s3 import S3Address, S3ObjectStore


class ElsewhereSettings(BaseSettings):
    """Read from ``VAULT_TEST_S3_*``; without an endpoint there is no other store."""

    model_config = SettingsConfigDict(env_prefix="VAULT_TEST_S3_", frozen=True)

    endpoint: str | None = None
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")
    bucket: str = "unefois-tests"
    region: str = "us-east-1"
    secure: bool = True


_TOLD: dict[str, Any] = {}
SETTINGS = ElsewhereSettings(**_TOLD)
NAMES = () if SETTINGS.endpoint is None else ("s3",)
"""Parameters of the suite: empty where no other store is named, so that nothing is skipped."""


def address(bucket: str = "") -> S3Address:
    """Return the store that is named, with this bucket or with its own."""
    assert SETTINGS.endpoint is not None
    return S3Address(
        endpoint=SETTINGS.endpoint,
        bucket=bucket or SETTINGS.bucket,
        region=SETTINGS.region,
        access_key=SETTINGS.access_key.get_secret_value(),
        secret_key=SETTINGS.secret_key.get_secret_value(),
        secure=SETTINGS.secure,
    )


def store() -> S3ObjectStore:
    """Return that store with its bucket made."""
    made = S3ObjectStore(address())
    made.ensure_bucket()
    return made
