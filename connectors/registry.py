"""Which connectors exist: a list, not a search."""

from connectors.api_particulier.codec import ApiParticulierCodec
from connectors.caisse_fichiers.codec import PupilFileCodec
from connectors.port import Manifest
from connectors.post.codec import PrintCodec
from connectors.sms.codec import SmsCodec
from connectors.webhook.codec import WebhookCodec

CODECS = (ApiParticulierCodec, PupilFileCodec, WebhookCodec, SmsCodec, PrintCodec)
MANIFESTS: dict[str, Manifest] = {codec.manifest.connector: codec.manifest for codec in CODECS}
"""Name to declared contract; a binding names one of these."""
