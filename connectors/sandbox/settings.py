"""What the sandbox must be told; there is no value for production."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseSettings):
    """Read from ``CONNECTORS_SANDBOX_*``; addresses are origins without a slash at the end."""

    model_config = SettingsConfigDict(env_prefix="CONNECTORS_SANDBOX_", frozen=True)

    profile: Literal["demo", "test"]
    port: int = Field(ge=1, le=65535)
    mail_port: int | None = Field(default=None, ge=1, le=65535)
    """Where the mail server played here listens; none where it is not told."""
    sftp_port: int | None = Field(default=None, ge=1, le=65535)
    """Where the partners' SFTP server played here listens; none where it is not told."""
    state: Path
    base_url: str
    door_url: str
    release_url: str
    release_issuer: str | None = None
    """The audience of partners' client assertions; the release door's address where it is not set apart."""
    callback_path: str = "/sign-in/{provider}/callback"
    """Where the door takes sign-ins back; the redirect address must be exactly this one."""

    @property
    def assertion_audience(self) -> str:
        """The issuer string of the partners' authorisation server."""
        return self.release_issuer or self.release_url

    def issuer(self, provider: str) -> str:
        """Return the issuer of the provider played under this name."""
        return f"{self.base_url}/{provider}"

    def redirect_uri(self, provider: str) -> str:
        """Return the one address to which this provider sends codes."""
        return self.door_url + self.callback_path.format(provider=provider)
