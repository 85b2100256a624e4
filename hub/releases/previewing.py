"""What would leave if a body asked now, shown to the family beforehand: the same claims, the same copies, or why nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.answers import Gives, Plain
from contracts.calendar import paris_day
from contracts.grounds import Purpose
from contracts.identifiers import EvidenceId, PersonId, Siret
from hub.errors import AnswerOnly, NoGround, NothingHere, OutsideAgreement
from hub.partners.registry import agreements_of
from hub.releases.answering import said_of
from hub.releases.grounds import Allowed, Question, find_ground
from hub.releases.standing import Standing, service_of_line, standing_of_line
from hub.requirements.answers import Rested, state
from hub.requirements.catalogue import Catalogue, Requirement
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class ForeseenPaper:
    """A paper whose copy a body may fetch."""

    document: UUID
    type: str
    original: bool
    """Whether it is the original that leaves, because a rule asks for it."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What one body would receive for one requirement of one's own line, if it asked now.

    ``gives`` is the most it may have, or nothing where ``why_not`` says which condition fails. ``answer`` holds the
    claims that a signed answer would carry; dates of signing, numbers and the commitment are new each time.
    """

    recipient: Siret
    recipient_name: str
    service: str
    requirement: str
    name: str
    purpose: Purpose
    gives: Gives | None
    why_not: str | None
    answer: Plain | None
    fr: str | None
    en: str | None
    papers: tuple[ForeseenPaper, ...]


def foresee(tx: ReadTx, catalogue: Catalogue, person_id: PersonId, line_id: UUID, *, now: datetime) -> list[Foreseen]:
    """Return what the body of one's own line would receive, for each requirement that something satisfies.

    Raises :class:`NothingHere` for anybody else's line, and for one whose request is no longer pending.
    """
    name = service_of_line(tx, person_id, line_id)
    service = None if name is None else catalogue.services.get(name)
    if service is None:
        raise NothingHere
    found = []
    for requirement in (*service.requirements, *service.conditional):
        standing = standing_of_line(tx, person_id, line_id, requirement=requirement.id, today=paris_day(now))
        if standing is not None and standing.rested is not None:
            settled = standing_of_line(
                tx, person_id, line_id, requirement=requirement.settled_by or requirement.id, today=paris_day(now)
            )
            said = standing.rested if settled is None or settled.rested is None else settled.rested
            found.append(_foreseen(tx, catalogue, requirement, (standing, said), now=now))
    return found


def _foreseen(
    tx: ReadTx, catalogue: Catalogue, requirement: Requirement, what: tuple[Standing, Rested], *, now: datetime
) -> Foreseen:
    standing, rested = what
    purpose = catalogue.services[standing.service].purpose
    statement = state(catalogue, rested, today=paris_day(now))
    allowed, gives, why_not = _grounds(tx, catalogue, standing, purpose, now=now)
    body = catalogue.bodies[standing.body]
    shown = statement if gives is not None else None
    return Foreseen(
        recipient=standing.body,
        recipient_name=body.name,
        service=standing.service,
        requirement=requirement.id,
        name=requirement.name_fr,
        purpose=purpose,
        gives=gives,
        why_not=why_not,
        answer=None if shown is None else said_of(shown),
        fr=None if shown is None else shown.fr,
        en=None if shown is None else shown.en,
        papers=tuple(ForeseenPaper(one.document_id, one.evidence.evidence_type, one.original) for one in allowed),
    )


def _grounds(
    tx: ReadTx, catalogue: Catalogue, standing: Standing, purpose: Purpose, *, now: datetime
) -> tuple[list[Allowed], Gives | None, str | None]:
    """Look for the ground of documents, then of an answer, exactly as the gate will; return the first reason against."""
    for gives in _forms(tx, standing, purpose, now=now):
        questions = [
            Question(EvidenceId(one), standing.line_id, standing.body, purpose, gives) for one in standing.evidence
        ]
        try:
            allowed = [find_ground(tx, catalogue, one, now=now) for one in questions]
        except AnswerOnly:
            # Another agreement of the same body gives the paper, and does not cover this one.
            continue
        except (NoGround, OutsideAgreement) as refusal:
            return [], None, refusal.detail
        return (allowed if gives is Gives.DOCUMENT else []), gives, None
    return [], None, "no agreement with this body covers the service"


def _forms(tx: ReadTx, standing: Standing, purpose: Purpose, *, now: datetime) -> list[Gives]:
    agreements = agreements_of(tx, standing.body, on=paris_day(now))
    fitting = {one.gives for one in agreements if standing.service in one.services and purpose in one.purposes}
    return [Gives.DOCUMENT, Gives.ANSWER] if Gives.DOCUMENT in fitting else [*fitting]
