"""Settings in, ready use cases out: the only place where the hub's concrete parts meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter

import vault.bootstrap as vault_parts
from connectors.addresses import AddressRule, Origin
from connectors.api_particulier.codec import MANIFEST
from connectors.caisse_fichiers.codec import MANIFEST as FILES
from connectors.client_credentials import SignedInTransport
from connectors.drops import DROP, OUTBOX, Inbox
from connectors.file_drop import FileDropTransport, FolderInbox
from connectors.http import HttpTransport
from connectors.hubee.commands import RECEIVING
from connectors.mail import Smtp
from connectors.oidc.provider import ProviderConfig
from connectors.port import Binding, Limits, Transport
from connectors.sms.codec import MANIFEST as SMS
from connectors.sms.gateway import SmsGateway
from connectors.webhook.codec import MANIFEST as WEBHOOK
from contracts.identifiers import Siret
from hub.bindings import Bindings
from hub.exchanges.egress import API_PARTICULIER, CountedTransport, Gate
from hub.exchanges.lending import Cipher, Lender
from hub.exchanges.quotient import QuotientSource
from hub.exchanges.ways import Way
from hub.maintenance import Watch
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
from hub.watching.telling import AlertByMail, AlertByWebhook, Teller, Wire
from vault.db import Database, ReadTx
from vault.documents.custody import Custody
from vault.settings import VaultSettings

if TYPE_CHECKING:
    from connectors.time_stamps.authority import Authority


@dataclass(frozen=True, slots=True)
class Door:
    """What the residents' door works with."""

    settings: HubSettings
    custody: Custody
    catalogue: Catalogue
    providers: dict[str, ProviderConfig] = field(repr=False)
    lender: Lender | None = None
    """Lends the tokens of who signs in; nothing where this door knows no bindings."""
    bindings: Bindings | None = None
    """Which bindings there are, for the operators' console; no secret of any."""
    watch: Watch | None = None
    """Whether there is maintenance; nothing where a door is only described."""


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
    watch: Watch | None = None
    """Whether there is maintenance; nothing where a door is only described."""


