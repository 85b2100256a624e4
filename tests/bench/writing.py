"""``python -m tests.bench.writing FIRST COUNT RATE SIRET…``: that many events, so many a second, a transaction each."""

import sys
import time
from collections.abc import Iterator
from uuid import UUID

from contracts.events import DocumentConcluded, RequirementSatisfied
from contracts.identifiers import Siret, new_uuid
from hub.bootstrap import back, read_settings
from hub.notifications.fanout import Signal, notify
from vault.outbox import publish
from vault.standing import Purpose


def lines_told(first: int, count: int, sirets: list[str]) -> Iterator[tuple[UUID, Siret]]:
    """Return the lines that events are about, each with its body, the bodies by turns."""
    return ((UUID(int=first + number), Siret(sirets[number % len(sirets)])) for number in range(count))


def main(first: int, count: int, rate: float, sirets: list[str]) -> None:
    """Commit events at a steady rate: a paper concluded, and what it satisfies."""
    custody = back(*read_settings()).custody
    begun = time.monotonic()
    for number, (line, siret) in enumerate(lines_told(first, count, sirets)):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        with custody.db.transaction() as tx:
            now = custody.now()
            tx.stand(purpose=Purpose.REEVALUATION)
            publish(tx, DocumentConcluded(new_uuid(), "available", "", "tax_notice"), now=now)
            event = publish(tx, RequirementSatisfied(line, "household_income", new_uuid()), now=now)
            signal = Signal(event, RequirementSatisfied.type, line, "canteen_tariff", "household_income", "2026-2027")
            notify(tx, siret, signal, now=now)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
