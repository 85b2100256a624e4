"""Why something may be handed over: three fields that are never mixed, and the purposes they serve."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

INFORMING_MONTHS = 12
"""How long data that serve to inform of a right may be kept at most (CRPA R.114-9-7)."""


class Basis(StrEnum):
    """The legal basis of the processing (RGPD article 6)."""

    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_TASK = "public_task"
    CONSENT = "consent"


class Instrument(StrEnum):
    """The text the exchange rests on."""

    CRPA_L114_8_I = "CRPA L.114-8 I"
    """Administrations exchange what they need to handle a request the person made."""
    CRPA_L114_8_II = "CRPA L.114-8 II"
    """A body uses data in order to tell a person of a right, or to grant it; the person may oppose."""
    CONVENTION = "convention"
    """The convention with the body, by which it may be handed a paper that the family lets it reuse."""
    AGENT_CHECK = "CRPA L.114-8 I, R.114-9-6"
    """An agent whom the body habilitated looks at a paper that the person's request to this body rests on."""
    OWN_COPY = "RGPD 15"
    """The person reads their own paper."""


class Act(StrEnum):
    """What the person did."""

    INFORMED = "informed"
    AUTHORISED = "authorised"
    REQUESTED = "requested"


class Purpose(StrEnum):
    """What the recipient will do with it; an agreement lists the ones it covers."""

    SCHOOL_ENROLMENT = "school_enrolment"
    CANTEEN_ENROLMENT = "canteen_enrolment"
    CANTEEN_TARIFF = "canteen_tariff"
    AFTER_SCHOOL = "after_school"
    HOLIDAY_CENTRES = "holiday_centres"
    BURSARY = "bursary"
    FAMILY_LINK = "family_link"
    """Finding out which adult stands for which child; no service, so no agreement lists it."""
    OWN_COPY = "own_copy"
    RIGHTS_INFORMATION = "rights_information"
    """Telling a family of a right it may have (CRPA L.114-8 II). Finding fraud is no purpose here, under any name."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground found on the primary for one release: basis, instrument and act, never one in place of another.

    ``reference`` is the authorisation, notice or request that the act was; ``convention`` the number of the agreement
    under which the body receives, nothing where none is needed.
    """

    basis: Basis
    instrument: Instrument
    act: Act
    reference: UUID
    convention: str = ""
