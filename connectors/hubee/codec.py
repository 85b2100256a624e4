"""Commands to HubEE and back: status first, then shape, then whether the answer is what was asked for, digest included."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, TypeAdapter, ValidationError

from connectors.doubt import unavailable, unsure
from connectors.hubee.commands import (
    COMMANDS,
    PROCESS,
    Acknowledge,
    AttachmentAsked,
    CaseAsked,
    Command,
    EventReceived,
    NotificationsAsked,
    SetStatus,
    StatusAsked,
    TellStatus,
)
from connectors.hubee.shapes import Case, Errors, Event, Named, Notification
from connectors.port import (
    TOKEN_REFUSED,
    Binding,
    Depth,
    Exchange,
    Headers,
    Manifest,
    Operation,
    OperationKind,
    WireRequest,
    load_manifest,
    unfinished,
)
from connectors.rest import by_status
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
AnswerT = TypeVar("AnswerT", bound=BaseModel)
AUTHOR = "Une Fois"
"""Who gives a status: the hub, never a person's name."""
RECEIVED = "RECEIVED"
_LIST: TypeAdapter[list[Any]] = TypeAdapter(list[Any])


class HubeeCodec:
    """One binding: a town that receives."""

    manifest: Manifest = MANIFEST
    commands: TypeAdapter[Command] = COMMANDS

    def encode(self, command: Command, binding: Binding) -> WireRequest:
        """Write ``command``; the bearer token is put on by the way out (:mod:`connectors.client_credentials`).

        Raises :class:`~connectors.errors.SecretMissing` where the binding could not get one.
        """
        for name in self.manifest.secrets:
            binding.secret(name)
        method, path, body = _spelt(command)
        return _request(method, binding, path, body)

    def decode(self, command: Command, exchange: Exchange) -> ExchangeOutcome:
        """Read the answer; a file is ``found`` only where it has the digest and the size that were told."""
        operation = self.manifest.operations[command.operation]
        if exchange.fault == TOKEN_REFUSED:
            return ExchangeOutcome(OutcomeKind.AUTH_FAILED, code=TOKEN_REFUSED)
        return (
            unfinished(exchange, operation)
            or _refused(command, operation, exchange)
            or by_status(exchange, operation)
            or _READERS[type(command)](command, operation, exchange)
        )

    def lookup(self, command: Command) -> Command | None:
        """Ask whether a case holds the event that told its status."""
        return StatusAsked(case=command.case, status=command.status) if isinstance(command, TellStatus) else None

    def probes(self, binding: Binding) -> Mapping[Depth, WireRequest]:
        """Return a look at the queue, which changes nothing there."""
        asking = self.encode(NotificationsAsked(look=0, at_most=1), binding)
        return {Depth.REACH: asking, Depth.AUTH: asking, Depth.CONTRACT: asking}

    def judge_probe(self, depth: Depth, exchange: Exchange) -> ExchangeOutcome:
        """Say what a probe came to: an empty queue is as well as a full one."""
        if depth is Depth.REACH and (exchange.fault == TOKEN_REFUSED or exchange.status in (401, 403)):
            return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at)
        outcome = self.decode(NotificationsAsked(look=0, at_most=1), exchange)
        well = outcome.kind in (OutcomeKind.FOUND, OutcomeKind.EMPTY)
        return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at) if well else outcome


def _spelt(command: Command) -> tuple[str, str, Mapping[str, Any] | None]:
    """Return a command as method, path and body."""
    told: tuple[str, str, Mapping[str, Any] | None]
    match command:
        case NotificationsAsked():
            asked = urlencode({"processCode": PROCESS, "maxResult": command.at_most})
            told = "GET", f"notifications?{asked}", None
        case CaseAsked() | StatusAsked():
            told = "GET", f"cases/{command.case}", None
        case AttachmentAsked():
            told = "GET", f"cases/{command.case}/attachments/{command.attachment}", None
        case SetStatus():
            told = "PATCH", f"cases/{command.case}", {"status": command.status}
        case TellStatus():
            event = {"actionType": "STATUS_UPDATE", "author": AUTHOR, "notification": True}
            told = "POST", f"cases/{command.case}/events", event | {"caseNewStatus": command.status}
        case EventReceived():
            told = "PATCH", f"cases/{command.case}/events/{command.event}", {"status": RECEIVED}
        case Acknowledge():
            told = "DELETE", f"notifications/{command.notification}", None
    return told


def _request(method: str, binding: Binding, path: str, body: Mapping[str, Any] | None = None) -> WireRequest:
    headers: Headers = (
        ("accept", "application/octet-stream" if "/attachments/" in path else "application/json"),
        ("editorName", AUTHOR),
        ("applicationName", "unefois"),
        ("softwareVersion", MANIFEST.version),
    )
    content = b""
    if body is not None:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        headers = (*headers, ("content-type", "application/json"))
    return WireRequest(method, f"{binding.base_url.rstrip('/')}/{path}", headers, content)


