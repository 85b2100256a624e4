"""An exchange repeated with other values in the fields that its contract names: one operator writes it, another lets it go.

The door writes down what is wanted. The worker, which alone opens commands, drafts it. Another operator decides. Who plans
looks for the grounds anew, and only then is there anything that could be sent.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.engine import Row

from connectors.errors import ConnectorError, SecretMissing
from connectors.port import OperationKind, WriteClass, manifests
from contracts.calendar import paris_day
from contracts.identifiers import ExchangeId, new_uuid
from contracts.outcomes import OutcomeKind
from hub.errors import InvalidValue, NoGround, NothingHere, NotRepeatable, OutsideAgreement, ReleasesStopped
from hub.exchanges.doubts import approve, entry_about, said_why
from hub.exchanges.planning import DUE, Edit, State, plan
from hub.exchanges.pulling import DECISIONS, awaited_of
from hub.exchanges.pushing import tell_again
from hub.exchanges.reading import command_of
from hub.exchanges.rowing import locked, put
from hub.exchanges.tables import EXCHANGE, EXCHANGE_EDIT
from hub.exchanges.told import of_others
from hub.exchanges.ways import Way
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.errors import BodyGone
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind
from vault.standing import standing

_LOG = logging.getLogger(__name__)
KEPT = timedelta(days=120)
"""How long after its end what was wanted is kept: as long as the bytes of what came of it, or nearly."""
VALUE_MAX = 64
WINDOW_MAX = timedelta(days=92)
"""How many days one question may reach over."""
LINE = "line.line"
"""The field under which a body keeps a line: what it is told of the line goes by that name from then on."""
_HARMLESS = (None, WriteClass.KEYED.value, WriteClass.NATURAL.value)
_REFUSED = (OutcomeKind.REJECTED.value, OutcomeKind.CONFLICT.value, OutcomeKind.SUPERSEDED.value)


class EditState(StrEnum):
    """How an edited repeat stands."""

    ASKED = "asked"
    PROPOSED = "proposed"
    """It can be written as the partner wants it, and waits for another operator."""
    APPROVED = "approved"
    LET_GO = "let_go"
    REFUSED = "refused"
    """By us: it cannot be written so, or may not be sent."""
    DECLINED = "declined"


OPEN = (EditState.ASKED.value, EditState.PROPOSED.value, EditState.APPROVED.value)


@dataclass(frozen=True, slots=True)
class Edited:
    """An edited repeat as operators see it; ``author`` and ``decider`` are agents by number."""

    edit_id: UUID
    exchange_id: UUID
    proposed_id: UUID | None
    state: EditState
    author: UUID
    decider: UUID | None
    reason: str
    decided_for: str
    why: str
    changes: Mapping[str, str]
    asked_at: datetime
    drafted_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime | None


def editable(connector: str | None, operation: str) -> tuple[str, ...]:
    """Return the fields of an operation that its contract lets be written anew; none where no connector says so."""
    manifest = manifests().get(connector or "")
    found = None if manifest is None else manifest.operations.get(operation)
    return () if found is None else found.editable


def may_edit(state: State, outcome: str | None, kind: str | None, write_class: str | None) -> bool:
    """Tell whether an exchange that stands so may be repeated with another content: it did not happen, or only asked."""
    if state is State.SETTLED:
        return kind == OperationKind.PULL or outcome in _REFUSED
    return state is State.PARKED or (state is State.QUARANTINED and write_class in _HARMLESS)


def propose(
    tx: WriteTx, exchange_id: UUID, changes: Mapping[str, str], reason: str, *, author: Actor, now: datetime
) -> UUID:
    """Write down that an exchange is to be repeated with other values; the worker drafts it, and another person decides.

    Raises :class:`NothingHere`; :class:`InvalidValue` without a reason, for no change, and for a field that the contract
    does not name; :class:`NotRepeatable` for what may have happened, and where another one is open.
    """
    said = said_why(reason)
    row = tx.execute(select(EXCHANGE).where(EXCHANGE.c.exchange_id == exchange_id)).one_or_none()
    if row is None or row.siret is None:
        raise NothingHere
    fields = {name: value.strip() for name, value in changes.items() if value.strip()}
    known = editable(row.connector, row.operation)
    if not fields or not fields.keys() <= set(known) or max(map(len, fields.values())) > VALUE_MAX:
        raise InvalidValue(f"fields: {', '.join(known) or 'none'}; up to {VALUE_MAX} characters each")
    still = (EXCHANGE_EDIT.c.exchange_id == exchange_id, EXCHANGE_EDIT.c.state.in_(OPEN))
    if tx.execute(select(EXCHANGE_EDIT.c.edit_id).where(*still)).first() is not None:
        raise NotRepeatable("an edit of it is open")
    if not may_edit(State(row.state), row.outcome, row.kind, row.write_class):
        raise NotRepeatable(f"{row.state}: {row.outcome or ''}")
    edit_id = new_uuid()
    tx.execute(
        insert(EXCHANGE_EDIT).values(
            edit_id=edit_id,
            exchange_id=exchange_id,
            binding=row.binding,
            siret=row.siret,
            author=UUID(author.id),
            reason=said,
            changes=fields,
            state=EditState.ASKED.value,
            asked_at=now,
        )
    )
    # Which fields, and never their values.
    told = {"edit": str(edit_id), "step": "edit_asked", "fields": ",".join(sorted(fields)), "reason": said}
    append(tx, entry_about(row, author, told))
    tx.execute(select(func.pg_notify(DUE, row.binding)))
    return edit_id


def decide(tx: WriteTx, proposed_id: UUID, reason: str, *, approved: bool, actor: Actor, now: datetime) -> None:
    """Let an edited repeat go, or decline it; its author may only take it back.

    Raises :class:`NothingHere`, :class:`InvalidValue` without a reason, and :class:`NotRepeatable` for the author's own
    approval and for what is decided already.
    """
    said = said_why(reason)
    this = select(EXCHANGE_EDIT).where(EXCHANGE_EDIT.c.proposed_id == proposed_id)
    if tx.execute(this).one_or_none() is None:
        raise NothingHere
    # The door is shown none for a change that is decided already.
    edit = tx.execute(this.with_for_update()).one_or_none()
    if edit is None or edit.state != EditState.PROPOSED:
        raise NotRepeatable("decided already")
    own = str(edit.author) == actor.id
    if own and approved:
        raise NotRepeatable("approved by who proposed it")
    row = locked(tx, proposed_id)
    values: dict[str, Any] = {"decided_for": said, "decided_at": now, "decider": None if own else UUID(actor.id)}
    step = "edit_approved" if approved else "edit_declined"
    append(tx, entry_about(row, actor, {"edit": str(edit.edit_id), "step": step, "reason": said}))
    if approved:
        _put(tx, edit, EditState.APPROVED, **values)
        return
    _put(tx, edit, EditState.DECLINED, ended_at=now, **values)
    put(tx, row, State.CANCELLED, now=now, due_at=None)


def edits_of(tx: ReadTx, exchange_id: UUID) -> list[Edited]:
    """Return what an exchange was, or is, to be repeated with, and which edit it came from; oldest first."""
    about = or_(EXCHANGE_EDIT.c.exchange_id == exchange_id, EXCHANGE_EDIT.c.proposed_id == exchange_id)
    names = [name for name in Edited.__dataclass_fields__ if name not in ("state", "decided_for", "why")]
    return [
        Edited(
            **{name: getattr(row, name) for name in names},
            state=EditState(row.state),
            decided_for=row.decided_for or "",
            why=row.why or "",
        )
        for row in tx.execute(select(EXCHANGE_EDIT).where(about).order_by(EXCHANGE_EDIT.c.asked_at))
    ]


def due_draft(tx: ReadTx, slug: str) -> UUID | None:
    """Return the edit of a binding that is to be drafted, if there is one."""
    return _first(tx, slug, EditState.ASKED)


def draft(tx: WriteTx, custody: Custody, way: Way, edit_id: UUID) -> None:
    """Write the exchange that an edit asks for, for another person to see; who calls stands for the binding's body.

    What cannot be written so is refused with a word of ours. Harmless to repeat, by any number of processes at once.
    """
    edit = _held(tx, edit_id)
    if edit.state != EditState.ASKED:
        return
    row, now = locked(tx, edit.exchange_id), custody.now()
    try:
        edited = _rewritten(tx, way, (row, command_of(tx, custody, way, row)), edit)
        by = Edit(edit.exchange_id, str(edit.author))
        planned = plan(tx, custody, (way.codec, way.binding), edited, correlation=row.correlation, edit=by)
    except (NotRepeatable, ReleasesStopped, BodyGone, ConnectorError, ValidationError) as error:
        _put(tx, edit, EditState.REFUSED, why=_word(error), ended_at=now)
        return
    _put(tx, edit, EditState.PROPOSED, proposed_id=planned.exchange_id, drafted_at=now)


def _rewritten(tx: WriteTx, way: Way, repeated: "tuple[Row[Any], Any]", edit: "Row[Any]") -> Any:
    row, command = repeated
    if not may_edit(State(row.state), row.outcome, row.kind, row.write_class):
        raise NotRepeatable(row.state)
    told = way.codec.commands.dump_python(command, mode="json")
    for path, value in edit.changes.items():
        *parents, last = path.split(".")
        place = told
        for one in parents:
            place = place[one]
        place[last] = value
        if of_others(tx, edit.exchange_id, value):
            raise NotRepeatable("of_others")
    edited = way.codec.commands.validate_json(json.dumps(told))
    if edited == command:
        raise NotRepeatable("unchanged")
    if edited.operation == DECISIONS and not timedelta() < edited.until - edited.since <= WINDOW_MAX:
        raise NotRepeatable("window")
    try:
        way.codec.encode(edited, way.binding)
    except SecretMissing:
        # Who drafts may hold no secret of the partner's; a message is held against its schema before that.
        return edited
    return edited


def let_go(custody: Custody, catalogue: Catalogue, way: Way) -> int:
    """Have what another operator approved sent, on grounds that are looked for anew; return how many went.

    Without a ground it is refused and nothing leaves; while releases are stopped it waits. Harmless to repeat, by any
    number of processes at once.
    """
    gone = 0
    with standing(partner=way.binding.siret):
        with custody.db.read() as tx:
            edit_id = _first(tx, way.binding.slug, EditState.APPROVED)
        while edit_id is not None:
            try:
                with custody.db.transaction() as write:
                    gone += _approved(write, (custody, catalogue, way), edit_id)
            except ReleasesStopped:
                break
            except (NoGround, OutsideAgreement, NotRepeatable) as refusal:
                with custody.db.transaction() as write:
                    _refuse(write, edit_id, refusal, now=custody.now())
            with custody.db.read() as tx:
                edit_id = _first(tx, way.binding.slug, EditState.APPROVED)
    return gone


def forget_edits(tx: WriteTx, *, now: datetime) -> int:
    """Delete what was wanted of exchanges and is long over; return how many went. Harmless to repeat."""
    return tx.execute(delete(EXCHANGE_EDIT).where(EXCHANGE_EDIT.c.ended_at <= now - KEPT)).rowcount


def _approved(tx: WriteTx, planning: tuple[Custody, Catalogue, Way], edit_id: UUID) -> bool:
    custody, _, way = planning
    edit, now = _held(tx, edit_id), custody.now()
    if edit.state != EditState.APPROVED:
        return False

    def grounded(tx: WriteTx, exchange_id: ExchangeId) -> None:
        if way.operation(locked(tx, exchange_id).operation).kind is OperationKind.PUSH:
            renamed = edit.changes.get(LINE)
            tell_again(tx, planning, edit.exchange_id, exchange_id, None if renamed is None else UUID(renamed))
        elif not awaited_of(tx, way.binding.siret, paris_day(now)):
            raise NoGround("not_awaited")

    second = Actor(ActorKind.AGENT, str(edit.decider))
    approve(tx, edit.proposed_id, approver=second, decide=grounded, now=now)
    _put(tx, edit, EditState.LET_GO, ended_at=now)
    tx.execute(select(func.pg_notify(DUE, way.binding.slug)))
    return True


def _refuse(tx: WriteTx, edit_id: UUID, refusal: Exception, *, now: datetime) -> None:
    edit = _held(tx, edit_id)
    if edit.state != EditState.APPROVED:
        return
    _LOG.warning("edited repeat %s is not let go: %s", edit_id, type(refusal).__name__)
    row = locked(tx, edit.proposed_id)
    if row.state == State.PROPOSED:
        put(tx, row, State.CANCELLED, now=now, due_at=None)
    _put(tx, edit, EditState.REFUSED, why=_word(refusal), ended_at=now)
    told = {"edit": str(edit_id), "step": "edit_refused", "why": _word(refusal)}
    append(tx, entry_about(row, Actor(ActorKind.PROCESS, "pipelines"), told))


def _word(error: Exception) -> str:
    """Return why something was refused, in a word of ours: of any other error the kind alone, what it says may be somebody's."""
    return (str(error) if isinstance(error, NotRepeatable) else type(error).__name__)[:60]


def _first(tx: ReadTx, slug: str, state: EditState) -> UUID | None:
    due = select(EXCHANGE_EDIT.c.edit_id).where(EXCHANGE_EDIT.c.binding == slug, EXCHANGE_EDIT.c.state == state.value)
    found: UUID | None = tx.execute(due.order_by(EXCHANGE_EDIT.c.asked_at).limit(1)).scalar_one_or_none()
    return found


def _held(tx: WriteTx, edit_id: UUID) -> "Row[Any]":
    return tx.execute(select(EXCHANGE_EDIT).where(EXCHANGE_EDIT.c.edit_id == edit_id).with_for_update()).one()


def _put(tx: WriteTx, edit: "Row[Any]", state: EditState, **values: Any) -> None:
    this = update(EXCHANGE_EDIT).where(EXCHANGE_EDIT.c.edit_id == edit.edit_id)
    tx.execute(this.values(state=state.value, **values))
