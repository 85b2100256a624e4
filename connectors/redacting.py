"""A conversation shown without what it says of anybody: its shape, its sizes, and the words a manifest lets be read."""

import json
import re
from collections.abc import Collection
from typing import Any

from lxml import etree

from connectors.errors import XmlRefused
from connectors.schemas.parsing import parse

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}")
"""What a member may be called to be shown: a longer or stranger name may be somebody's."""
_DEPTH = 60
_HEADERS = frozenset({"content-type", "content-length", "date", "retry-after"})


def redacted(body: bytes, shown: Collection[str]) -> str:
    """Return a body with every value masked that is not called as one of ``shown``; total, whatever the bytes are.

    Shown values are those of leaves. Of what is neither JSON nor XML only its length is told.
    """
    if not body.strip():
        return ""
    try:
        return json.dumps(_json(json.loads(body), shown, name="", depth=0), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        pass
    try:
        return _xml(body, shown)
    except XmlRefused:
        return _mask(str(len(body)), "octets, ni JSON ni XML")


def shown_headers(headers: Collection[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return headers with the values of those masked that may hold anything."""
    return tuple((name, value if name.lower() in _HEADERS else _mask(str(len(value)))) for name, value in headers)


def _mask(length: str, what: str = "caractères") -> str:
    return f"‹ {length} {what} ›"


def _json(value: Any, shown: Collection[str], *, name: str, depth: int) -> Any:
    if depth > _DEPTH:
        return _mask("?", "niveaux de plus")
    if isinstance(value, dict):
        return {_name(key): _json(one, shown, name=key, depth=depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_json(one, shown, name=name, depth=depth + 1) for one in value]
    if value is None or isinstance(value, bool) or name in shown:
        return value
    return _mask(str(len(str(value))))


def _name(key: str) -> str:
    return key if _PLAIN_NAME.fullmatch(key) else _mask(str(len(key)))


def _xml(body: bytes, shown: Collection[str]) -> str:
    root = parse(body).root
    for element in root.iter():
        if not isinstance(element.tag, str):
            # An instruction to a programme: whatever it says is nobody's to read here.
            element.text = ""
        elif etree.QName(element).localname not in shown:
            element.text = _hidden(element.text)
        element.tail = _hidden(element.tail)
        for name in element.attrib:
            if etree.QName(name).localname not in shown:
                element.attrib[name] = _mask(str(len(element.attrib[name])))
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")


def _hidden(text: str | None) -> str | None:
    return text if text is None or not text.strip() else _mask(str(len(text.strip())))
