"""What verifying a seal comes to: an outcome, one stable reason, and what the seal itself says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.documents import Outcome


class SealReason(StrEnum):
    """Why a seal has the outcome it has; stored, shown and counted, so never renamed."""

    VERIFIED = "verified"
    VERIFIED_REVOCATION_UNCHECKED = "verified_revocation_unchecked"
    """The signature holds and its signer chains to a trusted root; offline, nobody asked whether it was revoked."""
    NO_SEAL = "no_seal"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    """A binary 2D-Doc, or a key that is not on one of the curves of the specification."""
    UNREADABLE_FIELDS = "unreadable_fields"
    TEST_AUTHORITY = "test_authority"
    """Sealed by a test authority where none is allowed."""
    UNKNOWN_CERTIFICATE = "unknown_certificate"
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
    SEVERAL_SEALS = "several_seals"
    """Two seals hold and contradict each other."""


@dataclass(frozen=True, slots=True)
class SealVerdict:
    """The verdict on one seal.

    ``document_type`` is the 2D-Doc code of the paper's kind (empty for PAdES); ``authority`` and ``certificate`` name
    who vouches and who sealed. ``fields`` are the sealed values by 2D-Doc identifier, present only when the outcome
    is ``passed``; tax numbers are never among them.
    """

    outcome: Outcome
    reason: SealReason
    document_type: str = ""
    authority: str = ""
    certificate: str = ""
    issued_on: date | None = None
    signed_on: date | None = None
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


NO_SEAL = SealVerdict(Outcome.INCONCLUSIVE, SealReason.NO_SEAL)