def _shaped(shape: type[AnswerT], body: bytes) -> AnswerT | None:
    try:
        return shape.model_validate_json(body)
    except (ValidationError, RecursionError):
        return None


def _refused(command: Command, operation: Operation, exchange: Exchange) -> ExchangeOutcome | None:
    """Return what a refusal in HubEE's own shape comes to; None for anything else.

    A 403 in that shape is about one case, which is not ours, and says nothing of our credentials.
    """
    if exchange.status not in (400, 403, 404):
        return None
    said = _shaped(Errors, exchange.body)
    code = str(exchange.status)
    if said is None or all(str(one.code) != code for one in said.errors):
        return None if exchange.status == 403 else unavailable(operation, code)
    if exchange.status == 404:
        if isinstance(command, Acknowledge):
            return ExchangeOutcome(OutcomeKind.DUPLICATE, code=code, receipt=code)
        if operation.kind is OperationKind.PULL:
            return ExchangeOutcome(OutcomeKind.ABSENT, code=code, proof="errors.code")
    if exchange.status == 403 and isinstance(command, NotificationsAsked):
        return None
    return ExchangeOutcome(OutcomeKind.REJECTED, code=code)


def _queue(command: NotificationsAsked, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    """Read a page of the queue item by item: one that is broken hides no other."""
    try:
        items = _LIST.validate_json(exchange.body)
    except (ValidationError, RecursionError):
        return unsure(operation, "shape")
    if not items:
        return ExchangeOutcome(OutcomeKind.EMPTY, proof="[]")
    whole, broken, nameless = [], [], 0
    for item in items:
        try:
            whole.append(Notification.model_validate(item))
        except (ValidationError, RecursionError):
            named = _named(item)
            nameless += named is None
            broken += [named] if named is not None else []
    data = {"notifications": whole, "broken": broken, "nameless": nameless, "full": len(items) >= command.at_most}
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at, data=data)


def _named(item: Any) -> Any:
    try:
        return Named.model_validate(item).id
    except (ValidationError, RecursionError):
        return None


def _case(command: CaseAsked, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    said = _shaped(Case, exchange.body)
    if said is None or said.id != command.case:
        return unsure(operation, "shape" if said is None else "another_case")
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at, data={"case": said})


def _told(command: StatusAsked, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    said = _shaped(Case, exchange.body)
    if said is None or said.id != command.case:
        return unsure(operation, "shape" if said is None else "another_case")
    event = next((one for one in said.events if one.caseNewStatus == command.status), None)
    if event is None:
        return ExchangeOutcome(OutcomeKind.ABSENT, proof="events")
    return ExchangeOutcome(OutcomeKind.FOUND, receipt=str(event.id), as_of=exchange.at)


def _file(command: AttachmentAsked, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    if "octet-stream" not in (exchange.header("content-type") or ""):
        # Something between us and HubEE answered.
        return unsure(operation, "no_file")
    told = (exchange.header("digest") or "").strip()
    digest = base64.b64encode(hashlib.sha256(exchange.body).digest()).decode()
    if told.removeprefix("SHA-256=") != digest or len(exchange.body) != command.size:
        # One file is broken, and not the contract: the others are fetched.
        broken = "no_digest" if not told else "size" if told.removeprefix("SHA-256=") == digest else "digest"
        return ExchangeOutcome(OutcomeKind.REJECTED, code=broken)
    return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at, data={"content": exchange.body})


def _done(_command: Command, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    if exchange.status != 204 or exchange.body:
        # A sign-in page, an error inside a good answer: not what was agreed.
        return unsure(operation, "shape")
    return ExchangeOutcome(OutcomeKind.APPLIED, code="204")


def _event(command: TellStatus, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    said = _shaped(Event, exchange.body) if exchange.status == 201 else None
    if said is None or said.caseNewStatus not in (None, command.status):
        return unsure(operation, "shape")
    receipt = str(said.id)
    if receipt.encode() not in exchange.body:
        return unsure(operation, "no_number")
    return ExchangeOutcome(OutcomeKind.APPLIED, receipt=receipt)


_READERS: dict[type, Callable[[Any, Operation, Exchange], ExchangeOutcome]] = {
    NotificationsAsked: _queue,
    CaseAsked: _case,
    StatusAsked: _told,
    AttachmentAsked: _file,
    SetStatus: _done,
    EventReceived: _done,
    Acknowledge: _done,
    TellStatus: _event,
}
