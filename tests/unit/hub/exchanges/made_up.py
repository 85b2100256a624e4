"""A made-up connector of one operation per write class, and a partner that does what a test tells it."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, TypeAdapter

from connectors.port import (
    Binding,
    Exchange,
    Limits,
    Manifest,
    Operation,
    OperationKind,
    WireRequest,
    WriteClass,
    unfinished,
)
from contracts.identifiers import Siret
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.exchanges.planning import Planned, plan
from hub.exchanges.ways import Way
from tests.system import CAISSE
from tests.unit.hub.school_files.conftest import Place
from vault.standing import standing

PUSH, PULL = OperationKind.PUSH, OperationKind.PULL
WRITES: dict[str, WriteClass] = {f"write_{one.value}": one for one in WriteClass}


def made_up_manifest(**more: Any) -> Manifest:
    writes = {
        name: Operation(kind=PUSH, write_class=one, natural_key=("key",), endpoint="writes", attempts_max=4)
        for name, one in WRITES.items()
    }
    reads = Operation(kind=PULL, natural_key=("key",), endpoint="reads", attempts_max=4)
    limits = Limits(connect_s=1, read_s=1, total_s=1, body_max_bytes=10_000)
    told: dict[str, Any] = {"connector": "made-up", "version": "1.0.0", "provenance": "of a test", "limits": limits}
    return Manifest.model_validate(told | {"operations": {**writes, "read": reads, "ask": reads}} | more)


class Asked(BaseModel):
    """A command: an operation, a key, and what is brought."""

    model_config = ConfigDict(frozen=True)
    operation: Literal["write_keyed", "write_natural", "write_lookup", "write_none", "read", "ask"]
    key: UUID
    content: str = ""

    @property
    def natural_key(self) -> str:
        return str(self.key)


ANSWERS = {
    200: OutcomeKind.APPLIED,
    202: OutcomeKind.ACCEPTED,
    400: OutcomeKind.REJECTED,
    401: OutcomeKind.AUTH_FAILED,
    409: OutcomeKind.CONFLICT,
    503: OutcomeKind.UNAVAILABLE,
}


class MadeUpCodec:
    """JSON over HTTP; reads and look-ups answer 200 with « there » or « not there »."""

    commands: TypeAdapter[Asked] = TypeAdapter(Asked)

    def __init__(self, manifest: Manifest | None = None) -> None:
        self.manifest = manifest or made_up_manifest()

    def encode(self, command: Asked, binding: Binding) -> WireRequest:
        body = json.dumps({"key": str(command.key), "content": command.content}).encode()
        return WireRequest("POST", f"{binding.base_url}/{command.operation}", (), body)

    def decode(self, command: Asked, exchange: Exchange) -> ExchangeOutcome:
        operation = self.manifest.operations[command.operation]
        broken = unfinished(exchange, operation)
        if broken is not None:
            return broken
        if exchange.status == 200 and operation.kind is PULL:
            return self._read(exchange)
        kind = ANSWERS.get(exchange.status or 0)
        if kind is None:
            doubt = operation.kind is PUSH
            return ExchangeOutcome(OutcomeKind.IN_DOUBT if doubt else OutcomeKind.CONTRACT_BREACH, code="unknown")
        return ExchangeOutcome(kind, code=str(exchange.status), receipt=exchange.body.decode("ascii", "replace"))

    def _read(self, exchange: Exchange) -> ExchangeOutcome:
        if exchange.body == b"there":
            return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at, data={"there": True})
        if exchange.body == b"not there":
            return ExchangeOutcome(OutcomeKind.ABSENT, proof="not there")
        return ExchangeOutcome(OutcomeKind.CONTRACT_BREACH, code="shape")

    def lookup(self, command: Asked) -> Asked | None:
        return command.model_copy(update={"operation": "ask"})


@dataclass
class Partner:
    """Applies writes, remembers them, and answers as told: one fault a call, then well."""

    applied: Counter[str] = field(default_factory=Counter)
    faults: list[Callable[["Partner", WireRequest], Exchange]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    keyed: bool = False
    """Whether the partner honours our keys: a repeat is then nothing new."""

    def send(self, request: WireRequest) -> Exchange:
        self.asked.append(request.url.rpartition("/")[2])
        return self.faults.pop(0)(self, request) if self.faults else self.well(request)

    def well(self, request: WireRequest) -> Exchange:
        key = json.loads(request.body)["key"]
        if request.url.endswith(("/read", "/ask")):
            return answer(200, b"there" if self.applied[key] else b"not there")
        if not (self.keyed and self.applied[key]):
            self.applied[key] += 1
        return answer(200, b"receipt")


def answer(status: int, body: bytes = b"") -> Exchange:
    return Exchange(Phase.COMPLETE, datetime.now(UTC), status, body=body)


def not_sent(_: Partner, __: WireRequest) -> Exchange:
    return Exchange(Phase.NOT_SENT, datetime.now(UTC), fault="connect")


def lost_before(_: Partner, __: WireRequest) -> Exchange:
    """It left, and the partner never got it."""
    return Exchange(Phase.SENT, datetime.now(UTC), fault="reset")


def lost_after(partner: Partner, request: WireRequest) -> Exchange:
    """The partner did it, and its answer was lost."""
    partner.well(request)
    return Exchange(Phase.SENT, datetime.now(UTC), fault="reset")


def status(number: int) -> Callable[[Partner, WireRequest], Exchange]:
    return lambda _, __: answer(number)


def fresh_way(partner: Partner, **manifest: Any) -> Way:
    """A binding of its own, so that tests share no breaker and no budget."""
    binding = Binding(f"made-up-{uuid4().hex[:12]}", "https://partner.test", Siret(CAISSE))
    return Way(MadeUpCodec(made_up_manifest(**manifest)), binding, partner)


def planned(place: Place, way: Way, command: Asked, **more: Any) -> Planned:
    with standing(partner=way.binding.siret), place.custody.db.transaction() as tx:
        return plan(tx, place.custody, (way.codec, way.binding), command, correlation="of a test", **more)


def write(write_class: str, **more: Any) -> Asked:
    return Asked(operation=f"write_{write_class}", key=uuid4(), **more)  # type: ignore[arg-type]  # named by the test


def with_partner(way: Way, partner: Partner) -> Way:
    return replace(way, transport=partner)
