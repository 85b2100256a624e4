"""Once a night: the quotient of each family with an open request that still lacks it is asked for again."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, false, func, or_, select

from connectors.port import Binding
from contracts.calendar import paris_day
from hub.exchanges.quotient import FETCH
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requests.under_way import under_way
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import SATISFACTION
from vault.documents.custody import Custody
from vault.jobs import Job, defer
from vault.standing import standing

SPREAD = timedelta(hours=2)
"""All of a night's requests are not asked about in one minute."""
SETTLED_IN = timedelta(hours=1)
"""A younger request is being asked about anyway."""


@dataclass(frozen=True, slots=True)
class Round:
    """How many requests are open at the body, and of how many the quotient was asked for."""

    open: int
    asked: int


def ask_open_quotients(custody: Custody, catalogue: Catalogue, binding: Binding) -> Round:
    """Have the worker fetch what open requests at the binding's body lack; harmless to repeat.

    Only for a family with an open request: nothing is fetched in store. What was settled at the source before is found
    settled and not asked twice.
    """
    now = custody.now()
    pending = (
        ENROLMENT_LINE.c.body == binding.siret,
        ENROLMENT_LINE.c.retracted_at.is_(None),
        ENROLMENT_LINE.c.valid_until >= paris_day(now),
        under_way(paris_day(now)),
        REQUEST.c.received_at < now - SETTLED_IN,
    )
    found = select(REQUEST.c.request_id).join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
    with standing(partner=binding.siret), custody.db.transaction() as tx:
        whole = tx.execute(select(func.count()).select_from(found.where(*pending).subquery())).scalar_one()
        due = list(tx.execute(found.where(*pending, _lacking(catalogue))).scalars())
        for request_id in due:
            at = now + timedelta(seconds=request_id.int % int(SPREAD.total_seconds()))
            defer(tx, Job.FETCH_QUOTIENT_FAMILIAL, at=at, request_id=request_id)
    return Round(whole, len(due))


def _lacking(catalogue: Catalogue) -> ColumnElement[bool]:
    """Return the condition of a line that still lacks what its service fetches at the source."""
    wanted = [
        (name, item.id)
        for name, service in catalogue.services.items()
        for item in service.requirements
        if item.fetch == FETCH
    ]
    rests = SATISFACTION.c.line_id == ENROLMENT_LINE.c.line_id
    return or_(
        false(),
        *(
            (ENROLMENT_LINE.c.service == service)
            & ~exists().where(rests, SATISFACTION.c.requirement == requirement, SATISFACTION.c.until.is_(None))
            for service, requirement in wanted
        ),
    )
