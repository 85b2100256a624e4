"""The cases that need a codec and its partner, played: no network, no database."""

import hashlib
import logging
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from connectors.caisse.commands import DecisionsAsked, SynchroniseFamilies
from connectors.errors import ConnectorError, SecretMissing
from connectors.hubee.commands import CaseAsked
from connectors.notification_store.commands import Shown
from connectors.paris_familles.commands import RegistrationAsked
from connectors.port import Exchange, OperationKind
from connectors.schemas.contract import Contract
from connectors.schemas.declared import Deviation
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from orchestration.conforming.kit import Case, Failed, NotApplicable, require
from orchestration.conforming.purity import codec_is_pure
from orchestration.conforming.subjects import NOW, Stage, Subject, about, answers, binding_of

DONE = frozenset({OutcomeKind.APPLIED, OutcomeKind.DUPLICATE, OutcomeKind.ACCEPTED})
NOTHING = frozenset({OutcomeKind.EMPTY, OutcomeKind.ABSENT})
BELIEVED = DONE | NOTHING | {OutcomeKind.FOUND, OutcomeKind.PARTIAL}
_AFTER_EFFECT = ("reset_after_send", "reset_mid_body", "trickle", "500_after_effect", "empty_body", "truncated_gzip")
_OTHER_FAULTS = ("reset_before_send", "reset_before_effect", "fault_in_200", "error_in_200", "garbage", "closed", "503")
_NAMES = ("D'ALMEIDA-ŒUVRARD", "N'Diaye", "N’Diaye", "Ÿ", "Łukasz", "X" * 60, "Durand", "de la Tour", "Lê Thị")


def cases(subject: Subject, *, fuzz: int = 10_000) -> dict[str, Case]:
    """Return the cases for one connector; ``fuzz`` is how many broken answers it is given."""
    of = {
        "C01": contracts_are_locked,
        "C02": bindings_are_checked,
        "C03": codec_is_pure,
        "C05": hostile_xml,
        "C06": wire_faults,
        "C09": windows,
        "C10": snapshots,
        "C11": bindings_are_apart,
        "C12": nothing_leaks,
        "C13": names,
        "C14": money,
        "C16": drift,
        "C17": batches,
        "C19": files,
        "C20": fails_closed,
        "C23": first_release,
        "C24": no_cut_off,
    }
    return {
        "C04": partial(decoding_is_total, subject, fuzz),
        **{name: partial(case, subject) for name, case in of.items()},
    }


def contracts_are_locked(subject: Subject) -> None:
    """C01."""
    beside, manifest = str(subject.module.__file__), subject.manifest
    if not manifest.contracts:
        raise NotApplicable("the manifest declares no schema")
    Contract.locked(beside, manifest.contracts, manifest.deviations)
    changed = [
        each.model_copy(update={"sha256": hashlib.sha256(b"another").hexdigest()}) for each in manifest.contracts
    ]
    missing = [each.model_copy(update={"file": f"schemas/none-{each.id}.xsd"}) for each in manifest.contracts]
    for wrong, what in ((changed, "a changed byte"), (missing, "a missing file")):
        try:
            Contract.locked(beside, wrong)
        except ConnectorError:
            continue
        raise Failed(f"{what} is not noticed")


def bindings_are_checked(subject: Subject) -> None:
    """C02."""
    stage, command = Stage(subject), subject.commands[0]
    stage.codec.encode(command, stage.binding)
    for name in stage.codec.manifest.secrets:
        for value in (None, SecretStr("")):
            secrets = {each: secret for each, secret in stage.binding.secrets.items() if each != name}
            broken = replace(stage.binding, secrets=secrets if value is None else secrets | {name: value})
            try:
                stage.codec.encode(command, broken)
            except SecretMissing as error:
                require(name in str(error), f"a binding without {name} is refused without saying so")
                continue
            raise Failed(f"a binding without {name} is taken")


def decoding_is_total(subject: Subject, fuzz: int) -> None:
    """C04: exchanges both ways, and as many broken answers as asked for, the same ones each time."""
    stage, chance = Stage(subject), random.Random(20260901)  # noqa: S311 - the same broken answers on every machine
    prepared = answers(subject)
    for command, exchange in prepared:
        require(
            stage.codec.encode(command, stage.binding) == stage.codec.encode(command, stage.binding),
            "not the same bytes",
        )
        outcome = stage.codec.decode(command, exchange)
        require(outcome.kind in BELIEVED, f"{command.operation} is {outcome.kind}:{outcome.code} where all is well")
    for number in range(fuzz):
        command, exchange = prepared[number % len(prepared)]
        broken = replace(exchange, body=_broken(exchange.body, chance))
        outcome = stage.codec.decode(command, broken)
        require(_proved(outcome, broken), f"{command.operation} is {outcome.kind} without proof")


