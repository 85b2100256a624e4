"""``python -m tests.conformance``: judge every connector of the kit anew and write its report."""

import json
from contextlib import contextmanager
from typing import Any

from orchestration.conforming.subjects import SUBJECTS
from tests.conformance.test_reports import REPORTS, judged
from tests.unit.hub.school_files import conftest

MANY = 10_000
"""Broken answers, and exchanges of a plan."""


def main() -> None:
    """Write ``docs/conformance/<connector>.json``."""
    # Under the fixtures lie plain generators.
    opened: Any = contextmanager(conftest.server.__wrapped__)
    placed: Any = contextmanager(conftest.place.__wrapped__)
    with opened() as url, placed(url) as place:
        for name, subject in sorted(SUBJECTS.items()):
            found = judged(subject, place, MANY)
            (REPORTS / f"{name}.json").write_text(
                json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )
            print(f"{name}: {found['level']}")


if __name__ == "__main__":
    main()