@dataclass(frozen=True, slots=True)
class Back:
    """What the worker and the pipelines work with."""

    custody: Custody
    catalogue: Catalogue
    bindings: Bindings
    quotient: QuotientSource
    ways: Mapping[str, Way] = field(default_factory=dict, repr=False)
    """How each binding is reached that the engine of exchanges carries out."""


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
    custody = vault_parts.custody(vault, pool_size=max(4, 16 // hub.processes), plan_once=True)
    # Which body is enabled for what, and no secret of any.
    bindings = None if hub.bindings is None else Bindings.load(hub.bindings, places=hub.places, secrets=None)
    lender = None if bindings is None else Lender(custody.db, load(), bindings, vault_parts.master_key(vault).wrap)
    return Door(hub, custody, load(), providers, lender, bindings, Watch(listening_url(vault)))


def release_door(vault: VaultSettings, hub: HubSettings) -> ReleaseDoor:
    """Assemble the partners' door."""
    ring = KeyFile(_required(hub.token_signing_key, "HUB_TOKEN_SIGNING_KEY")).ring
    answers = KeyFile(_required(hub.answer_signing_key, "HUB_ANSWER_SIGNING_KEY"), ANSWERS).ring
    published = vault_parts.head_verifier(vault).text()
    return ReleaseDoor(
        hub,
        vault_parts.custody(vault, pool_size=max(4, 16 // hub.processes), plan_once=True),
        load(),
        Issuer(hub.release_url, ring),
        AnswerSigner(hub.release_url, answers),
        published,
        vault_parts.master_key(vault).unwrap,
        Bell(listening_url(vault)),
        Watch(listening_url(vault)),
    )


def listening_url(vault: VaultSettings) -> str:
    """Return where what a commit announces is heard: the database's address as libpq has it."""
    return vault.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://")


def back(vault: VaultSettings, hub: HubSettings) -> Back:
    """Assemble what the worker and the pipelines share; each with the keys and secrets its settings name."""
    folder = _required(hub.bindings, "HUB_BINDINGS")
    bindings = Bindings.load(folder, places=hub.places, secrets=hub.secrets, file_keys=hub.file_keys)
    custody = vault_parts.custody(vault)
    source = quotient_source(bindings, custody.db, vault_parts.master_key(vault).unwrap)
    return Back(custody, load(), bindings, source, engine_ways(bindings))


def engine_ways(bindings: Bindings) -> dict[str, Way]:
    """Return how each binding of a connector that the engine carries is reached: over a transport that is its alone."""
    # Schema compilers come with it, which no door needs.
    from connectors.registry import ENGINE_CODECS

    found = {}
    for name, codec in ENGINE_CODECS.items():
        for slug in bindings.slugs(name):
            binding = bindings.named(slug)
            found[slug] = Way(codec, binding, _way_out(codec.manifest.limits, binding))
    return found


def _way_out(limits: Limits, binding: Binding) -> Transport:
    """Return a transport of one binding alone, which signs in by itself where the partner gives tokens."""
    plain = HttpTransport(limits, origin=binding.base_url)
    if not binding.token_url:
        return plain
    return SignedInTransport(plain, HttpTransport(limits, origin=binding.token_url), binding, RECEIVING)


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


def teller(hub: HubSettings, custody: Custody) -> Teller | None:
    """Assemble what tells engineers that something is wrong; nothing where there is nobody to tell."""
    ways: dict[str, Wire] = {}
    if hub.alert_mail:
        ways["mail"] = AlertByMail(_smtp(hub), hub.alert_mail, hub.door_url)
    if hub.alert_webhook:
        binding = Binding(
            "alerts", hub.alert_webhook, Siret(hub.operated_by), {"webhook_secret": hub.alert_webhook_secret}
        )
        transport = HttpTransport(WEBHOOK.limits, origin=hub.alert_webhook)
        ways["webhook"] = AlertByWebhook(binding, transport, hub.door_url)
    return Teller(custody.db, ways, custody.now) if ways else None


def time_stamps(hub: HubSettings) -> "Authority | None":
    """Assemble what has heads of the journal stamped; nothing where no authority is told.

    Raises :class:`~connectors.errors.StampRootsUnreadable`.
    """
    if not hub.stamps_url or hub.stamps_roots is None:
        return None
    # Its library takes half a second to come, and one process in six ever stamps.
    from connectors.time_stamps.authority import LIMITS, Authority, Place
    from connectors.time_stamps.tokens import Trust

    place = Place(hub.stamps_url, hub.stamps_username, hub.stamps_password)
    trust = Trust.read(hub.stamps_policy, hub.stamps_roots)
    return Authority(place, trust, HttpTransport(LIMITS, origin=hub.stamps_url))


def _smtp(hub: HubSettings) -> Smtp:
    return Smtp(hub.smtp_host, hub.smtp_port, hub.smtp_sender, hub.smtp_tls, hub.smtp_username, hub.smtp_password)


def _carriers(hub: HubSettings, custody: Custody) -> dict[str, Carrier]:
    found: dict[str, Carrier] = {}
    if hub.smtp_host:
        found[Channel.EMAIL] = ByMail(custody.db, _smtp(hub), hub.door_url, hub.release_url, custody.now)
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
    """Return a way out into the binding's folder for files to the partner, on this machine or behind SFTP.

    Raises :class:`~connectors.errors.AddressRefused` and :class:`~connectors.errors.SecretMissing`.
    """
    if not _behind_sftp(binding):
        return FileDropTransport(Path(binding.base_url) / DROP)
    from connectors.sftp import SftpPlace, SftpTransport

    return SftpTransport(SftpPlace.of(binding, DROP), FILES.limits)


LOOKING = FILES.limits.model_copy(update={"read_s": 10.0, "total_s": 10.0})
"""The bounds of a look at a folder of which nothing is fetched: a sensor's tick waits for it."""


def inbox_of(binding: Binding, limits: Limits = FILES.limits) -> Inbox:
    """Return the binding's folder for files from the partner; raises as :func:`drop_transport`."""
    if not _behind_sftp(binding):
        return FolderInbox(Path(binding.base_url) / OUTBOX)
    from connectors.sftp import SftpInbox, SftpPlace

    return SftpInbox(SftpPlace.of(binding, OUTBOX), limits)


def _behind_sftp(binding: Binding) -> bool:
    # Its library is imported where a partner needs it: most processes never speak it.
    return binding.base_url.startswith("sftp://")


def _required(path: Path | None, name: str) -> Path:
    if path is None:
        raise ValueError(f"{name}: this process needs it")
    return path