def _broken(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(max(len(body), 1))
    kind = chance.randrange(5)
    if kind == 0:
        return body[:at]
    if kind == 1:
        return body[:at] + chance.randbytes(4) + body[at + 4 :]
    if kind == 2:
        return body[:at] + body[at + chance.randrange(1, 60) :]
    if kind == 3:
        return body[:at] + body[at : at + 40] * 2 + body[at + 40 :]
    return chance.randbytes(chance.randrange(400))


def _proved(outcome: ExchangeOutcome, exchange: Exchange) -> bool:
    if outcome.kind in NOTHING:
        return bool(outcome.proof) and bool(exchange.body)
    if outcome.kind not in DONE or (exchange.status == 204 and not exchange.body):
        # HTTP's own « done, and nothing to say » is proof, as long as nothing is said (RFC 9110 section 15.3.5).
        return True
    receipts = [outcome.receipt, *(item.get("receipt", "") for item in outcome.data.get("items", ()))]
    return any(receipts) and all(one.encode() in exchange.body for one in receipts)


_HOSTILE = (
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    b'<!DOCTYPE a SYSTEM "https://partner.invalid/a.dtd"><a/>',
    b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;&y;&y;</a>',
    b'<a b="' + b"x" * (17 * 1024 * 1024) + b'"/>',
    b"<a>" * 5000 + b"</a>" * 5000,
    b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    b'<?xml version="1.0" encoding="UTF-8"?><a>\x80\xff</a>',
    b"\xff\xfe<\x00a\x00",
    b'<?xml version="1.1"?><a/>',
)


def hostile_xml(subject: Subject) -> None:
    """C05."""
    stage = Stage(subject)
    for command, exchange in answers(subject):
        for body in _HOSTILE:
            outcome = stage.codec.decode(command, replace(exchange, body=body))
            require(outcome.kind not in BELIEVED, f"{command.operation} believes hostile XML")


def wire_faults(subject: Subject) -> None:
    """C06: a fault after the effect may not be called a refusal, and none may be called done."""
    for fault in (*_AFTER_EFFECT, *_OTHER_FAULTS):
        stage = Stage(subject)
        for command in subject.commands:
            kind = stage.codec.manifest.operations[command.operation].kind
            if fault == "empty_body" and not _spoils(subject, command):
                continue
            outcome = stage.ask(command, fault)
            require(outcome.kind not in BELIEVED, f"{fault}: {command.operation} is {outcome.kind}")
            if fault in _AFTER_EFFECT and kind is OperationKind.PUSH:
                unsure = outcome.kind in (OutcomeKind.IN_DOUBT, OutcomeKind.UNAVAILABLE)
                require(unsure, f"{fault}: {command.operation} is {outcome.kind} though it happened")


def _spoils(subject: Subject, command: Any) -> bool:
    """Tell whether an answer without its body is another answer."""
    stage = Stage(subject)
    for one in subject.commands[: subject.commands.index(command)]:
        stage.ask(one)
    return bool(stage.way.send(stage.codec.encode(command, stage.binding)).body)


def windows(subject: Subject) -> None:
    """C09: what was decided on each day is in one window and no other, also where a day is shorter or longer."""
    asks = [one for one in subject.commands if isinstance(one, DecisionsAsked)]
    if not asks:
        raise NotApplicable("nothing is asked for by window")
    days = [date(2026, 10, 24) + timedelta(days=one) for one in range(3)] + [date(2027, 3, 27), date(2027, 3, 28)]
    stage = Stage(subject)
    for place, day in enumerate(days):
        for hour, minute in ((0, 0), (0, 30), (22, 30)):
            stage.now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
            told = subject.naming("Durand")
            told = about(told, UUID(int=place * 100 + hour * 2 + minute))
            require(stage.ask(told).kind in DONE, "nothing could be enrolled")
    first, last = date(2026, 10, 20), date(2027, 4, 1)
    whole = _decided(stage, asks[0], first, last)
    parts = [
        _decided(stage, asks[0], first + timedelta(days=n), first + timedelta(days=n + 1))
        for n in range((last - first).days)
    ]
    require(
        sorted(one for part in parts for one in part) == sorted(whole) and len(set(whole)) == len(whole) == 15,
        "a decision is missing or twice",
    )


def _decided(stage: Stage, command: DecisionsAsked, since: date, until: date) -> list[str]:
    outcome = stage.ask(command.model_copy(update={"since": since, "until": until}))
    return [one.number for one in outcome.data.get("decisions", ())]


def snapshots(_: Subject) -> None:
    """C10."""
    raise NotApplicable("nothing is deleted for what an answer does not hold")


def bindings_are_apart(subject: Subject) -> None:
    """C11: in turn and at once."""
    stage = Stage(subject)
    pair = [binding_of("left", "login-left", "secret-left"), binding_of("right", "login-right", "secret-right")]
    alone = [[stage.codec.encode(command, one) for command in subject.commands] for one in pair]
    with ThreadPoolExecutor(8) as pool:
        jobs = [(one, command) for _ in range(50) for one in pair for command in subject.commands]
        made = list(pool.map(lambda job: stage.codec.encode(job[1], job[0]), jobs))
    expected = [request for _ in range(50) for side in alone for request in side]
    require(made == expected, "bytes of one binding depend on another")
    for side, other in ((0, "right"), (1, "left")):
        require(not any(other in f"{request.url}{request.headers}" for request in alone[side]), "a secret strayed")


def nothing_leaks(subject: Subject) -> None:
    """C12."""
    planted = "Zzyzx"
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]  # a list as handler
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        texts = _texts(subject, planted)
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    said = "\n".join([*records, *texts]).upper()
    for secret in (planted, "kit-password"):
        require(secret.upper() not in said, "a person or a secret is in a log or a text")


