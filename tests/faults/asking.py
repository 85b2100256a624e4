"""``python -m tests.faults.asking``: one worker that asks a partner as fast as the gate lets it, under many tokens."""

import argparse
import time
from datetime import timedelta

from connectors.api_particulier.codec import MANIFEST
from connectors.http import HttpTransport
from connectors.port import HELD_BACK, WireRequest
from hub.exchanges.egress import API_PARTICULIER, CountedTransport, Gate
from vault.db import Database


def main() -> None:
    """Ask until killed. Every other question is under the first token, so that its own ceiling is reached as well."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("partner")
    parser.add_argument("--tokens", type=int, default=18)
    told = parser.parse_args()
    gate = Gate(Database.connect(told.database), "counting", API_PARTICULIER, timedelta(seconds=10))
    with HttpTransport(MANIFEST.limits, origin=told.partner) as way:
        transport, asked = CountedTransport(way, gate), 0
        while True:
            asked += 1
            token = 0 if asked % 2 else asked // 2 % told.tokens
            headers = (("authorization", f"Bearer {token}"),)
            if transport.send(WireRequest("GET", f"{told.partner}/", headers)).fault == HELD_BACK:
                time.sleep(0.01)


if __name__ == "__main__":
    main()
