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
    """Folder below which bindings' secret references are resolved; the worker only."""
    file_keys: Path | None = None
    """Folder below which the keys of bindings that exchange files are resolved; the pipelines only."""
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
    folders_every_s: float = Field(default=300, ge=0, le=86_400)
    """How often partners' queues of folders are looked into; 0: never. The worker only."""
    dashboard_every_s: float = Field(default=10, ge=0, le=86_400)
    """How often the City's dashboard is compared with where requests stand; 0: nothing is shown there. The worker only."""
    dashboard_issuer: str = "https://moncompte.paris.fr"
    """Whose accounts have a dashboard: the issuer of sign-ins with the City's account. The worker only."""
    pipelines_url: str | None = None
    """Where Dagster's pages are served, which know no sign-in: reached by operators through the residents' door alone."""
    alert_mail: tuple[str, ...] = ()
    """Who is written to when something is wrong: a JSON list of addresses; needs the mail server. The worker only."""
    alert_webhook: str = ""
    """Where the same is sent, signed with ``alert_webhook_secret`` (Standard Webhooks). The worker only."""
    alert_webhook_secret: SecretStr = SecretStr("")
    stamps_url: str = ""
    """Where the time-stamping authority answers (RFC 3161); without one no head of the journal is stamped. The pipelines
    only, as what follows."""
    stamps_policy: str = Field(default="", pattern=r"^([0-2](\.(0|[1-9]\d*))+)?$")
    """Object identifier of the policy its time-stamps must be made under."""
    stamps_roots: Path | None = None
    """PEM file of the roots its certificates lead to."""
    stamps_username: str = ""
    stamps_password: SecretStr | None = None
    """Who we are at an authority that asks for it (HTTP Basic)."""
    traces_to: str = ""
    """Where spans go by OTLP over HTTP, such as ``http://127.0.0.1:4318/v1/traces``; nothing is followed without."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65_471)
    """From which port on counts are shown, one port a process, to whoever reaches it; nothing is counted without."""
    log_format: Literal["plain", "json"] = "plain"
    webhook_origins: tuple[str, ...] = ()
    """Origins beside the internet's to which notifications may go: a sandbox's. None in production."""

    @field_validator("proxies")
    @classmethod
    def _networks(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(one)) for one in said)

    @field_validator("stamps_password")
    @classmethod
    def _none_is_none(cls, said: SecretStr | None) -> SecretStr | None:
        # A deployment that has none passes an empty variable on.
        return said if said is not None and said.get_secret_value() else None

    @model_validator(mode="after")
    def _ways_are_whole(self) -> "HubSettings":
        if self.sms_url and not self.sms_token.get_secret_value():
            raise ValueError("HUB_SMS_TOKEN: the gateway for text messages needs it")
        if self.alert_mail and not self.smtp_host:
            raise ValueError("HUB_ALERT_MAIL: needs HUB_SMTP_HOST")
        if self.alert_webhook and not self.alert_webhook_secret.get_secret_value():
            raise ValueError("HUB_ALERT_WEBHOOK_SECRET: alerts to a webhook are signed with it")
        if self.stamps_url and not (self.stamps_policy and self.stamps_roots):
            raise ValueError("HUB_STAMPS_URL: needs HUB_STAMPS_POLICY and HUB_STAMPS_ROOTS")
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
        if self.alert_webhook and urlsplit(self.alert_webhook).scheme != "https":
            raise ValueError("HUB_ALERT_WEBHOOK: https is required in production")
        if self.stamps_password is not None and urlsplit(self.stamps_url).scheme != "https":
            # What is stamped is public, and the answer signed: only the password needs it.
            raise ValueError("HUB_STAMPS_URL: a password goes out over https only in production")
        if self.webhook_origins:
            raise ValueError("HUB_WEBHOOK_ORIGINS: notifications go to the internet only in production")
        for name in ("door_url", "release_url"):
            if urlsplit(getattr(self, name)).scheme != "https":
                raise ValueError(f"HUB_{name.upper()}: https is required in production")
        return self