def _texts(subject: Subject, planted: str) -> Iterator[str]:
    stage = Stage(subject)
    command = subject.commands[0] if subject.named is None else subject.named(planted)
    found = [repr(command), str(command), repr(stage.binding)]
    for fault in ("", *_AFTER_EFFECT, *_OTHER_FAULTS):
        outcome = stage.ask(command, fault)
        found += [repr(outcome), outcome.code]
    for one in subject.commands:
        outcome = stage.ask(one)
        found += [repr(one), repr(outcome), repr(outcome.data.get("case"))]
    found += [repr(request) + request.target for request in stage.wire.seen]
    if subject.named is None:
        return iter(found)
    try:
        stage.codec.encode(subject.named(f"{planted}\x00"), stage.binding)
    except (ConnectorError, ValueError) as error:
        found.append(f"{error!r} {error}")
    return iter(found)


def names(subject: Subject) -> None:
    """C13."""
    if not subject.names_people:
        raise NotApplicable("nobody's name is told")
    for name in _NAMES:
        stage, command = Stage(subject), subject.naming(name)
        body = stage.codec.encode(command, stage.binding).body
        outcome = stage.ask(command)
        require(outcome.kind in DONE, f"a name is {outcome.kind}:{outcome.code}")
        whole = any(name in body.decode(charset, "replace") for charset in ("utf-8", "iso-8859-1"))
        lost = any(one["field"] == "family_name" for one in outcome.data.get("losses", ()))
        require(whole or lost, "a name lost something, and nobody says so")


def money(subject: Subject) -> None:
    """C14: an answer whose cents do not add up is none."""
    stage = Stage(subject)
    asked = [one for one in subject.commands if one.operation == "invoices"]
    if not asked:
        raise NotApplicable("no money is told")
    for told in subject.commands:
        if isinstance(told, SynchroniseFamilies):
            stage.ask(told)
    exchange = stage.way.send(stage.codec.encode(asked[0], stage.binding))
    outcome = stage.codec.decode(asked[0], exchange)
    require(outcome.kind in BELIEVED, f"invoices are {outcome.kind}")
    due = str(outcome.data.get("due_cents", 0)).encode()
    marks = [mark for mark in (b"<du>" + due, b'du="' + due, b'"du": ' + due) if mark in exchange.body]
    require(marks, "no sum is told")
    for mark in marks:
        wrong = replace(exchange, body=exchange.body.replace(mark, mark[: -len(due)] + b"1" + due))
        require(stage.codec.decode(asked[0], wrong).kind not in BELIEVED, "sums are not looked at")


