"""What verifying a seal comes to: an outcome, one stable reason, and what the seal itself says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Self

from contracts.documents import Outcome


class SealReason(StrEnum):
    """Why a seal has the outcome it has; stored, shown and counted, so never renamed."""

    VERIFIED = "verified"
    VERIFIED_REVOCATION_UNCHECKED = "verified_revocation_unchecked"
    """The signature holds and its signer chains to a trusted root; offline, nobody asked whether it was revoked."""
    NO_SEAL = "no_seal"
    MALFORMED = "malformed"
    BINARY = "binary"
    """A 2D-Doc of the binary kind (v04): its message is not decoded here, so nothing is vouched for and nothing denied."""
    UNSUPPORTED = "unsupported"
    """A key that is not on one of the curves of the specification."""
    UNREADABLE_FIELDS = "unreadable_fields"
    TEST_AUTHORITY = "test_authority"
    """Sealed by a test authority where none is allowed."""
    AUTHORITY_NOT_LISTED = "authority_not_listed"
    """No trust list we hold names the authority."""
    AUTHORITY_NOT_ACCREDITED = "authority_not_accredited"
    """The trust list names the authority, but not as accredited when the seal was made; or has withdrawn it since."""
    TRUST_LIST_OUT_OF_DATE = "trust_list_out_of_date"
    """The seal was made after the day until which our trust list vouches; a newer list is needed."""
    UNKNOWN_CERTIFICATE = "unknown_certificate"
    CERTIFICATE_REVOKED = "certificate_revoked"
    """The certificate is revoked: nothing it sealed counts, whatever the day it says it was sealed."""
    UNDATED = "undated"
    DATED_IN_FUTURE = "dated_in_future"
    CERTIFICATE_NOT_VALID = "certificate_not_valid"
    """The certificate was not valid on the day the seal says it was made."""
    SIGNATURE_WRONG = "signature_wrong"
    NOT_WHOLE_FILE = "not_whole_file"
    """Something was added after the signature."""
    UNTRUSTED_SIGNER = "untrusted_signer"
    TEXT_DIFFERS = "text_differs"
    """The seal holds, but it does not say what the page says."""
    TEXT_UNREAD = "text_unread"
    """The seal holds, and the page could not be read well enough to tell whether it says the same."""
    SEVERAL_SEALS = "several_seals"
    """Two seals hold and contradict each other."""
    TOO_MANY_SEALS = "too_many_seals"
    """More codes than any paper carries; not all were judged."""


@dataclass(frozen=True, slots=True)
class SealVerdict:
    """The verdict on one seal.

    ``document_type`` is the 2D-Doc code of the paper's kind (empty for PAdES); ``authority`` and ``certificate`` name
    who vouches and who sealed. ``fields`` are the sealed values by 2D-Doc identifier, present only when the outcome
    is ``passed``; tax numbers are never among them, ``withheld`` says which were left out.
    """

    outcome: Outcome
    reason: SealReason
    document_type: str = ""
    authority: str = ""
    certificate: str = ""
    issued_on: date | None = None
    signed_on: date | None = None
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    withheld: tuple[str, ...] = ()

    def to_wire(self) -> dict[str, Any]:
        """Return everything, the sealed values too, as JSON values."""
        return {
            "outcome": self.outcome.value,
            "reason": self.reason.value,
            "document_type": self.document_type,
            "authority": self.authority,
            "certificate": self.certificate,
            "issued_on": None if self.issued_on is None else self.issued_on.isoformat(),
            "signed_on": None if self.signed_on is None else self.signed_on.isoformat(),
            "fields": dict(self.fields),
            "withheld": list(self.withheld),
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Rebuild a verdict from :meth:`to_wire`; raises ``ValueError``, ``KeyError`` or ``TypeError``."""
        return cls(
            Outcome(wire["outcome"]),
            SealReason(wire["reason"]),
            document_type=_text(wire["document_type"]),
            authority=_text(wire["authority"]),
            certificate=_text(wire["certificate"]),
            issued_on=None if wire["issued_on"] is None else date.fromisoformat(wire["issued_on"]),
            signed_on=None if wire["signed_on"] is None else date.fromisoformat(wire["signed_on"]),
            fields={_text(name): _text(value) for name, value in dict(wire["fields"]).items()},
            withheld=tuple(map(_text, wire["withheld"])),
        )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


NO_SEAL = SealVerdict(Outcome.INCONCLUSIVE, SealReason.NO_SEAL)
