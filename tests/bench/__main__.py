"""``python -m tests.bench [names…]``: measure; prints a table and writes ``build/bench.json``."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import (
    bulkhead,
    confusion,
    console,
    custody,
    depositing,
    engines,
    flowing,
    judging,
    memory,
    nightly,
    pushing,
    reading,
    releasing,
    scale,
    sealing,
    serving,
    starting,
    telling,
)
from tests.bench.measuring import Row, machine

OUTPUT = Path("build") / "bench.json"
MEASURES: dict[str, Callable[[], Iterator[Row]]] = {
    "start_warm": starting.start_warm,
    "first_document": starting.first_document,
    "event_to_notification": flowing.event_to_notification,
    "webhook_idle_p95": telling.webhook_idle_p95,
    "webhook_loaded_p95": telling.webhook_loaded_p95,
    "received_to_available": flowing.received_to_available,
    "verdict_pdf_p95": reading.verdict_pdf_p95,
    "verdict_photo_p95": reading.verdict_photo_p95,
    "documents_read_per_min": reading.documents_read_per_min,
    "deposits": depositing.deposits,
    "deposit_1mb": custody.deposit_1mb,
    "deposit_100kb": custody.deposit_100kb,
    "deposit_1mb_under_reading": custody.deposit_1mb_under_reading,
    "read_100kb": custody.read_100kb,
    "answers": releasing.answers,
    "release_100kb": releasing.release_100kb,
    "upload_memory_mb": memory.upload_memory_mb,
    "journal_append": scale.journal_append,
    "journal_proof_1m": scale.journal_proof_1m,
    "holder_listing_growth": scale.holder_listing_growth,
    "school_files_reevaluated": judging.school_files_reevaluated,
    "school_year_messages": pushing.school_year_messages,
    "nightly_push": pushing.nightly_push,
    "nightly_cycle": nightly.nightly_cycle,
    "op_overhead_ms": nightly.op_overhead_ms,
    "decode_api_particulier": pushing.decode_api_particulier,
    "seal_a4_page": sealing.seal_a4_page,
    "seals_photographed": sealing.seals_photographed,
    "reading_confusion": confusion.reading_confusion,
    "engines_compared": engines.engines_compared,
    "bulkhead": bulkhead.bulkhead,
    "console_first_page": console.console_first_page,
}
"""Each gives one row or a few; a later family adds a module and a line here."""


def table(row: Row) -> str:
    """One line of the table."""
    against = "" if row.against is None else f"against {row.against:g} (ratio {row.ratio:g})"
    plusminus = "" if row.spread is None else f"± {row.spread:g}"
    goal = f"goal {row.goal} {'holds' if row.holds else 'MISSED'}" if row.goal else ""
    value = "none" if row.value is None else f"{row.value:g}"
    figure = f"{value:>9} {row.unit:<4} {plusminus:<9} n={row.repetitions:<3}"
    return f"{row.name:<38} {figure} {goal:<20} {against} {row.note}".rstrip()


def main() -> int:
    """Measure what was asked for, everything when nothing was; 0 when every goal holds."""
    names = sys.argv[1:] or list(MEASURES)
    if unknown := set(names) - set(MEASURES):
        print(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}", file=sys.stderr)
        return 2
    facts = machine()
    print("  ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    rows: list[Row] = []
    try:
        for name in names:
            for row in MEASURES[name]():
                rows.append(row)
                print(table(row), flush=True)
    finally:
        serving.end()
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([row.plain() | {"machine": facts} for row in rows], indent=1) + "\n", encoding="utf-8")
    return int(not all(row.holds for row in rows))


if __name__ == "__main__":
    sys.exit(main())