def drift(subject: Subject) -> None:
    """C16: a breach that nobody declared, one that is declared, and one whose time is over."""
    stage = Stage(subject)
    stage.ask(subject.commands[0])
    asked = next(
        one for one in subject.commands if isinstance(one, DecisionsAsked | RegistrationAsked | CaseAsked | Shown)
    )
    exchange = stage.way.send(stage.codec.encode(asked, stage.binding))
    changed = replace(exchange, body=exchange.body.replace(*subject.drift))
    require(changed.body != exchange.body, "the drift changes nothing")
    require(stage.codec.decode(asked, changed).kind is OutcomeKind.CONTRACT_BREACH, "an undeclared drift is believed")
    if not subject.manifest.contracts:
        # Without a schema nothing can be declared either: the shape is what was agreed, to the letter.
        return
    for since, kind in (
        (NOW.date(), OutcomeKind.FOUND),
        (NOW.date() - timedelta(days=90), OutcomeKind.CONTRACT_BREACH),
    ):
        days = {"since": since, "expires": since + timedelta(days=30)}
        declared = Deviation.model_validate({"id": "kit", "owner": "kit", **subject.deviation, **days})
        beside = str(subject.module.__file__)
        locked = Contract.locked(beside, stage.codec.manifest.contracts, [declared])
        require(subject.codec(locked).decode(asked, changed).kind is kind, f"a declared drift is not {kind}")


_ONE_ITEM = re.compile(rb'<resultat .*?</resultat>|\{"reference": [^}]*\}, ')


def batches(subject: Subject) -> None:
    """C17: one bad item is one bad item; one that is missing leaves doubt; the same twice is the same."""
    asked = [one for one in subject.commands if isinstance(one, SynchroniseFamilies)]
    if not asked:
        raise NotApplicable("nothing is told in batches")
    stage = Stage(subject)
    exchange = stage.way.send(stage.codec.encode(asked[0], stage.binding))
    one_bad = replace(exchange, body=exchange.body.replace(*subject.refused, 1))
    outcome = stage.codec.decode(asked[0], one_bad)
    kinds = [item["outcome"] for item in outcome.data.get("items", ())]
    require(outcome.kind is OutcomeKind.PARTIAL and kinds.count("rejected") == 1, "one bad item is not told apart")
    missing = replace(exchange, body=_ONE_ITEM.sub(b"", exchange.body, count=1))
    require(missing.body != exchange.body, "the batch answers for nothing by itself")
    require(stage.codec.decode(asked[0], missing).kind is OutcomeKind.IN_DOUBT, "a missing item is believed")
    require(stage.ask(asked[0]).kind in DONE, "the same batch twice is another one")
    never = Exchange(Phase.SENT, NOW, fault="timeout")
    require(stage.codec.decode(asked[0], never).kind not in BELIEVED, "an answer that never came is believed")


def files(subject: Subject) -> None:
    """C19: a file is here whole or not at all, and sent again it is the same; it is named by a number and no path."""
    if not subject.file:
        raise NotApplicable(f"{subject.name} exchanges no files")
    stage = Stage(subject)
    command = next(one for one in subject.commands if one.operation == subject.file)
    whole = stage.way.send(stage.codec.encode(command, stage.binding))
    found = stage.codec.decode(command, whole)
    require(found.kind is OutcomeKind.FOUND and stage.ask(command).data == found.data, "sent again it is another one")
    broken = {
        "half-written": replace(whole, body=whole.body[:-1]),
        "longer": replace(whole, body=whole.body + b"\0"),
        "changed": replace(whole, body=bytes(byte ^ 1 for byte in whole.body)),
        "without a digest": replace(whole, headers=tuple(one for one in whole.headers if one[0] != "digest")),
        "a bomb": replace(whole, body=b"", fault="body_too_large"),
    }
    for what, exchange in broken.items():
        require(stage.codec.decode(command, exchange).kind not in BELIEVED, f"a file that is {what} is believed")


def fails_closed(subject: Subject) -> None:
    """C20: with a validator that has no schema, nothing leaves and nothing is believed."""
    if not subject.manifest.contracts:
        raise NotApplicable("the manifest declares no schema")
    blind, stage = subject.codec(Contract({}, ())), Stage(subject)
    for command, exchange in answers(subject):
        require(blind.decode(command, exchange).kind not in BELIEVED, f"{command.operation} is believed unseen")
        try:
            blind.encode(command, stage.binding)
        except ConnectorError:
            continue
        raise Failed(f"{command.operation} leaves unseen")


def first_release(subject: Subject) -> None:
    """C23."""
    version = subject.manifest.version
    if version == "1.0.0":
        raise NotApplicable("1.0.0 is the first release")
    raise Failed(f"{version} is compared with nothing")


def no_cut_off(_: Subject) -> None:
    """C24."""
    raise NotApplicable("the manifest declares no cut-off")
