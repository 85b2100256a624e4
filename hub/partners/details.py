"""Rich authorisation requests (RFC 9396): which service, purpose and evidence a partner's next questions are about."""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from hub.errors import DetailsRefused
from hub.partners.registry import AgreementFile

DETAIL_TYPE = "urn:unefois:evidence-request"
BYTES_MAX = 4096
"""Of a request's details, and of what is granted: an access token has to fit in a header."""


class Detail(BaseModel):
    """One thing a partner wants to ask about, or may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["urn:unefois:evidence-request"]
    service: Annotated[str, Field(min_length=1, max_length=60)]
    purpose: Purpose
    evidence_types: Annotated[tuple[EvidenceType, ...], Field(min_length=1, max_length=40)] | None = None
    """Not said in a request: those of the agreement. Always said in what is granted."""

    def covers(self, service: str, purpose: Purpose, evidence_type: str | None) -> bool:
        """Whether a question is within this; of no evidence type yet where ``evidence_type`` is nothing."""
        named = evidence_type is None or evidence_type in (self.evidence_types or ())
        return (self.service, self.purpose) == (service, purpose) and named


_DETAILS = TypeAdapter(Annotated[tuple[Detail, ...], Field(min_length=1, max_length=10)])


def read_details(text: str) -> tuple[Detail, ...]:
    """Read the parameter ``authorization_details``; raises :class:`DetailsRefused` (RFC 9396 section 5)."""
    if len(text.encode(errors="replace")) > BYTES_MAX:
        raise DetailsRefused("too long")
    try:
        return _DETAILS.validate_python(json.loads(text, object_pairs_hook=_unique))
    except ValidationError:
        raise DetailsRefused("not a list of what we know") from None
    except (ValueError, RecursionError):
        raise DetailsRefused("not JSON") from None


def grant(asked: Iterable[Detail], agreements: Sequence[AgreementFile]) -> tuple[Detail, ...]:
    """Return what of agreements in force is granted, each with its evidence types; never part of what was named.

    Raises :class:`DetailsRefused` where no single agreement covers a whole detail.
    """
    granted = tuple(_granted(one, agreements) for one in asked)
    if len(json.dumps(dumped(granted))) > BYTES_MAX:
        raise DetailsRefused("too much at once")
    return granted


def dumped(details: Iterable[Detail]) -> list[dict[str, Any]]:
    """Return details as a token or an answer carries them."""
    return [one.model_dump(mode="json", exclude_none=True) for one in details]


def read_granted(claim: object) -> tuple[Detail, ...]:
    """Read back what a token of ours carries; raises :class:`DetailsRefused` for anything else."""
    try:
        return _DETAILS.validate_python(claim)
    except ValidationError:
        raise DetailsRefused("not what we grant") from None


def _granted(asked: Detail, agreements: Sequence[AgreementFile]) -> Detail:
    fitting = [one for one in agreements if asked.service in one.services and asked.purpose in one.purposes]
    if asked.evidence_types is None:
        types = {kind for one in fitting for kind in one.evidence_types}
    elif any(set(asked.evidence_types) <= set(one.evidence_types) for one in fitting):
        types = set(asked.evidence_types)
    else:
        types = set()
    if not types:
        raise DetailsRefused("outside the agreement")
    return asked.model_copy(update={"evidence_types": tuple(sorted(types))})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members
