"""Which lines of a body have all that their service needs, and since when: what it is told of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, exists, func, literal, select

from contracts.grounds import Purpose
from contracts.identifiers import Siret
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requests.under_way import to_decide
from hub.requirements.catalogue import Catalogue
from hub.school_files.loading import DECISION
from hub.school_files.tables import EVIDENCE, SATISFACTION
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class CompleteLine:
    """A line whose papers are all there.

    ``evidence`` is what was handed in or pulled; ``decided`` what bodies decided, which is nobody's proposal.
    """

    line_id: UUID
    payer_id: UUID
    purpose: Purpose
    evidence: tuple[UUID, ...]
    decided: tuple[UUID, ...]


def complete_lines(
    tx: ReadTx,
    catalogue: Catalogue,
    siret: Siret,
    *,
    before: datetime,
    since: datetime | None = None,
    among: Collection[UUID] | None = None,
) -> list[CompleteLine]:
    """Return the lines of a body that turned complete before a moment, and not before ``since``; in a fixed order.

    Where no request is pending any more nothing is due: that is no paper withheld.
    """
    pending = exists().where(REQUEST.c.line_id == ENROLMENT_LINE.c.line_id, to_decide())
    brought = EVIDENCE.c.kind != DECISION
    turned = func.max(SATISFACTION.c.since).filter(brought)
    wanted = [
        ENROLMENT_LINE.c.body == siret,
        ENROLMENT_LINE.c.retracted_at.is_(None),
        SATISFACTION.c.until.is_(None),
        pending,
    ]
    if among is not None:
        wanted.append(ENROLMENT_LINE.c.line_id == any_(literal(list(among), ARRAY(Uuid))))
    rows = tx.execute(
        select(
            ENROLMENT_LINE.c.line_id,
            ENROLMENT_LINE.c.payer_id,
            ENROLMENT_LINE.c.service,
            func.array_agg(SATISFACTION.c.requirement).filter(brought).label("requirements"),
            func.array_agg(SATISFACTION.c.evidence_id).filter(brought).label("evidence"),
            func.array_agg(SATISFACTION.c.evidence_id).filter(~brought).label("decided"),
        )
        .join(SATISFACTION, SATISFACTION.c.line_id == ENROLMENT_LINE.c.line_id)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == SATISFACTION.c.evidence_id)
        .where(*wanted)
        .group_by(ENROLMENT_LINE.c.line_id, ENROLMENT_LINE.c.payer_id, ENROLMENT_LINE.c.service)
        .having(turned < before, *(() if since is None else (turned >= since,)))
        .order_by(ENROLMENT_LINE.c.line_id)
    )
    found = []
    for row in rows:
        service = catalogue.services[row.service]
        needed = {item.id for item in service.requirements if item.awaited_from is None}
        if needed <= set(row.requirements):
            evidence, decided = tuple(sorted(set(row.evidence))), tuple(sorted(set(row.decided or ())))
            found.append(CompleteLine(row.line_id, row.payer_id, service.purpose, evidence, decided))
    return found
