"""Make everything ready, once, before the first process starts; whoever repeats it changes nothing."""

import time
from pathlib import Path

from minio import Minio
from minio.error import MinioException, S3Error
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from orchestration.machines.errors import StoreNotReady
from orchestration.machines.key_service import KeyService
from orchestration.machines.shares import create_originals, hand_out
from orchestration.stack.logins import Databases, lay_out

PATIENCE = 60.0
"""Seconds the object store may take to come up."""


class ProvisionSettings(BaseSettings):
    """What making ready is told: the two stores with the right to make things in them, and where secrets are put."""

    model_config = SettingsConfigDict(env_prefix="UNEFOIS_", frozen=True, extra="ignore", hide_input_in_errors=True)

    shares: Path
    """A folder with one folder for each process, which that process alone is shown."""
    superuser_url: SecretStr
    """``postgresql://postgres@host:5432/postgres``: who may make logins and databases."""
    database: str = "unefois"
    dagster_database: str = "dagster"
    objects_endpoint: str = Field(validation_alias="VAULT_OBJECTS_ENDPOINT")
    objects_access_key: SecretStr = Field(validation_alias="VAULT_OBJECTS_ACCESS_KEY")
    objects_secret_key: SecretStr = Field(validation_alias="VAULT_OBJECTS_SECRET_KEY")
    objects_bucket: str = Field(validation_alias="VAULT_OBJECTS_BUCKET")
    objects_region: str = Field(default="us-east-1", validation_alias="VAULT_OBJECTS_REGION")
    objects_secure: bool = Field(validation_alias="VAULT_OBJECTS_SECURE")
    openbao_url: str | None = Field(default=None, validation_alias="VAULT_OPENBAO_URL")
    openbao_ca: Path | None = Field(default=None, validation_alias="VAULT_OPENBAO_CA")
    openbao_setup_token: Path | None = None
    """File of a token that may set the key service up; not needed again once every process has its role."""


def provision(settings: ProvisionSettings) -> list[str]:
    """Make keys, passwords, logins, databases, the bucket and the key service's roles; return in words what was done.

    Raises :class:`~orchestration.machines.errors.NotProvisioned`.
    """
    passwords = create_originals(settings.shares)
    hand_out(settings.shares, passwords)
    superuser = settings.superuser_url.get_secret_value()
    lay_out(
        lambda database: f"{superuser.rpartition('/')[0]}/{database}",
        passwords,
        Databases(settings.database, settings.dagster_database),
    )
    done = [f"logins {', '.join(passwords)}"]
    done += [f"bucket {settings.objects_bucket}"] if _make_bucket(settings) else []
    return done + _key_service(settings)


def _make_bucket(settings: ProvisionSettings) -> bool:
    client = Minio(
        settings.objects_endpoint,
        access_key=settings.objects_access_key.get_secret_value(),
        secret_key=settings.objects_secret_key.get_secret_value(),
        secure=settings.objects_secure,
        region=settings.objects_region,
        http_client=PoolManager(timeout=Timeout(5.0), retries=False),
    )
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if client.bucket_exists(settings.objects_bucket):
                return False
            client.make_bucket(settings.objects_bucket)
        except (S3Error, MinioException, HTTPError, OSError) as error:
            # Before it has read its identities the store refuses everyone.
            if time.monotonic() > until:
                raise StoreNotReady(type(error).__name__) from None
            time.sleep(0.2)
        else:
            return True


def _key_service(settings: ProvisionSettings) -> list[str]:
    token = settings.openbao_setup_token
    if settings.openbao_url is None or token is None or not (word := token.read_text(encoding="utf-8").strip()):
        return []
    service = KeyService(settings.openbao_url, word, ca=settings.openbao_ca)
    service.prepare()
    return [f"roles at the key service for {name}" for name in service.hand_out(settings.shares)]
