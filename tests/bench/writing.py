"""``python -m tests.bench.writing COUNT RATE SIRET…``: that many events, so many a second, each in a transaction of its own."""

import sys
import time

from contracts.events import DocumentConcluded, RequirementSatisfied
from contracts.identifiers import Siret, new_uuid
from hub.bootstrap import back, read_settings
from hub.notifications.fanout import Signal, notify
from vault.outbox import publish
from vault.standing import Purpose


def main(count: int, rate: float, sirets: list[str]) -> None:
    """Commit events at a steady rate: a paper concluded, and what it satisfies."""
    custody = back(*read_settings()).custody
    begun = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        with custody.db.transaction() as tx:
            now, line = custody.now(), new_uuid()
            tx.stand(purpose=Purpose.REEVALUATION)
            publish(tx, DocumentConcluded(new_uuid(), "available", "", "tax_notice"), now=now)
            event = publish(tx, RequirementSatisfied(line, "household_income", new_uuid()), now=now)
            signal = Signal(event, RequirementSatisfied.type, line, "canteen_tariff", "household_income", "2026-2027")
            notify(tx, Siret(sirets[number % len(sirets)]), signal, now=now)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
