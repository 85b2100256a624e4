"""What the console's pages show, worked out beforehand so that the templates only lay out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.identifiers import Siret
from contracts.outcomes import Phase
from hub.bootstrap import Door
from hub.exchanges.editing import Edited, EditState
from hub.exchanges.health import UNKNOWN, Health, Level
from hub.exchanges.planning import State
from hub.exchanges.replaying import Plan, follows
from hub.exchanges.searching import Hop, Line, Whole
from hub.web.ops import words


@dataclass(frozen=True, slots=True)
class KnownBinding:
    """A binding, and whose body is at its other end."""

    slug: str
    connector: str
    partner: str


@dataclass(frozen=True, slots=True)
class LevelCard:
    """One level of a binding's health in words."""

    name: str
    tone: str
    word: str
    since: str
    evidence: str
    well: bool


@dataclass(frozen=True, slots=True)
class BindingCard:
    """One binding with its health and what is open with it."""

    binding: KnownBinding
    levels: tuple[LevelCard, ...]
    open: tuple[tuple[str, str, int], ...]
    """State, its word, how many."""


@dataclass(frozen=True, slots=True)
class LineCard:
    """One exchange in a list."""

    exchange_id: UUID
    created: str
    binding: str
    operation: str
    tone: str
    state: str
    outcome: str
    code: str
    attempts: int
    correlation: str


@dataclass(frozen=True, slots=True)
class HopCard:
    """One attempt in words."""

    number: int
    act: str
    target: str
    began: str
    lasted: str
    phase: str
    status: str
    verdict: str
    sent: str
    received: str
    kept: bool


@dataclass(frozen=True, slots=True)
class ExchangePage:
    """One exchange whole."""

    card: LineCard
    facts: tuple[tuple[str, str], ...]
    timeline: tuple[tuple[str, str], ...]
    """Moment and what happened then, in order."""
    hops: tuple[HopCard, ...]
    parent_id: UUID | None


@dataclass(frozen=True, slots=True)
class EditCard:
    """An edited repeat in words."""

    exchange_id: UUID
    proposed_id: UUID | None
    tone: str
    state: str
    why: str
    by: str
    reason: str
    decided_for: str
    changes: tuple[tuple[str, str], ...]
    here: bool
    """Whether this page is that of the exchange it proposes."""
    open: bool
    may_approve: bool
    may_decline: bool


def edit_card(one: Edited, shown: UUID, reader: UUID, *, changes: bool) -> EditCard:
    """Return an edited repeat in words, as this agent sees it on the page of an exchange."""
    tone, word = words.EDITS[one.state]
    here, own = one.proposed_id == shown, one.author == reader
    waits = one.state is EditState.PROPOSED and here and changes
    refused = words.EDIT_REFUSALS.get(one.why, "une valeur n'est pas comme le contrat la veut")
    return EditCard(
        exchange_id=one.exchange_id,
        proposed_id=one.proposed_id,
        tone=tone,
        state=word,
        why=refused if one.why else "",
        by="vous" if own else "un autre opérateur",
        reason=one.reason,
        decided_for=one.decided_for,
        changes=tuple((words.FIELDS[name][0], value) for name, value in sorted(one.changes.items())),
        here=here,
        open=one.ended_at is None,
        may_approve=waits and not own,
        may_decline=waits,
    )


def partner_name(door: Door, siret: str | None) -> str:
    """Return the name of a body, or its number where the catalogue knows none."""
    if siret is None:
        return "aucun"
    body = door.catalogue.bodies.get(Siret(siret))
    return siret if body is None else body.name


def known(door: Door, names: Iterable[str]) -> list[KnownBinding]:
    """Return every binding that files declare, and those that only rows know of, by name."""
    declared = {} if door.bindings is None else door.bindings.by_slug
    found = {
        slug: KnownBinding(slug, connector, partner_name(door, binding.siret))
        for slug, (connector, binding) in declared.items()
    }
    for slug in names:
        found.setdefault(slug, KnownBinding(slug, "", "plus déclaré"))
    return [found[slug] for slug in sorted(found)]


def binding_cards(
    door: Door,
    names: Iterable[str],
    levels: Mapping[str, Sequence[Level]],
    still: Mapping[str, Mapping[State, int]],
) -> list[BindingCard]:
    """Return the bindings, those that are not well first."""
    cards = [
        BindingCard(
            one,
            tuple(_level(level) for level in levels.get(one.slug) or UNKNOWN),
            tuple((state.value, words.STATES[state], many) for state, many in sorted(still.get(one.slug, {}).items())),
        )
        for one in known(door, names)
    ]
    ill = {words.HEALTH[one][1] for one in (Health.DOWN, Health.DEGRADED)}
    return sorted(cards, key=lambda card: not any(level.word in ill for level in card.levels))


