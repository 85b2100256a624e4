"""What a message told of: the asks behind it, as the family or an agent at the counter reads them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select

from contracts.identifiers import Siret
from hub.persons.tables import CIVIL_STATUS
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requests.under_way import to_decide
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import ASK, SATISFACTION
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class ToldAsk:
    """One thing that is asked: for which child and service, by whom, what would do, and whether it is there by now."""

    child: str
    service: str
    body: str
    requirement: str
    papers: tuple[str, ...]
    sworn_statement: bool
    """Whether one's word, sworn, would do."""
    held: bool


def told_by(tx: ReadTx, catalogue: Catalogue, message_id: UUID, person_id: UUID) -> list[ToldAsk]:
    """Return what a message told a person of; a line that was given up since, or whose child is of age, is left out."""
    pending = exists().where(REQUEST.c.line_id == ASK.c.line_id, to_decide())
    held = exists().where(
        SATISFACTION.c.line_id == ASK.c.line_id,
        SATISFACTION.c.requirement == ASK.c.requirement,
        SATISFACTION.c.until.is_(None),
    )
    rows = tx.execute(
        select(
            ASK.c.requirement,
            ENROLMENT_LINE.c.service,
            ENROLMENT_LINE.c.body,
            CIVIL_STATUS.c.given_names,
            held.label("held"),
        )
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == ASK.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(CIVIL_STATUS, CIVIL_STATUS.c.person_id == SCHOOL_FILE.c.child_id)
        .where(
            ASK.c.message_id == message_id,
            ENROLMENT_LINE.c.payer_id == person_id,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            pending,
            CIVIL_STATUS.c.retracted_at.is_(None),
        )
        .order_by(ASK.c.asked_at, ASK.c.line_id, ASK.c.requirement)
    )
    found = []
    for row in rows:
        service = catalogue.services[row.service]
        requirement = service.requirement(row.requirement)
        if requirement is None:
            continue
        body = catalogue.bodies.get(Siret(row.body))
        found.append(
            ToldAsk(
                child=row.given_names[0],
                service=service.name_fr,
                body=row.body if body is None else body.name,
                requirement=requirement.name_fr,
                papers=tuple(catalogue.evidence[kind].name_fr for kind in requirement.alternatives),
                sworn_statement=requirement.sworn_statement,
                held=row.held,
            )
        )
    return found
