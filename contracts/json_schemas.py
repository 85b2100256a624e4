"""Events, notifications and problems as JSON Schema (draft 2020-12), derived from the types that say them in code."""

from dataclasses import fields
from typing import Any, get_type_hints
from uuid import UUID

from contracts.events import EVENT_TYPES, SOURCE, SPEC_VERSION, EventData
from contracts.identifiers import PartnerPseudonym
from contracts.notifications import NOTIFIED, NotificationData
from contracts.problems import PROBLEMS, ProblemType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORD = {"type": "string"}
_IDENTIFIER = {"type": "string", "format": "uuid"}
_BY_TYPE: dict[Any, dict[str, Any]] = {UUID: _IDENTIFIER, PartnerPseudonym: _IDENTIFIER, str: _WORD}


def event_schema(kind: type[EventData]) -> dict[str, Any]:
    """Return the schema of one kind of event as a whole CloudEvents 1.0 message."""
    return _document(kind.type, sentence(kind), _envelope({"const": kind.type}, _data(kind)))


def event_schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of every event of the closed list, by CloudEvents ``type``."""
    return {kind.type: event_schema(kind) for kind in EVENT_TYPES}


def notification_schema() -> dict[str, Any]:
    """Return the schema of what a partner's webhook receives."""
    types = {"enum": sorted(kind.type for kind in NOTIFIED)}
    return _document("notification", sentence(NotificationData), _envelope(types, _data(NotificationData)))


def kind_of_notification(kind: type[EventData]) -> dict[str, Any]:
    """Return the schema of what a partner is told of one kind of event."""
    return _envelope({"const": kind.type}, _data(NotificationData))


def problem_schema() -> dict[str, Any]:
    """Return the schema of a problem document (RFC 9457), one branch per type of the closed list."""
    members: dict[str, Any] = {
        "type": {"enum": sorted(problem.uri for problem in PROBLEMS.values())},
        "title": _WORD,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "In English; words of ours only, never what the caller sent."},
        "fr": {"type": "string", "description": "One sentence in French for the person concerned."},
        "correlation_id": {"type": "string", "pattern": "^[A-Za-z0-9-]{8,64}$"},
    }
    branches = [_branch(problem) for _, problem in sorted(PROBLEMS.items())]
    shape = _closed(members)
    # Of « superseded » only, and of our own naming (RFC 9457 section 3.2).
    shape["properties"]["surviving"] = _IDENTIFIER | {"description": "The caller's own subject that goes on."}
    return _document("problem", "A refusal or a fault, and what to do about it.", shape | {"oneOf": branches})


def _branch(problem: ProblemType) -> dict[str, Any]:
    said = {"type": problem.uri, "status": problem.status, "title": problem.title, "fr": problem.fr}
    return {"properties": {name: {"const": value} for name, value in said.items()}}


def _envelope(event_type: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    return _closed(
        {
            "specversion": {"const": SPEC_VERSION},
            "id": _IDENTIFIER,
            "source": {"const": SOURCE},
            "type": event_type,
            "subject": _IDENTIFIER,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": data,
        }
    )


def _data(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return _closed({field.name: _BY_TYPE[hints[field.name]] for field in fields(kind)})


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(properties), "additionalProperties": False}


def sentence(kind: type[Any]) -> str:
    """Return what a type says of itself, on one line."""
    return " ".join((kind.__doc__ or "").split())


def _document(title: str, description: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "title": title, "description": description, **body}
