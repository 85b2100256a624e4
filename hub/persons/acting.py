"""Who acts for whom now: looked up at each request, so that what is taken back counts from the next one."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from contracts.identifiers import PersonId
from hub.persons.accounts import digest_of, session_shown
from hub.persons.agents import Role, still_has
from hub.persons.tables import MANDATE, MANDATE_THEME, SESSION
from vault.db import ReadTx, WriteTx


class Theme(StrEnum):
    """What a mandate can be for; nothing else is open to a helper."""

    PAPERS = "papers"
    """See which papers there are and hand new ones in; not open them, not erase them."""
    SCHOOL = "school"
    """See children and school files, and open requests; not let a service reuse papers."""
    HOME = "home"
    """Say where the person lives, and that they moved."""
    OPENING = "opening"
    """See which papers there are, and look at what they hold, one look at a time; not what is a medical secret."""


_UPLOADS = r"/v1/uploads(/[^/]+)?"
_ONE = r"[^/]+"
_OPEN: dict[Theme, tuple[tuple[str, str], ...]] = {
    Theme.PAPERS: (
        ("GET", "/v1/documents"),
        ("GET", f"/v1/documents/{_ONE}"),
        ("GET", f"/v1/documents/{_ONE}/receipt"),
        ("POST", "/v1/documents"),
        ("OPTIONS", _UPLOADS),
        ("POST", _UPLOADS),
        ("HEAD", _UPLOADS),
        ("PATCH", _UPLOADS),
        ("DELETE", _UPLOADS),
        ("GET", "/documents"),
        ("GET", "/deposer"),
        ("POST", "/deposer"),
        ("GET", f"/recus/{_ONE}"),
    ),
    Theme.OPENING: (
        ("GET", "/v1/documents"),
        ("GET", f"/v1/documents/{_ONE}"),
        ("POST", f"/v1/documents/{_ONE}/preview-tickets"),
        ("GET", "/documents"),
        ("POST", f"/documents/{_ONE}/voir"),
    ),
    Theme.SCHOOL: (
        ("GET", "/"),
        ("GET", "/v1/children"),
        ("GET", "/v1/school-files"),
        ("POST", "/v1/requests"),
        ("GET", "/enfants"),
        ("GET", "/demandes"),
        ("GET", f"/demandes/{_ONE}"),
        ("POST", "/demandes/nouvelle"),
    ),
    Theme.HOME: (
        ("GET", "/v1/residence"),
        ("PUT", "/v1/residence"),
        ("POST", "/v1/residence/unchanged"),
        ("POST", "/v1/moves"),
        ("GET", "/demenagement"),
        ("POST", "/demenagement"),
        ("POST", "/domicile/inchange"),
    ),
}
_ALWAYS = (("GET", "/v1/session"),)
"""What tells a helper for whom they act."""


@dataclass(frozen=True, slots=True)
class Acting:
    """A mandate in force, of whom for whom, with what is left of its themes."""

    mandate_id: UUID
    person_id: PersonId
    person_name: str
    helper_name: str
    themes: frozenset[Theme]

    def covers(self, method: str, path: str) -> bool:
        """Tell whether a request may be made under it; what no theme names is refused."""
        ways = [*_ALWAYS, *(way for theme in self.themes for way in _OPEN[theme])]
        return any(method == verb and re.fullmatch(place, path) for verb, place in ways)


def acting_under(tx: ReadTx, mandate_id: UUID, helper_id: PersonId, *, today: date) -> Acting | None:
    """Return a mandate of a helper's that is in force today; nothing where it ended or was somebody else's."""
    return _acting(tx, mandate_id, MANDATE.c.helper_id == helper_id, today=today)


def agent_acting_under(tx: ReadTx, mandate_id: UUID, agent_id: UUID, *, today: date) -> Acting | None:
    """Return a mandate of an agent's that is in force today; nothing either where they welcome families there no more."""
    body = tx.execute(select(MANDATE.c.helper_body).where(MANDATE.c.mandate_id == mandate_id)).scalar_one_or_none()
    if body is None or not still_has(tx, agent_id, body, Role.COUNTER):
        return None
    return _acting(tx, mandate_id, MANDATE.c.helper_agent == agent_id, today=today)


def _acting(tx: ReadTx, mandate_id: UUID, whose: ColumnElement[bool], *, today: date) -> Acting | None:
    lasting = (MANDATE.c.ended_at.is_(None), MANDATE.c.valid_until >= today)
    row = tx.execute(select(MANDATE).where(MANDATE.c.mandate_id == mandate_id, whose, *lasting)).one_or_none()
    if row is None:
        return None
    themes = themes_of(tx, mandate_id)
    return Acting(mandate_id, PersonId(row.person_id), row.person_name, row.helper_name, themes) if themes else None


def themes_of(tx: ReadTx, mandate_id: UUID) -> frozenset[Theme]:
    """Return the themes of a mandate that were not taken back."""
    standing = (MANDATE_THEME.c.mandate_id == mandate_id, MANDATE_THEME.c.revoked_at.is_(None))
    return frozenset(Theme(one) for one in tx.execute(select(MANDATE_THEME.c.theme).where(*standing)).scalars())


def act_under(tx: WriteTx, token: str, mandate_id: UUID | None) -> None:
    """Let a session act under a mandate, or for who is signed in again."""
    tx.stand(session=session_shown(token))
    tx.execute(update(SESSION).where(SESSION.c.token_digest == digest_of(token)).values(mandate_id=mandate_id))


def helpers_named(tx: ReadTx, mandates: Collection[UUID]) -> dict[str, str]:
    """Return who acted under each of these mandates, by the name the person knows them by."""
    rows = tx.execute(select(MANDATE.c.mandate_id, MANDATE.c.helper_name).where(MANDATE.c.mandate_id.in_(mandates)))
    return {str(row.mandate_id): row.helper_name for row in rows if row.helper_name is not None}
