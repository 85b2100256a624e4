"""The one setting that only a migration is told."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class OwnerSettings(BaseSettings):
    """Read from ``UNEFOIS_OWNER_URL``: the SQLAlchemy address with the login that owns the schemas."""

    model_config = SettingsConfigDict(env_prefix="UNEFOIS_", frozen=True, extra="ignore", hide_input_in_errors=True)

    owner_url: SecretStr
