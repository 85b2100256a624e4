"""Settings in, ready use cases out: the only place where the hub's concrete parts meet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

import vault.bootstrap as vault_parts
from connectors.addresses import AddressRule, Origin
from connectors.api_particulier.codec import MANIFEST
from connectors.file_drop import FileDropTransport
from connectors.http import HttpTransport
from connectors.mail import Smtp
from connectors.oidc.provider import ProviderConfig
from connectors.port import Binding, Transport
from connectors.sms.codec import MANIFEST as SMS
from connectors.sms.gateway import SmsGateway
from contracts.identifiers import Siret
from hub.bindings import Bindings
from hub.exchanges.egress import API_PARTICULIER, CountedTransport, Gate
from hub.exchanges.lending import Cipher, Lender
from hub.exchanges.quotient import QuotientSource
from hub.notifications.bell import Bell
from hub.notifications.carriers import ByMail, ByPost, BySms
from hub.notifications.deliveries import Sender
from hub.notifications.postman import Carrier, Postman
from hub.partners.credentials import Issuer
from hub.partners.keys import ANSWERS, KeyFile
from hub.persons.residences import Channel
from hub.releases.answering import AnswerSigner
from hub.requirements.catalogue import Catalogue, load
from hub.school_files.telling_families import still_open
from hub.settings import PINNED_ISSUERS, HubSettings
from vault.db import Database, ReadTx
from vault.documents.custody import Custody
from vault.settings import VaultSettings


@dataclass(frozen=True, slots=True)
class Door:
    """What the residents' door works with."""

    settings: HubSettings
    custody: Custody
    catalogue: Catalogue
    providers: dict[str, ProviderConfig] = field(repr=False)
    lender: Lender | None = None
    """Lends the tokens of who signs in; nothing where this door knows no bindings."""


@dataclass(frozen=True, slots=True)
class ReleaseDoor:
    """What the partners' door works with."""

    settings: HubSettings
    custody: Custody
    catalogue: Catalogue
    issuer: Issuer
    answers: AnswerSigner
    journal_key: str
    """Public key of the journal's heads, as it is published."""
    unwrap: Callable[[bytes, bytes], bytes] = field(repr=False)
    """Opens what the master key wraps: here a partner's own webhook secret, for a sample of its notifications."""
    bell: Bell = field(repr=False)
    """Wakes whoever waits for a feed."""


@dataclass(frozen=True, slots=True)
class Back:
    """What the worker and the pipelines work with."""

    custody: Custody
    catalogue: Catalogue
    bindings: Bindings
    quotient: QuotientSource


def read_settings() -> tuple[VaultSettings, HubSettings]:
    """Read the environment, once; raises ``pydantic.ValidationError`` naming each setting that is missing or wrong."""
    told: dict[str, Any] = {}
    return VaultSettings(**told), HubSettings(**told)


