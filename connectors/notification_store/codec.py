"""Commands to the City's notification store and back: a 201 can warn, and what was warned of is never taken for done."""

from collections.abc import Mapping
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError

from connectors.doubt import unsure
from connectors.notification_store.commands import COMMANDS, Command, Show, Shown
from connectors.notification_store.shapes import (
    DEMAND_TYPE,
    Acknowledge,
    Answer,
    Listing,
    notification,
)
from connectors.port import (
    Binding,
    Depth,
    Exchange,
    Headers,
    Manifest,
    Operation,
    WireRequest,
    load_manifest,
    unfinished,
)
from connectors.rest import by_status, judged_by_status, written_json
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
WARNED = "warning"
_PLACE = "rest/notificationstore/v3"
_RECEIVED = "received"
_PARTLY = {
    "Valid user connection id or customer id is mandatory": "customer",
    "User not found in the identityStore": "customer",
    "Demand Type Id not found": "demand_type",
    "Notification Demand_id field is mandatory": "demand",
    "Notification Demand_type_id field is mandatory": "demand_type",
}
"""What the store warns of when it knows what it did: kept as an event, and not, or not rightly, on any dashboard.

Every other warning, above all that the identity store could not be asked, says not what was done: it is looked up.
"""


class NotificationStoreCodec:
    """One binding: the City's store."""

    manifest: Manifest = MANIFEST
    commands: TypeAdapter[Command] = COMMANDS

    def encode(self, command: Command, binding: Binding) -> WireRequest:
        """Write ``command``; raises :class:`~connectors.errors.SecretMissing`."""
        at = f"{binding.base_url.rstrip('/')}/{_PLACE}/notification"
        match command:
            case Show():
                return written_json("POST", at, _headers(binding), notification(command))
            case Shown():
                asked = {
                    "idDemand": str(command.demand),
                    "idDemandType": DEMAND_TYPE,
                    "customerId": command.customer,
                    "notificationType": "MYDASHBOARD",
                }
                return WireRequest("GET", f"{at}/list?{urlencode(asked)}", _headers(binding))

    def decode(self, command: Command, exchange: Exchange) -> ExchangeOutcome:
        """Say what the answer comes to."""
        operation = self.manifest.operations[command.operation]
        broken = unfinished(exchange, operation) or by_status(exchange, operation)
        if broken is not None:
            return broken
        if isinstance(command, Shown):
            return _looked(command, operation, exchange)
        said = _acknowledged(exchange)
        if said is None:
            return unsure(operation, "shape")
        if exchange.status == 400 and said.status == "error":
            return ExchangeOutcome(OutcomeKind.REJECTED, code="error")
        if exchange.status != 201:
            return unsure(operation, str(exchange.status))
        return _taken(operation, said)

    def lookup(self, command: Command) -> Command | None:
        """Ask whether this very notification is there."""
        if isinstance(command, Show):
            same = {name: getattr(command, name) for name in Shown.model_fields if name != "operation"}
            return Shown(**same)
        return None

    def probes(self, binding: Binding) -> Mapping[Depth, WireRequest]:
        """Return a look at the health address, and a read of the store's own list of statuses."""
        base = binding.base_url.rstrip("/")
        return {
            Depth.REACH: WireRequest("GET", f"{base}/health/ready"),
            Depth.AUTH: WireRequest("GET", f"{base}/{_PLACE}/status/genericStatus", _headers(binding)),
        }

    def judge_probe(self, depth: Depth, exchange: Exchange) -> ExchangeOutcome:
        """Say what a probe came to: a 200."""
        return judged_by_status(depth, self.manifest.operations["shown"], exchange)


def _headers(binding: Binding) -> Headers:
    return (("authorization", f"Bearer {binding.secret('token')}"), ("accept", "application/json"))


def _acknowledged(exchange: Exchange) -> Acknowledge | None:
    try:
        return Answer.model_validate_json(exchange.body).acknowledge
    except (ValidationError, RecursionError):
        return None


def _taken(operation: Operation, said: Acknowledge) -> ExchangeOutcome:
    if said.status == _RECEIVED and not said.warnings and not said.errors:
        # The store gives no number back: that it says so is all there is.
        return ExchangeOutcome(OutcomeKind.APPLIED, code=_RECEIVED, receipt=_RECEIVED)
    known = [_PARTLY.get(one.message, "") for one in said.warnings]
    if said.status == WARNED and known and all(known) and not said.errors:
        data = {"warnings": len(known)}
        return ExchangeOutcome(OutcomeKind.PARTIAL, code=f"{WARNED}:{known[0]}", data=data)
    return unsure(operation, f"{said.status}:unknown")


def _looked(command: Shown, operation: Operation, exchange: Exchange) -> ExchangeOutcome:
    try:
        listing = Listing.model_validate_json(exchange.body)
    except (ValidationError, RecursionError):
        return unsure(operation, "shape")
    if exchange.status != 200 or listing.number_result != len(listing.notifications):
        return unsure(operation, str(exchange.status))
    there = [one for one in listing.notifications if one.demand.id == str(command.demand)]
    if len(there) != len(listing.notifications):
        return unsure(operation, "another_demand")
    for one in there:
        if one.date == command.date and one.mydashboard is not None:
            same = one.mydashboard.status_id == command.status
            data = {"status": one.mydashboard.status_id}
            return ExchangeOutcome(
                OutcomeKind.FOUND if same else OutcomeKind.CONFLICT,
                code="" if same else "other_status",
                as_of=exchange.at,
                data=data,
            )
    return ExchangeOutcome(OutcomeKind.EMPTY, code="not_listed", proof="numberResult")
