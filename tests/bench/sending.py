"""``python -m tests.bench.sending ORIGIN``: the worker's sender in a process of its own, told one more address it may reach."""

import logging
import sys
import threading

from connectors.addresses import AddressRule, Origin
from hub.bootstrap import back, read_settings
from hub.notifications.deliveries import Sender
from orchestration.telling import deliver_for_ever
from vault import bootstrap as vault_parts


def main(origin: str) -> None:
    """Send until killed."""
    logging.basicConfig(level=logging.WARNING)
    vault, hub = read_settings()
    custody = back(vault, hub).custody
    sender = Sender(custody.db, vault_parts.master_key(vault), custody.now, AddressRule(frozenset({Origin.of(origin)})))
    url = vault.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://")
    deliver_for_ever(sender, url, threading.Event())


if __name__ == "__main__":
    main(sys.argv[1])