def line_card(line: Line) -> LineCard:
    """Return one exchange of a list in words."""
    return LineCard(
        exchange_id=line.exchange_id,
        created=words.exact(line.created_at),
        binding=line.binding,
        operation=line.operation,
        tone=words.TONES.get(line.state, "missing"),
        state=words.STATES[line.state],
        outcome=words.outcome_word(line.outcome),
        code=line.outcome_code,
        attempts=line.attempts,
        correlation=line.correlation,
    )


def exchange_page(door: Door, found: Whole, edits: Sequence[Edited]) -> ExchangePage:
    """Return one exchange in words, with its timeline in order."""
    line = found.line
    facts = (
        ("Liaison", line.binding),
        ("Organisme", partner_name(door, found.siret)),
        ("Opération", line.operation),
        ("Sens", words.KINDS.get(found.kind or "", "")),
        ("Répétition", words.WRITES.get(found.write_class or "", "")),
        ("Jusqu'où", "" if found.phase is None else words.PHASES[Phase(found.phase)]),
        ("Reçu du partenaire", found.receipt or ""),
        ("Lu par la version", found.decoded_with or ""),
        ("Corrélation", line.correlation),
    )
    return ExchangePage(
        card=line_card(line),
        facts=tuple((name, value) for name, value in facts if value),
        timeline=_timeline(found, edits),
        hops=tuple(_hop(one) for one in found.hops),
        parent_id=found.parent_id,
    )


def _timeline(found: Whole, edits: Sequence[Edited]) -> tuple[tuple[str, str], ...]:
    line = found.line
    told: list[tuple[datetime, str]] = [(line.created_at, "écrit, avant tout envoi")]
    for hop in found.hops:
        told.append((hop.began_at, f"{words.ACTS[hop.act]} n° {hop.number} commence"))
        if hop.ended_at is not None:
            told.append((hop.ended_at, f"{words.ACTS[hop.act]} n° {hop.number} finit : {_verdict(hop)}"))
    for edit in edits:
        told += _edited(edit)
    if line.settled_at is not None:
        told.append((line.settled_at, f"terminé : {words.outcome_word(line.outcome)}"))
    if line.due_at is not None:
        told.append((line.due_at, "prochain essai"))
    # Of two things at one moment, the one that is told first was first.
    return tuple((words.exact(moment), what) for moment, what in sorted(told, key=lambda one: one[0]))


def _edited(edit: Edited) -> list[tuple[datetime, str]]:
    """Return what happened to an edited repeat, and when."""
    _, ended = words.EDITS[edit.state]
    steps = (
        (edit.asked_at, "un opérateur demande une reprise modifiée"),
        (edit.drafted_at, "la reprise modifiée attend un second opérateur"),
        (edit.decided_at if edit.state is not EditState.DECLINED else None, "un second opérateur l'approuve"),
        (edit.ended_at, f"la reprise modifiée est {ended}"),
    )
    return [(moment, what) for moment, what in steps if moment is not None]


def _verdict(hop: Hop) -> str:
    word = words.outcome_word(hop.outcome)
    more = ", ".join(filter(None, (hop.outcome_code, hop.fault)))
    return f"{word} ({more})" if more else word


def _hop(hop: Hop) -> HopCard:
    lasted = "" if hop.ended_at is None else f"{(hop.ended_at - hop.began_at).total_seconds():.2f} s".replace(".", ",")
    return HopCard(
        number=hop.number,
        act=words.ACTS[hop.act],
        target=hop.target,
        began=words.exact(hop.began_at),
        lasted=lasted or "sans fin connue",
        phase="" if hop.phase is None else words.PHASES[Phase(hop.phase)],
        status="" if hop.status is None else str(hop.status),
        verdict=_verdict(hop),
        sent=words.octets(hop.sent),
        received=words.octets(hop.received),
        kept=hop.kept,
    )


def _level(level: Level) -> LevelCard:
    tone, word = words.HEALTH[level.state]
    return LevelCard(
        words.LEVELS[str(level.depth)],
        tone,
        word,
        words.exact(level.since),
        level.evidence,
        well=level.state is Health.OK,
    )


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan of repeats in words."""

    plan_id: UUID
    binding: str
    chosen: str
    reason: str
    per_minute: int
    tone: str
    state: str
    total: int
    waiting: int
    left: int
    became: tuple[tuple[str, int], ...]
    created: str
    ended: str
    may: tuple[tuple[str, str], ...]
    """What may be done with it now: the step and its word."""


def plan_card(one: Plan) -> PlanCard:
    """Return a plan in words."""
    tone, word = words.PLANS[one.state]
    return PlanCard(
        plan_id=one.plan_id,
        binding=one.binding,
        chosen=one.chosen,
        reason=one.reason,
        per_minute=one.per_minute,
        tone=tone,
        state=word,
        total=one.total,
        waiting=one.waiting,
        left=one.left,
        became=tuple((words.STATES[state], many) for state, many in one.became),
        created=words.exact(one.created_at),
        ended=words.exact(one.ended_at),
        may=tuple((to.value, label) for to, label in words.PLAN_STEPS.items() if follows(one.state, to)),
    )
