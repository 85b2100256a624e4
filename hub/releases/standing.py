"""How one requirement of one line stands now: what it rests on, if anything, found in one look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from contracts.identifiers import EnrolmentLineId, PersonId, Siret
from hub.linking.links import LINE_LINKED
from hub.partners.pseudonyms import Named
from hub.partners.tables import PSEUDONYM
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requirements.answers import Rested
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx
from vault.ready import Asked, Ready


@dataclass(frozen=True, slots=True)
class Standing:
    """One requirement of a line whose request is pending; ``evidence`` is empty where nothing satisfies it."""

    line_id: EnrolmentLineId
    body: Siret
    service: str
    due_on: date
    evidence: tuple[UUID, ...]
    """What it rests on: the paper itself, then those that go with it."""
    rested: Rested | None


def looks_at_subject(
    siret: Siret, subject: UUID, *, service: str, requirement: str, settled_by: str | None
) -> tuple[Asked, Asked]:
    """Return the looks at what a body names by its own pseudonym: a line, or a child it is linked to.

    They find nothing for anybody else's; both are sent, so that neither costs what the other does not. In the same look
    they show what was decided, where a decision settles the requirement (``settled_by``).
    """
    told = {"siret": siret, "subject": subject, "service": service, "requirement": requirement}
    told |= {"settled_by": settled_by or requirement}
    return (_OF_SUBJECT, told), (_OF_CHILD, told)


def standing_in(rows: Sequence[Any], requirement: str, *, today: date) -> Standing | None:
    """Return how it stands, as these looks found it: one row of the line for each requirement that rests on something."""
    own = [row for row in rows if row.rests_for == requirement]
    return _standing(own[0] if own else rows[0] if rows else None, requirement, today=today)


def standing_of_line(
    tx: ReadTx, person_id: PersonId, line_id: UUID, *, requirement: str, today: date
) -> Standing | None:
    """Return how it stands for the person who pays the line; nothing for anybody else."""
    told = {"payer": person_id, "line": line_id, "requirement": requirement, "settled_by": requirement}
    return _standing(tx.row(_OF_LINE, told), requirement, today=today)


def service_of_line(tx: ReadTx, person_id: PersonId, line_id: UUID) -> str | None:
    """Return the service of a line that the person pays and whose request is pending; nothing for any other."""
    row = tx.row(_SERVICE, {"payer": person_id, "line": line_id})
    return None if row is None else str(row.service)


def _standing(row: Any, requirement: str, *, today: date) -> Standing | None:
    if row is None:
        return None
    line, body = EnrolmentLineId(row.line_id), Siret(row.body)
    # What was judged good until yesterday, and not judged again since, is nothing to rest on.
    over = row.good_until is not None and row.good_until <= today
    if row.rests_for != requirement or row.evidence_id is None or row.fit_id is None or over:
        return Standing(line, body, row.service, row.due_on, (), None)
    rested = Rested(
        service=row.service,
        requirement=requirement,
        body=body,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        evidence_type=row.evidence_type,
        issued_on=row.issued_on,
        grade=row.rests_at.value,
        rule=row.rule,
        catalogue_version=row.catalogue_version,
        reference_date=row.reference_date,
        decided_on=row.decided_on,
        tariff_band=row.tariff_band,
        good_until=row.good_until,
    )
    return Standing(line, body, row.service, row.due_on, (row.evidence_id, *row.rests_on), rested)


def _query() -> Select[Any]:
    held = (SATISFACTION.c.line_id == ENROLMENT_LINE.c.line_id) & SATISFACTION.c.until.is_(None)
    return (
        select(
            ENROLMENT_LINE.c.line_id,
            ENROLMENT_LINE.c.body,
            ENROLMENT_LINE.c.service,
            ENROLMENT_LINE.c.valid_from,
            ENROLMENT_LINE.c.valid_until,
            REQUEST.c.due_on,
            EVIDENCE.c.evidence_id,
            EVIDENCE.c.evidence_type,
            EVIDENCE.c.issued_on,
            SATISFACTION.c.requirement.label("rests_for"),
            SATISFACTION.c.grade.label("rests_at"),
            *(FIT.c[name] for name in _OF_FIT),
        )
        .select_from(ENROLMENT_LINE)
        .join(REQUEST, (REQUEST.c.line_id == ENROLMENT_LINE.c.line_id) & (REQUEST.c.state == "pending"))
        .outerjoin(
            SATISFACTION, held & SATISFACTION.c.requirement.in_((bindparam("requirement"), bindparam("settled_by")))
        )
        .outerjoin(EVIDENCE, (EVIDENCE.c.evidence_id == SATISFACTION.c.evidence_id) & EVIDENCE.c.withdrawn_at.is_(None))
        .outerjoin(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
    )


_OF_FIT = (
    "fit_id",
    "rule",
    "catalogue_version",
    "reference_date",
    "decided_on",
    "tariff_band",
    "good_until",
    "rests_on",
)
_OF_SUBJECT = Ready(
    _query()
    .join(PSEUDONYM, PSEUDONYM.c.subject_id == ENROLMENT_LINE.c.line_id)
    .where(
        PSEUDONYM.c.siret == bindparam("siret"),
        PSEUDONYM.c.kind == Named.FILE.value,
        PSEUDONYM.c.value == bindparam("subject"),
        ENROLMENT_LINE.c.body == bindparam("siret"),
        ENROLMENT_LINE.c.service == bindparam("service"),
    )
)
_OF_LINE = Ready(
    _query().where(ENROLMENT_LINE.c.line_id == bindparam("line"), ENROLMENT_LINE.c.payer_id == bindparam("payer"))
)
_OF_CHILD = Ready(
    _query().where(
        ENROLMENT_LINE.c.line_id == LINE_LINKED.correlate(None).scalar_subquery(),
        ENROLMENT_LINE.c.body == bindparam("siret"),
    )
)
_SERVICE = Ready(
    select(ENROLMENT_LINE.c.service)
    .join(REQUEST, (REQUEST.c.line_id == ENROLMENT_LINE.c.line_id) & (REQUEST.c.state == "pending"))
    .where(ENROLMENT_LINE.c.line_id == bindparam("line"), ENROLMENT_LINE.c.payer_id == bindparam("payer"))
)
