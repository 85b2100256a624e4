"""A notification that says nothing, signed as real ones are: for a partner's engineer to try a receiver with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from connectors.port import Binding
from connectors.webhook.codec import Notification, WebhookCodec
from contracts.events import SOURCE, SPEC_VERSION
from contracts.identifiers import Siret
from hub.errors import WebhookNotThere
from hub.partners.tables import PARTNER, WEBHOOK
from hub.partners.webhooks import signing_secrets
from vault.db import ReadTx

TYPE = "fr.paris.unefois.sample.v1"


@dataclass(frozen=True, slots=True)
class Sample:
    """Headers and body of a notification."""

    message: UUID
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)


def sample(tx: ReadTx, siret: Siret, unwrap: Callable[[bytes, bytes], bytes], *, now: datetime) -> Sample:
    """Return a sample for a partner, signed with all that its notifications are signed with now.

    Raises :class:`WebhookNotThere`.
    """
    joined = select(PARTNER, WEBHOOK).join(WEBHOOK, WEBHOOK.c.siret == PARTNER.c.siret)
    partner = tx.execute(joined.where(PARTNER.c.siret == siret)).one_or_none()
    if partner is None or partner.webhook_secret_wrapped is None:
        raise WebhookNotThere
    message = uuid4()
    event = {"specversion": SPEC_VERSION, "id": str(message), "source": SOURCE, "type": TYPE, "time": now.isoformat()}
    secrets = signing_secrets(partner, lambda wrapped, context: unwrap(wrapped, context).decode(), now=now)
    binding = Binding(slug=partner.slug, base_url="https://sample.invalid/", siret=siret, secrets=secrets)
    wire = WebhookCodec().encode(Notification(message, now, event), binding)
    return Sample(message, dict(wire.headers), wire.body.decode())
