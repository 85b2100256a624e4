"""What partners are told, as an AsyncAPI 3.0 document: the webhook that the hub sends to, and the feed that it answers."""

from typing import Any

from contracts.events import EventData
from contracts.json_schemas import kind_of_notification, sentence
from contracts.notifications import NOTIFIED

VERSION = "3.0.0"
_CLOUD_EVENT = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"
_HEADERS = {
    "webhook-id": "Of the notification; the same at every attempt and every replay.",
    "webhook-timestamp": "Seconds since 1970 of this attempt; refuse what is five minutes off.",
    "webhook-signature": "Separated by spaces: v1 (HMAC-SHA-256) and v1a (Ed25519), two of each during a rotation.",
}


def partners_document() -> dict[str, Any]:
    """Return the document of what the hub tells partners (AsyncAPI 3.0.0)."""
    names = {_name(kind): kind for kind in NOTIFIED}
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Une Fois: what partners are told",
            "version": "1",
            "description": "That something changed on a line, under the partner's own pseudonym, and never what.",
        },
        "defaultContentType": _CLOUD_EVENT,
        "channels": {
            "webhook": {
                "address": None,
                "description": "The address in the partner's file; Standard Webhooks 1.0.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            },
            "feed": {
                "address": "/hub/v1/events",
                "description": "At the partners' door; goes on after the cursor that came with the answer before.",
                "messages": {
                    "question": {"$ref": "#/components/messages/question"},
                    "batch": {"$ref": "#/components/messages/batch"},
                },
            },
        },
        "operations": {
            "notify": {
                "action": "send",
                "channel": {"$ref": "#/channels/webhook"},
                "messages": [{"$ref": f"#/channels/webhook/messages/{name}"} for name in names],
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
            },
            "readFeed": {
                "action": "receive",
                "channel": {"$ref": "#/channels/feed"},
                "messages": [{"$ref": "#/channels/feed/messages/question"}],
                "reply": {
                    "channel": {"$ref": "#/channels/feed"},
                    "messages": [{"$ref": "#/channels/feed/messages/batch"}],
                },
                "bindings": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
            },
        },
        "components": {
            "messages": {name: _notified(kind) for name, kind in names.items()}
            | {"question": _question(), "batch": _batch()},
            "schemas": {name: kind_of_notification(kind) for name, kind in names.items()},
        },
    }


def _notified(kind: type[EventData]) -> dict[str, Any]:
    headers = {name: {"type": "string", "description": words} for name, words in _HEADERS.items()}
    return {
        "name": kind.type,
        "summary": sentence(kind),
        "contentType": _CLOUD_EVENT,
        "headers": {"type": "object", "properties": headers, "required": sorted(headers)},
        "payload": {"$ref": f"#/components/schemas/{_name(kind)}"},
    }


def _question() -> dict[str, Any]:
    members = {"after": {"type": "string"}, "limit": {"type": "integer", "minimum": 1, "maximum": 500}}
    return {
        "name": "question",
        "summary": "Events after a cursor; all that is kept without one.",
        "payload": {"type": "object", "properties": members},
    }


def _batch() -> dict[str, Any]:
    refs = [{"$ref": f"#/components/schemas/{_name(kind)}"} for kind in NOTIFIED]
    headers = {"events-cursor": {"type": "string", "description": "Go on after this one."}}
    return {
        "name": "batch",
        "summary": "Events, oldest first.",
        "contentType": _BATCH,
        "headers": {"type": "object", "properties": headers, "required": ["events-cursor"]},
        "payload": {"type": "array", "items": {"oneOf": refs}},
    }


def _name(kind: type[EventData]) -> str:
    return kind.__name__[0].lower() + kind.__name__[1:]
