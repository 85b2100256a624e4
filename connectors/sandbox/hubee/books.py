"""What the played HubEE remembers: the queue in its order, cases with their events, and how often each thing was done."""

import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from connectors.hubee.commands import PROCESS
from connectors.sandbox.hubee.folders import FolderOrder, HeldFile, files_of

SENDER = {"type": "OSL", "companyRegister": "13002526500013", "branchCode": "DINUM"}
WHEN = "2026-09-14T09:00:00.000+00:00"


@dataclass
class HeldCase:
    """One case."""

    case_id: UUID
    recipient: dict[str, str]
    number: str
    applicant: dict[str, str]
    files: dict[UUID, HeldFile]
    status: str = "HUBEE_NOTIFIED"
    events: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Return it as HubEE shows it."""
        return {
            "id": str(self.case_id),
            "status": self.status,
            "recipient": self.recipient,
            "externalId": self.number,
            "processCode": PROCESS,
            "createDateTime": WHEN,
            "applicant": self.applicant,
            "attachments": [
                {
                    "id": str(number),
                    "status": "RECEIVED",
                    "fileName": one.name,
                    "type": one.name.rpartition(".")[2],
                    "size": one.size,
                    "mimeType": one.media_type,
                }
                for number, one in self.files.items()
            ],
            "events": self.events,
        }


@dataclass
class Books:
    """Everything there is at HubEE; safe for several threads."""

    queue: list[dict[str, Any]] = field(default_factory=list)
    cases: dict[UUID, HeldCase] = field(default_factory=dict)
    effects: dict[str, int] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self, order: FolderOrder, case_id: UUID | None = None) -> UUID:
        """Have a parent send a folder; return its case."""
        with self.lock:
            held = HeldCase(
                case_id or uuid4(),
                _town(order.siret),
                f"Formulaire-QF-{len(self.cases):013X}-01",
                {"firstName": order.pivot["given_name"], "lastName": order.pivot["family_name"]},
                files_of(order),
            )
            self.cases[held.case_id] = held
            self.notify(order.siret, case=held.case_id)
            return held.case_id

    def notify(
        self, siret: str, *, case: UUID | None, event: UUID | None = None, process: str = PROCESS, broken: bool = False
    ) -> UUID:
        """Put a notification at the end of the queue; a broken one says of nobody what it is."""
        number = uuid4()
        said = {
            "id": str(number),
            "recipient": _town(siret),
            "transmitter": SENDER,
            "processCode": process,
            "caseId": None if case is None else str(case),
            "eventId": None if event is None else str(event),
            "dateTime": WHEN,
        }
        with self.lock:
            self.queue.append({"id": str(number), "processCode": process} if broken else said)
        return number

    def count(self, key: str) -> None:
        """Remember that something was done."""
        self.effects[key] = self.effects.get(key, 0) + 1


def _town(siret: str) -> dict[str, str]:
    return {"type": "SI", "companyRegister": siret, "branchCode": "75056"}
