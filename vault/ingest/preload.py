"""Load all that reading may ever need before the first fork, since a fork can open no file, not even a module's."""

import encodings
import gc
import importlib
import pkgutil
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from types import ModuleType

import asn1crypto
import cryptography.x509
import numpy.fft
import pyhanko.pdf_utils
import pyhanko.sign.validation
import pyhanko_certvalidator
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image, ImageDraw

from contracts.documents import MediaType
from vault.ingest import rebuild
from vault.ingest.ocr import Engine
from vault.ingest.reader import read
from vault.seals.trust import TrustStore

_WHOLE: tuple[ModuleType, ...] = (
    encodings,
    asn1crypto,
    cryptography.x509,
    numpy.fft,
    pyhanko.pdf_utils,
    pyhanko.sign.validation,
    pyhanko_certvalidator,
)
"""Packages that load parts of themselves late; all of each is loaded."""


def everything(trust: TrustStore, engine: Engine | None = None) -> None:
    """Load the parsers, run each once on something harmless, and settle the memory that forks will share."""
    for package in _WHOLE:
        _load(package)
    Image.init()
    _verify_something()
    for media_type, sample in _samples().items():
        read(sample, media_type, trust=trust, today=date(2026, 1, 1), engine=engine)
    gc.collect()
    gc.freeze()


def _load(package: ModuleType) -> None:
    """Import every module of ``package`` whose own optional requirements are installed."""
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".", onerror=lambda _: None):
        try:
            importlib.import_module(module.name)
        except ImportError:
            continue


def _verify_something() -> None:
    """Make and check a certificate: the cryptography package loads its back end at the first signature."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate.verify_directly_issued_by(certificate)


def _samples() -> dict[MediaType, bytes]:
    # A page with a line on it, turned on its head, so that all that looking does is done once.
    page = Image.new("RGB", (800, 600), "white")
    ImageDraw.Draw(page).text((60, 240), "Une Fois : dites-le une fois", fill="black", font_size=48)
    page = page.rotate(180)
    samples = {MediaType.PDF: rebuild.pdf_copy([page], dpi=72)}
    for media_type, name in ((MediaType.JPEG, "JPEG"), (MediaType.PNG, "PNG")):
        out = BytesIO()
        page.save(out, name)
        samples[media_type] = out.getvalue()
    return samples
