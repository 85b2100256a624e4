"""The civil calendar of the City: days and school years are those of Paris, moments are UTC."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_day(moment: datetime) -> date:
    """Return the day it is in Paris at ``moment``, which must be aware."""
    return moment.astimezone(PARIS).date()