def door(vault: VaultSettings, hub: HubSettings) -> Door:
    """Assemble the residents' door."""
    path = _required(hub.providers, "HUB_PROVIDERS")
    providers = TypeAdapter(dict[str, ProviderConfig]).validate_json(path.read_bytes())
    strangers = [name for name, config in providers.items() if config.issuer not in PINNED_ISSUERS]
    if hub.profile == "production" and strangers:
        raise ValueError(f"HUB_PROVIDERS: issuer outside the pinned list: {strangers}")
    custody = vault_parts.custody(vault, pool_size=max(4, 16 // hub.processes))
    return Door(hub, custody, load(), providers, _lender(vault, hub, custody))


def _lender(vault: VaultSettings, hub: HubSettings, custody: Custody) -> Lender | None:
    if hub.bindings is None:
        return None
    # Which body is enabled for what, and no secret of any.
    bindings = Bindings.load(hub.bindings, places=hub.places, secrets=None)
    return Lender(custody.db, load(), bindings, vault_parts.master_key(vault).wrap)


def release_door(vault: VaultSettings, hub: HubSettings) -> ReleaseDoor:
    """Assemble the partners' door."""
    ring = KeyFile(_required(hub.token_signing_key, "HUB_TOKEN_SIGNING_KEY")).ring
    answers = KeyFile(_required(hub.answer_signing_key, "HUB_ANSWER_SIGNING_KEY"), ANSWERS).ring
    published = vault_parts.head_verifier(vault).text()
    return ReleaseDoor(
        hub,
        vault_parts.custody(vault, pool_size=max(4, 16 // hub.processes)),
        load(),
        Issuer(hub.release_url, ring),
        AnswerSigner(hub.release_url, answers),
        published,
        vault_parts.master_key(vault).unwrap,
        Bell(vault.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://")),
    )


def back(vault: VaultSettings, hub: HubSettings) -> Back:
    """Assemble what the worker and the pipelines share; each with the keys and secrets its settings name."""
    folder = _required(hub.bindings, "HUB_BINDINGS")
    bindings = Bindings.load(folder, places=hub.places, secrets=hub.secrets)
    custody = vault_parts.custody(vault)
    source = quotient_source(bindings, custody.db, vault_parts.master_key(vault).unwrap)
    return Back(custody, load(), bindings, source)


def quotient_source(bindings: Bindings, db: Database, unwrap: Cipher) -> QuotientSource:
    """Return how API Particulier is reached; every process counts its requests at the same gate."""
    ways = _Ways()
    within = timedelta(seconds=MANIFEST.limits.total_s + 2)
    gate = Gate(db, MANIFEST.connector, API_PARTICULIER, within)
    return QuotientSource(
        lambda siret: bindings.of(MANIFEST.connector, siret),
        lambda binding: CountedTransport(ways.over_http(binding), gate),
        unwrap,
    )


def sender(vault: VaultSettings, hub: HubSettings, custody: Custody) -> Sender:
    """Assemble what sends notifications: to the internet, and in a demonstration or a test to its sandbox."""
    rule = AddressRule(frozenset(Origin.of(url) for url in hub.webhook_origins))
    return Sender(custody.db, vault_parts.master_key(vault), custody.now, rule)


def postman(hub: HubSettings, custody: Custody) -> Postman | None:
    """Assemble what writes to families and partners' contacts; nothing where there is no way to anybody."""
    carriers = _carriers(hub, custody)

    def wanted(tx: ReadTx, message_id: UUID) -> bool:
        return still_open(tx, message_id, now=custody.now())

    return Postman(custody.db, carriers, custody.now, wanted) if carriers else None


def _carriers(hub: HubSettings, custody: Custody) -> dict[str, Carrier]:
    found: dict[str, Carrier] = {}
    if hub.smtp_host:
        way = Smtp(hub.smtp_host, hub.smtp_port, hub.smtp_sender, hub.smtp_tls, hub.smtp_username, hub.smtp_password)
        found[Channel.EMAIL] = ByMail(custody.db, way, hub.door_url, hub.release_url)
    if hub.sms_url:
        binding = Binding("sms", hub.sms_url.rstrip("/"), Siret(hub.operated_by), {"token": hub.sms_token})
        gateway = SmsGateway(binding, HttpTransport(SMS.limits, origin=hub.sms_url))
        found[Channel.TELEPHONE] = BySms(custody.db, gateway, hub.sms_sender, custody.now)
    if hub.print_drop is not None:
        binding = Binding("print-room", str(hub.print_drop), Siret(hub.operated_by))
        drop = FileDropTransport(hub.print_drop)
        found[Channel.POST] = ByPost(custody, drop, binding, hub.door_url, hub.print_return_address)
    return found


class _Ways:
    """One way out per binding, kept for the life of the process and shared with no other binding."""

    def __init__(self) -> None:
        self._open: dict[str, HttpTransport] = {}

    def over_http(self, binding: Binding) -> Transport:
        """Return the way to the binding's own origin and nowhere else."""
        if binding.slug not in self._open:
            self._open[binding.slug] = HttpTransport(MANIFEST.limits, origin=binding.base_url)
        return self._open[binding.slug]


def drop_transport(binding: Binding) -> Transport:
    """Return a way out into the binding's drop folder."""
    return FileDropTransport(Path(binding.base_url))


def _required(path: Path | None, name: str) -> Path:
    if path is None:
        raise ValueError(f"{name}: this process needs it")
    return path
