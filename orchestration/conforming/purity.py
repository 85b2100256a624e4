"""A codec touches nothing: neither in what its source calls, nor while it runs."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import Any

from orchestration.conforming.kit import require
from orchestration.conforming.subjects import Stage, Subject, answers

_FORBIDDEN = ("socket.", "open", "os.", "subprocess.", "urllib.", "http.")
_CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "uuid1", "uuid4", "uuid7", "getenv", "urandom", "token_hex"}
_watched: set[int] = set()
_touched: list[str] = []
_hooked: list[bool] = []


def codec_is_pure(subject: Subject) -> None:
    """C03: what the source calls, and what it touches while it runs."""
    for path in sorted(Path(str(subject.module.__file__)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            require(called not in _CLOCKS, f"{path.name} calls {called}")
    stage = Stage(subject)
    prepared = answers(subject)
    with _nothing_touched():
        for command, exchange in prepared:
            stage.codec.encode(command, stage.binding)
            stage.codec.decode(command, exchange)
    require(not _touched, f"touched {sorted(set(_touched))[:3]}")


@contextmanager
def _nothing_touched() -> Iterator[None]:
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)
    _touched.clear()
    _watched.add(get_ident())
    try:
        yield
    finally:
        _watched.discard(get_ident())


def _audit(event: str, _: tuple[Any, ...]) -> None:
    if _watched and get_ident() in _watched and event.startswith(_FORBIDDEN):
        _touched.append(event)
