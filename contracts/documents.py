"""The words of custody and reading: states of a document, outcomes of a check, grades of authenticity."""

from enum import StrEnum


class DocumentState(StrEnum):
    """Where a document stands. It is never « accepted »: only fit for something, and that is a fit."""

    RECEIVED = "received"
    AVAILABLE = "available"
    QUARANTINED = "quarantined"
    UNUSABLE = "unusable"
    ERASED = "erased"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    HELD = "held"
    """Available, and kept by a legal hold from every end."""


TRANSITIONS: dict[DocumentState, frozenset[DocumentState]] = {
    DocumentState.RECEIVED: frozenset(
        {
            DocumentState.AVAILABLE,
            DocumentState.QUARANTINED,
            DocumentState.UNUSABLE,
            DocumentState.HELD,
            DocumentState.ERASED,
        }
    ),
    DocumentState.AVAILABLE: frozenset(
        {
            DocumentState.QUARANTINED,
            DocumentState.SUPERSEDED,
            DocumentState.EXPIRED,
            DocumentState.HELD,
            DocumentState.ERASED,
        }
    ),
    DocumentState.QUARANTINED: frozenset(
        {
            DocumentState.AVAILABLE,
            DocumentState.UNUSABLE,
            DocumentState.HELD,
            DocumentState.SUPERSEDED,
            DocumentState.EXPIRED,
            DocumentState.ERASED,
        }
    ),
    DocumentState.UNUSABLE: frozenset({DocumentState.EXPIRED, DocumentState.ERASED}),
    DocumentState.SUPERSEDED: frozenset({DocumentState.QUARANTINED, DocumentState.EXPIRED, DocumentState.ERASED}),
    DocumentState.HELD: frozenset({DocumentState.AVAILABLE, DocumentState.QUARANTINED}),
    DocumentState.EXPIRED: frozenset(),
    DocumentState.ERASED: frozenset(),
}
"""The life of a document as a table; the database refuses what this table refuses (a test compares them).

A legal hold may lie on a document in any state but the last two. What it keeps is then never available, superseded,
expired or erased: *held* is what available is called meanwhile, and every other state goes by its own name. What was
superseded comes back from quarantine superseded, with or without a hold, and never available.
"""

GONE: frozenset[DocumentState] = frozenset({DocumentState.ERASED, DocumentState.EXPIRED})
"""The keys are destroyed: asked by the holder, or at the end of retention."""

OPENABLE: frozenset[DocumentState] = frozenset({DocumentState.AVAILABLE, DocumentState.HELD})
"""What may be shown, used and handed over where there is a ground."""

SEEN_BY_HOLDER: frozenset[DocumentState] = OPENABLE | {DocumentState.SUPERSEDED}
"""What its holder may look at; a paper that a newer one replaced serves nobody else."""

KEPT: frozenset[DocumentState] = frozenset(DocumentState) - GONE
"""What still has its keys: its holder may take the original back, and a legal hold may keep it."""


class Outcome(StrEnum):
    """The three outcomes of signature validation (ETSI EN 319 102-1), used for every judgement."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class Grade(StrEnum):
    """How far a piece of evidence can be trusted; :data:`GRADE_ORDER` ranks them, weakest first."""

    SELF_DECLARED = "self_declared"
    AGENT_CHECKED = "agent_checked"
    SEALED = "sealed"
    SOURCE_PULLED = "source_pulled"


GRADE_ORDER: tuple[Grade, ...] = (Grade.SELF_DECLARED, Grade.AGENT_CHECKED, Grade.SEALED, Grade.SOURCE_PULLED)


class EvidenceType(StrEnum):
    """Kinds of justificatif this release knows how to read; the catalogue gives each its source in law."""

    PROOF_OF_ADDRESS = "proof_of_address"
    TAX_NOTICE = "tax_notice"
    BIRTH_CERTIFICATE = "birth_certificate"
    QUOTIENT_FAMILIAL = "quotient_familial"
    """Pulled from the source, or the certificate (attestation) of the CAF or MSA."""
    FAMILY_RECORD_BOOK = "family_record_book"
    """Livret de famille."""
    IDENTITY_PAPER = "identity_paper"
    VACCINATION_RECORD = "vaccination_record"
    CUSTODY_JUDGMENT = "custody_judgment"
    SCHOOL_INSURANCE = "school_insurance"
    SCHOOL_CERTIFICATE = "school_certificate"
    """Certificat de scolarité."""
    CERTIFICATE_OF_REMOVAL = "certificate_of_removal"
    """Certificat de radiation, given by the school a child leaves."""
    HOSTING_STATEMENT = "hosting_statement"
    """Attestation d'hébergement, by the person who houses the family."""
    SWORN_STATEMENT = "sworn_statement"
    PAYSLIP = "payslip"
    UNEMPLOYMENT_STATEMENT = "unemployment_statement"
    DEATH_CERTIFICATE = "death_certificate"
    TARIFF_DECISION = "tariff_decision"
    """Of the body that decides the tariff, as it sent it; never a paper."""
    SCHOOL_ASSIGNMENT = "school_assignment"
    """A place at a school, the same way."""
    UNKNOWN = "unknown"


DECISIONS: frozenset[EvidenceType] = frozenset({EvidenceType.TARIFF_DECISION, EvidenceType.SCHOOL_ASSIGNMENT})
"""What a body decided and sent back: nobody hands it in, and nobody's leave is asked for its reuse."""


class MediaType(StrEnum):
    """What may be deposited, decided from the bytes and never from what the sender says."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    HEIC = "image/heic"
    """What telephones write; « image/heif » names the same kind of file (ISO/IEC 23008-12)."""
    RECORD = "application/json"
    """A pulled datum sealed as a record; never accepted from a resident."""


DEPOSITABLE: frozenset[MediaType] = frozenset({MediaType.PDF, MediaType.JPEG, MediaType.PNG, MediaType.HEIC})

ANNOUNCED: dict[str, MediaType] = {kind.value: kind for kind in sorted(DEPOSITABLE)} | {"image/heif": MediaType.HEIC}
"""What a sender may call each type that is taken."""
