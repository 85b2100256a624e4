"""A town at the played HubEE, for the kit: one folder of a parent's, and everything that can be asked about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.hubee.commands import (
    Acknowledge,
    AttachmentAsked,
    CaseAsked,
    CaseStatus,
    Command,
    NotificationsAsked,
    SetStatus,
    TellStatus,
)
from connectors.sandbox.hubee.folders import FolderOrder, HeldFile
from connectors.sandbox.hubee.partner import PlayedHubee

_TOWN = "91000001200013"
_CASE, _FILE, _NOTIFICATION = (UUID(int=0xC0FFEE00_0000_4000_8000_000000000900 + n) for n in range(3))
_PIVOT = {
    "family_name": "Zzyzx",
    "given_name": "Zoé",
    "birthdate": "1988-04-02",
    "gender": "female",
    "birthplace": "75113",
    "birthcountry": "99100",
}
_STRANGE = 100

ASKED: tuple[Command, ...] = (
    NotificationsAsked(look=1, at_most=50),
    CaseAsked(case=_CASE, notification=_NOTIFICATION),
    AttachmentAsked(case=_CASE, attachment=_FILE, size=7),
    SetStatus(case=_CASE, status=CaseStatus.IN_PROGRESS),
    TellStatus(case=_CASE, status=CaseStatus.IN_PROGRESS),
    Acknowledge(notification=_NOTIFICATION),
)


def town(clock: Callable[[], datetime]) -> PlayedHubee:
    """Return HubEE with one folder for the kit's town; the person in it is the one whose name may be nowhere."""
    played = PlayedHubee(_TOWN, "kit-login", "kit-password", clock)
    played.books.send(FolderOrder(siret=_TOWN, pivot=_PIVOT, value=742, year=2026, month=9), _CASE)
    held = played.books.cases[_CASE]
    digest = "7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M="
    held.files[_FILE] = HeldFile("kit.txt", "text/plain", b"content", digest, 7)
    played.books.queue[0]["id"] = str(_NOTIFICATION)
    return played


def strange(played: Any) -> None:
    """Put a hundred notifications in front of the queue: of other processes, and broken ones, by turns."""
    whole = played.books.queue.copy()
    played.books.queue.clear()
    played.honours_process = False
    for number in range(_STRANGE):
        played.books.notify(_TOWN, case=None, process="CERTDC", broken=number % 2 == 1)
    played.books.queue.extend(whole)
