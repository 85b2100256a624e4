"""What the hub must be told; nothing that is a secret has a default, and production refuses stand-ins by name."""

from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from vault.settings import Profile

PINNED_ISSUERS = frozenset(
    {
        "https://oidc.franceconnect.gouv.fr/api/v2",
        "https://auth.agentconnect.gouv.fr/api/v2",
        "https://moncompte.paris.fr",
    }
)
"""Identity providers production accepts; adding one is a reviewed change. To be confirmed with each provider."""


class HubSettings(BaseSettings):
    """Read from ``HUB_*`` and ``UNEFOIS_PROFILE``."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore", hide_input_in_errors=True)

    profile: Profile = Field(validation_alias="UNEFOIS_PROFILE")
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    processes: int = Field(default=1, ge=1, le=64)
    """How many processes one door is; they share its port, and its connections to the database."""
    operated_by: str = "21750001600019"
    """SIRET of the body that runs the hub, the Ville de Paris: its operators answer for every partner."""
    resident_requests_per_minute: int = Field(default=600, ge=1)
    """What one resident, or one agent, may ask of the residents' door; of partners their files say it."""
    link_tries_per_minute: int = Field(default=30, ge=1)
    """How many of families' codes one partner may try, beside the quota of all its requests."""
    stranger_requests_per_minute: int = Field(default=600, ge=1)
    """What callers whom nobody knows may ask of one door from one network: sign-in pages, public lists, tokens refused."""
    proxies: tuple[str, ...] = ()
    """Networks of our own proxies, whose ``X-Forwarded-For`` tells from where a request comes; nobody else's does."""
    door_url: str
    release_url: str
    providers: Path | None = None
    """JSON list of identity providers with our credential at each; the residents' door only."""
    token_signing_key: Path | None = None
    """Ring of private JWKs of the partners' authorisation server; the release door only."""
    answer_signing_key: Path | None = None
    """Ring of private JWKs that signs answers and nothing else; the release door only."""
    secrets: Path | None = None
    """Folder below which bindings' secret references are resolved; worker and pipelines only."""
    bindings: Path | None = None
    places: dict[str, str] = Field(default_factory=dict)
    """What ``{name}`` stands for in the addresses of bindings and partners."""

    smtp_host: str = ""
    """The mail server; without one nobody is written to. The worker only."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_tls: Literal["implicit", "starttls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_sender: str = "ne-pas-repondre@unefois.example"
    sms_url: str = ""
    """The gateway for text messages; without one nobody is written to by SMS. The worker only."""
    sms_token: SecretStr = SecretStr("")
    sms_sender: str = Field(default="VilleParis", pattern=r"^[A-Za-z0-9 ]{3,11}$")
    print_drop: Path | None = None
    """Folder from which the print room fetches letters; without one nobody is written to by post. The worker only."""
    print_return_address: tuple[str, ...] = ()
    """Lines of the address that letters come from, and to which their slips go back; the office's name first."""
    asks_gathered_s: float = Field(default=600, ge=0, le=86_400)
    """How long a message to a family waits for what is asked in the same breath."""
    webhook_origins: tuple[str, ...] = ()
    """Origins beside the internet's to which notifications may go: a sandbox's. None in production."""

    @field_validator("proxies")
    @classmethod
    def _networks(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(one)) for one in said)

    @model_validator(mode="after")
    def _ways_are_whole(self) -> "HubSettings":
        if self.sms_url and not self.sms_token.get_secret_value():
            raise ValueError("HUB_SMS_TOKEN: the gateway for text messages needs it")
        if self.print_drop is not None and not 2 <= len(self.print_return_address) <= 6:
            raise ValueError("HUB_PRINT_RETURN_ADDRESS: letters need two to six lines")
        return self

    @model_validator(mode="after")
    def _no_stand_ins_in_production(self) -> "HubSettings":
        if self.profile != "production":
            return self
        if "sandbox" in self.places:
            raise ValueError("HUB_PLACES: a sandbox is refused in production")
        if self.smtp_tls == "none":
            raise ValueError("HUB_SMTP_TLS: mail goes out encrypted in production")
        if self.sms_url and urlsplit(self.sms_url).scheme != "https":
            raise ValueError("HUB_SMS_URL: https is required in production")
        if self.webhook_origins:
            raise ValueError("HUB_WEBHOOK_ORIGINS: notifications go to the internet only in production")
        for name in ("door_url", "release_url"):
            if urlsplit(getattr(self, name)).scheme != "https":
                raise ValueError(f"HUB_{name.upper()}: https is required in production")
        return self
