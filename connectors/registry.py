"""Which connectors exist: a list, not a search."""

from typing import Any

from connectors.agency_rest.codec import BursaryRestCodec, CaisseRestCodec, EnrolmentRestCodec
from connectors.api_particulier.codec import ApiParticulierCodec
from connectors.caisse_fichiers.codec import PupilFileCodec
from connectors.caisse_rpc.codec import CaisseRpcCodec
from connectors.caisse_soap.codec import CaisseSoapCodec
from connectors.hubee.codec import HubeeCodec
from connectors.notification_store.codec import NotificationStoreCodec
from connectors.paris_familles.codec import ParisFamillesCodec
from connectors.port import Manifest, Replayable
from connectors.post.codec import PrintCodec
from connectors.sms.codec import SmsCodec
from connectors.webhook.codec import WebhookCodec

CARRIED = (
    CaisseSoapCodec, CaisseRpcCodec, CaisseRestCodec, EnrolmentRestCodec, BursaryRestCodec, ParisFamillesCodec, HubeeCodec,
    NotificationStoreCodec,
)  # fmt: skip
CODECS = (ApiParticulierCodec, PupilFileCodec, *CARRIED, WebhookCodec, SmsCodec, PrintCodec)
MANIFESTS: dict[str, Manifest] = {codec.manifest.connector: codec.manifest for codec in CODECS}
"""Name to declared contract; a binding names one of these."""

ENGINE_CODECS: dict[str, Replayable[Any]] = {codec.manifest.connector: codec() for codec in CARRIED}
"""The connectors whose exchanges the engine carries out, each command kept sealed until it is done."""
