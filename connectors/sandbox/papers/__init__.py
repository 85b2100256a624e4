"""Mints demo papers about made-up persons, sealed by test authorities of our own that no real verifier trusts."""

from connectors.sandbox.papers.authority import SealAuthority, create_authority
from connectors.sandbox.papers.bill import residence_bill
from connectors.sandbox.papers.birth import Child, Parent, birth_certificate
from connectors.sandbox.papers.registry import CivilRegistry, create_registry
from connectors.sandbox.papers.tax_notice import tax_notice_photo

__all__ = [
    "Child",
    "CivilRegistry",
    "Parent",
    "SealAuthority",
    "birth_certificate",
    "create_authority",
    "create_registry",
    "residence_bill",
    "tax_notice_photo",
]
