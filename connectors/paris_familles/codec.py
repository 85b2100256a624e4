"""Commands to Paris Familles and back: a 2xx is read to its end, for it can warn; a 409 says which of three things it is."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.doubt import unsure
from connectors.paris_familles.commands import (
    COMMANDS,
    Command,
    ControlCreate,
    ControlUpdate,
    Create,
    RegistrationAsked,
    Update,
)
from connectors.paris_familles.shapes import MERGED, Answer, Registration, attributes_of, body_of
from connectors.port import (
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
from connectors.rest import by_status, judged_by_status, written_json
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
APPLICATION, AUTHOR = "UNEFOIS", "une-fois"
"""As which application and author every call is made: the hub's, never a person's name."""
WARNED = "acknowledge:warning"
_PLACE = "rest/registration/v1"
_GOOD = {"OK", "SUCCESS"}


class ParisFamillesCodec:
    """One binding: Paris Familles."""

    manifest: Manifest = MANIFEST
    commands: TypeAdapter[Command] = COMMANDS

    def encode(self, command: Command, binding: Binding) -> WireRequest:
        """Write ``command``; raises :class:`~connectors.errors.SecretMissing`."""
        at = f"{binding.base_url.rstrip('/')}/{_PLACE}/registration"
        match command:
            case Create():
                return written_json("POST", at, _headers(binding), body_of(command.content))
            case ControlCreate():
                return written_json("POST", f"{at}/control", _headers(binding), body_of(command.content))
            case Update() | ControlUpdate():
                dry = "/control" if isinstance(command, ControlUpdate) else ""
                body = body_of(command.content, last_update_date=command.last_update_date)
                return written_json("PUT", f"{at}/{command.registration}{dry}", _headers(binding), body)
            case RegistrationAsked():
                return WireRequest("GET", f"{at}?external_id={command.line}", _headers(binding))

    def decode(self, command: Command, exchange: Exchange) -> ExchangeOutcome:
        """Read the answer; ``data`` has the registration's number and the date that the next change must give back."""
        operation = self.manifest.operations[command.operation]
        broken = unfinished(exchange, operation) or by_status(exchange, operation)
        if broken is not None:
            return broken
        said = _answer(exchange)
        if said is None or said.status.http_code != exchange.status:
            return unsure(operation, "shape")
        if exchange.status in (200, 201):
            return _good(command, operation, said, exchange)
        return _refused(operation, said, exchange.status)

    def lookup(self, command: Command) -> Command | None:
        """Ask how the registration stands, and whether it says what we wrote."""
        if isinstance(command, Create | Update):
            since = command.last_update_date if isinstance(command, Update) else None
            return RegistrationAsked(line=command.content.line, expect=command.content, unchanged=since)
        return None

    def probes(self, binding: Binding) -> Mapping[Depth, WireRequest]:
        """Return a look at the health address, which City applications have, and a read of our service contract."""
        base = binding.base_url.rstrip("/")
        return {
            Depth.REACH: WireRequest("GET", f"{base}/health/ready"),
            Depth.AUTH: WireRequest("GET", f"{base}/{_PLACE}/contract/active", _headers(binding)),
        }

    def judge_probe(self, depth: Depth, exchange: Exchange) -> ExchangeOutcome:
        """Say what a probe came to: a 200."""
        return judged_by_status(depth, self.manifest.operations["registration"], exchange)


def _headers(binding: Binding) -> Headers:
    return (
        ("authorization", f"Bearer {binding.secret('token')}"),
        ("accept", "application/json"),
        ("client_code", binding.secret("client_code")),
        ("application_code", APPLICATION),
        ("author_name", AUTHOR),
        ("author_type", "application"),
    )


def _answer(exchange: Exchange) -> Answer | None:
    try:
        return Answer.model_validate_json(exchange.body)
    except (ValidationError, RecursionError):
        return None


def _good(command: Command, operation: Operation, said: Answer, exchange: Exchange) -> ExchangeOutcome:
    """Return what a 200 or 201 comes to."""
    if isinstance(command, ControlCreate | ControlUpdate):
        # A dry run that answers with what it made has made something.
        wrong = said.registration is not None or said.status.type not in _GOOD
        return unsure(operation, "control") if wrong else ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at)
    kept = said.registration
    if kept is None:
        return unsure(operation, "no_registration")
    line = command.line if isinstance(command, RegistrationAsked) else command.content.line
    if kept.external_id != str(line):
        return unsure(operation, "another_registration")
    if kept.merged_into:
        return _superseded(kept.merged_into)
    if isinstance(command, RegistrationAsked):
        return _standing(command, kept, exchange)
    return _done(said, kept)


def _done(said: Answer, kept: Registration) -> ExchangeOutcome:
    data: dict[str, Any] = _kept(kept)
    warned = said.acknowledge is not None and said.acknowledge.status == "warning"
    refused = [one.key for one in said.status.attributes if one.status not in ("CREATED", "UPDATED", "UNCHANGED")]
    if warned or refused or said.status.type not in _GOOD:
        data |= {"refused_attributes": refused, "warnings": len(said.acknowledge.warnings) if said.acknowledge else 0}
        code = WARNED if warned else said.status.type
        return ExchangeOutcome(OutcomeKind.PARTIAL, code=code, receipt=kept.registration_id, data=data)
    return ExchangeOutcome(OutcomeKind.APPLIED, code=said.status.type, receipt=kept.registration_id, data=data)


def _standing(asked: RegistrationAsked, kept: Registration, exchange: Exchange) -> ExchangeOutcome:
    if asked.expect is not None and kept.attributes != attributes_of(asked.expect):
        if kept.last_update_date == asked.unchanged:
            # Nobody changed it since, so neither did we.
            return ExchangeOutcome(OutcomeKind.ABSENT, code="unchanged", proof="last_update_date", data=_kept(kept))
        return ExchangeOutcome(
            OutcomeKind.CONFLICT, code="other_content", receipt=kept.registration_id, data=_kept(kept)
        )
    return ExchangeOutcome(OutcomeKind.FOUND, receipt=kept.registration_id, as_of=exchange.at, data=_kept(kept))


def _kept(kept: Registration) -> dict[str, Any]:
    return {"registration": kept.registration_id, "last_update_date": kept.last_update_date}


def _superseded(survivor: str) -> ExchangeOutcome:
    return ExchangeOutcome(OutcomeKind.SUPERSEDED, code=MERGED, data={"new_reference": survivor})


def _refused(operation: Operation, said: Answer, status: int | None) -> ExchangeOutcome:
    key, kept = said.status.message_key, said.registration
    if status == 404 and said.status.type == "NOT_FOUND":
        if operation.kind is OperationKind.PULL:
            return ExchangeOutcome(OutcomeKind.ABSENT, code=key, proof="NOT_FOUND")
        return ExchangeOutcome(OutcomeKind.REJECTED, code=key or "NOT_FOUND")
    if status == 409 and said.status.type == "CONFLICT":
        if key == MERGED:
            survivor = "" if kept is None else kept.merged_into
            return _superseded(survivor) if survivor else unsure(operation, "no_survivor")
        return ExchangeOutcome(OutcomeKind.CONFLICT, code=key, data={} if kept is None else _kept(kept))
    if status in (400, 422) and said.status.type in ("BAD_REQUEST", "FAILURE"):
        fields = [one.key for one in said.status.attributes]
        return ExchangeOutcome(OutcomeKind.REJECTED, code=key or said.status.type, data={"fields": fields})
    return unsure(operation, said.status.type)
