"""Commands about persons who do not exist."""

from datetime import date
from uuid import UUID

from connectors.caisse.commands import (
    Child,
    Command,
    DecisionsAsked,
    Family,
    InvoicesAsked,
    Line,
    Register,
    ReservationAsked,
    Reserve,
    SynchroniseFamilies,
)
from tests.unit.connectors.wire import SIRET


def number(last: int) -> UUID:
    return UUID(int=0x5EED0000_0000_4000_8000_000000000000 + last)


def line(last: int = 1, family_name: str = "Martin", first_name: str = "Zoé") -> Line:
    child = Child(
        reference=number(1000 + last), family_name=family_name, first_name=first_name, birth_date=date(2019, 5, 4)
    )
    return Line(line=number(last), child=child, service="canteen", school_year="2026-2027", proposed_band=3)


DAYS = (date(2026, 9, 21), date(2026, 9, 22))
REGISTER = Register(line=line())
RESERVE = Reserve(session=number(7), line=number(1), days=DAYS)
ASKED = ReservationAsked(session=number(7), days=DAYS)
FAMILIES = SynchroniseFamilies(
    day=date(2026, 9, 14),
    sequence=1,
    families=(Family(reference=number(50), lines=(line(1), line(2))), Family(reference=number(51), gone=(number(3),))),
)
DECISIONS = DecisionsAsked(body=SIRET, since=date(2026, 9, 1), until=date(2026, 9, 14))
INVOICES = InvoicesAsked(family=number(50), day=date(2026, 9, 14))
COMMANDS: dict[str, Command] = {one.operation: one for one in (REGISTER, RESERVE, ASKED, FAMILIES, DECISIONS, INVOICES)}
