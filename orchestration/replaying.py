"""Recorded cases of a partner, fed through our codec: nothing is sent, and no value of a person is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import ValidationError

from connectors.api_particulier.cases import Case, replay
from connectors.api_particulier.routes import BY_OPERATION

_SIZE_MAX = 1 << 20
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one case came to."""

    case: str
    status: int
    outcome: str


@dataclass(slots=True)
class Report:
    """All cases, what could not be read and why, and the folders that are no operation of ours."""

    cases: list[Replayed] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def replay_api_particulier(folder: Path) -> Report:
    """Feed every case below ``folder``, one folder an operation, or ``folder`` itself being one."""
    report = Report()
    whole = folder.resolve()
    if not whole.is_dir():
        report.unread.append((str(folder), "no such folder"))
        return report
    for place in [whole] if whole.name in BY_OPERATION else _folders(whole):
        route = BY_OPERATION.get(place.name)
        if route is None:
            report.skipped.append(place.name)
            continue
        for path in _cases(place):
            label = f"{place.name}/{path.name}"
            try:
                case = _read(path)
                outcome = replay(route, case, at=datetime.now(UTC))
            except (_Unreadable, UnicodeError) as error:
                report.unread.append((label, str(error) if isinstance(error, _Unreadable) else "text of no encoding"))
                continue
            report.cases.append(Replayed(label, case.status, outcome.kind.value))
    report.cases.sort(key=lambda one: one.case)
    return report


def _folders(whole: Path) -> Iterator[Path]:
    """Yield the folders below, and the folder itself where cases lie in it that belong to no operation."""
    yield from (path for path in sorted(whole.iterdir()) if path.is_dir())
    if _cases(whole):
        yield whole


def _cases(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.suffix.lower() in _ENDINGS)


class _Unreadable(Exception):
    """Why a file is no case, in words that say nothing of what is in it."""


def _read(path: Path) -> Case:
    try:
        content = path.read_bytes()
        if len(content) > _SIZE_MAX:
            raise _Unreadable("too large")
        plain = yaml.safe_load(content.decode())
    except OSError as error:
        raise _Unreadable(error.strerror or "cannot be opened") from None
    except UnicodeError:
        raise _Unreadable("not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f", line {error.problem_mark.line + 1}"
        raise _Unreadable(f"not YAML{line}") from None
    # The reader builds dates and numbers of what looks like one, and raises what their types raise.
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _Unreadable("not YAML") from None
    if not isinstance(plain, dict):
        raise _Unreadable("not a case: no params, status and payload")
    try:
        return Case.model_validate(plain)
    except ValidationError as error:
        named = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False, include_url=False)})
        raise _Unreadable(f"not a case: {', '.join(named)}") from None
