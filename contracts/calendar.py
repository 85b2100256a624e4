"""The civil calendar of the City: days and school years are those of Paris, moments are UTC."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
MONTHS_FR = tuple(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905 - read as a line
)


class Parity(StrEnum):
    """The weeks a payer pays for, by ISO 8601 week number; two homes take one each."""

    EVERY = "every"
    EVEN = "even"
    ODD = "odd"

    def has(self, day: date) -> bool:
        """Tell whether ``day`` is in one of these weeks.

        By the week's number alone, as calendars print it: after a week 53 come two odd weeks in a row (53, then 1).
        """
        return self is Parity.EVERY or (day.isocalendar().week % 2 == 0) is (self is Parity.EVEN)


def in_french(day: date) -> str:
    """Return a date as it is read aloud, « 1er mars 2026 »."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS_FR[day.month - 1]} {day.year}"


def paris_day(moment: datetime) -> date:
    """Return the day it is in Paris at ``moment``, which must be aware."""
    return moment.astimezone(PARIS).date()


def day_of(day: date) -> tuple[datetime, datetime]:
    """Return the moment at which a day begins in Paris, and the one at which the next begins."""
    return datetime.combine(day, time.min, PARIS), datetime.combine(day + timedelta(days=1), time.min, PARIS)


def months_before(moment: datetime, months: int) -> datetime:
    """Return the same time of day ``months`` earlier, later where negative; the month's last day where it is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    day = min(moment.day, (first_of_next - timedelta(days=1)).day)
    return moment.replace(year=year, month=month + 1, day=day)


_MAJORITY = 18
"""Years; at this age one is an adult (code civil 388, 414)."""


def majority(born_on: str) -> date | None:
    """Return the first day on which somebody is surely eighteen; nothing where what is written is no date of birth.

    ``born_on`` is an ISO date, with ``00`` for a month or day that civil status itself does not know: the latest day it can
    mean counts. Who was born on 29 February is eighteen on 1 March: eighteen years have to
    be *accomplished* (code civil 414), and on that day they are by every reading.
    """
    try:
        year, month, day = (int(part) for part in born_on.split("-"))
        month = month or 12
        born = date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        return None
    # A leap year is never eighteen years after another.
    leap = (month, born.day) == (2, 29)
    return date(year + _MAJORITY, 3, 1) if leap else born.replace(year=year + _MAJORITY)
