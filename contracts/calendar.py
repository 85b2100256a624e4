"""The civil calendar of the City: days and school years are those of Paris, moments are UTC."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
MONTHS_FR = tuple(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905 - read as a line
)


def in_french(day: date) -> str:
    """Return a date as it is read aloud, « 1er mars 2026 »."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS_FR[day.month - 1]} {day.year}"


def paris_day(moment: datetime) -> date:
    """Return the day it is in Paris at ``moment``, which must be aware."""
    return moment.astimezone(PARIS).date()


def months_before(moment: datetime, months: int) -> datetime:
    """Return the same time of day ``months`` earlier, later where negative; the month's last day where it is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    day = min(moment.day, (first_of_next - timedelta(days=1)).day)
    return moment.replace(year=year, month=month + 1, day=day)
