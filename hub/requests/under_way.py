"""Which requests are still to be decided, or may be decided anew: only these give ground for asking and fetching (ADR 0060)."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from hub.requests.tables import REQUEST


def under_way(day: date | ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition: pending, and not decided so long ago that nothing can be said against it on ``day``."""
    return and_(REQUEST.c.state == "pending", or_(REQUEST.c.rests_until.is_(None), REQUEST.c.rests_until >= day))


def to_decide() -> ColumnElement[bool]:
    """Return the condition: pending, and the body has decided nothing that stands."""
    return and_(REQUEST.c.state == "pending", REQUEST.c.decided_at.is_(None))
