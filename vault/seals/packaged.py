"""What comes installed: the 2D-Doc trust list, its pinned root, sealers' certificates, the published test sealer.

The bytes come with the package tddoc, which a lock file pins, and none is believed for that: the list must lead to the
root, the root must have the fingerprint written here, and a sealer must be signed by an authority of the list.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from tddoc.keychain import KeyChain

from vault.seals.signed_list import ListAnchor, TrustListRefused

ROOT_SHA256 = bytes.fromhex("0bd4576b3e7e9ed4e43db0c20434feec5d598e1b31f7fbf02a5b3d27496cf615")
"""Autorité de Certification Racine ANTS/A V3 (série 2), 2022 to 2034: under it France Titres signs the list."""
_SIGNER_UNIT = "0002 130003262"
"""The agency by its SIREN, which outlives its names."""
_SIGNER_NAME = re.compile(r"2D-?DOC")
_TEST_PREFIX = "FR00"


@cache
def anchor() -> ListAnchor:
    """Return whom the State's list must lead to.

    Raises:
        TrustListRefused: the installed root is not the one that is pinned.
    """
    root = x509.load_der_x509_certificate((files("tddoc") / "tsl" / "ca_racine_antsav3_2.cer").read_bytes())
    if root.fingerprint(hashes.SHA256()) != ROOT_SHA256:
        raise TrustListRefused
    return ListAnchor(root, _SIGNER_UNIT, _SIGNER_NAME)


def signed_list() -> bytes:
    """Return the installed list as it was signed."""
    return (files("tddoc") / "tsl" / "tsl_signed.xml").read_bytes()


def intermediates() -> tuple[x509.Certificate, ...]:
    """Return the authorities between the root and the signers of lists."""
    folder = files("vault.seals") / "anchors"
    pems = [entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".pem")]
    return tuple(certificate for pem in pems for certificate in x509.load_pem_x509_certificates(pem))


def sealers() -> tuple[x509.Certificate, ...]:
    """Return the installed certificates of sealers and their authorities, without the test authority's."""
    return tuple(_chains(test=False))


def published_test_sealer() -> tuple[x509.Certificate, ...]:
    """Return FR00/0001, the certificate of the specification's examples, whose private key the specification prints."""
    return tuple(_chains(test=True))


def _chains(*, test: bool) -> Iterator[x509.Certificate]:
    for entry in sorted((files("tddoc") / "chains").iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".der") and entry.name.startswith(_TEST_PREFIX) == test:
            chain = KeyChain()
            chain.load_der_blob(entry.read_bytes())
            yield from chain.certs
