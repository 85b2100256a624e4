"""One day of one binding: what is pushed, pulled, taken in and asked for, and whether all of it came to its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from inspect import getdoc
from typing import TYPE_CHECKING, Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    MetadataValue,
    MultiPartitionKey,
    multi_asset,
)

from contracts.outcomes import OutcomeKind
from orchestration.pipelines import bindings
from orchestration.pipelines.partitions import BINDING, BINDING_DAYS, DAY
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.wording import Body, worded

if TYPE_CHECKING:
    from hub.exchanges.files_in import FileTaken
    from hub.exchanges.handover import HandOver
    from hub.exchanges.tallying import Tally

OWNERS = ("team:interoperability",)
GROUP = "bindings"
HANDED_OVER, NOTHING_WITHHELD, NOTHING_ASIDE = "handed_over", "nothing_withheld", "nothing_aside"
ALL_SETTLED, FRESH, USUAL_VOLUME = "all_settled", "fresh", "usual_volume"
WELL = frozenset({OutcomeKind.APPLIED, OutcomeKind.DUPLICATE, OutcomeKind.EMPTY})
"""The day is done: the Caisse has its file, had it already, or there was nothing to hand over."""
SLACK = 1.5
"""How many times its cadence an operation may be silent: a night that is late by half a day is not yet missing."""
Facts = dict[str, Any]

SCHOOL_FILES = AssetSpec(
    "school_files",
    group_name=GROUP,
    owners=OWNERS,
    description="What families handed in and what follows from it, in the hub's own tables: kept by the doors and the worker.",
)
DECISIONS = AssetSpec(
    "decisions",
    deps=["decisions_pulled", "files_taken_in"],
    group_name=GROUP,
    owners=OWNERS,
    description="What bodies decided, in the hub's own tables: written by the worker when an answer or a file was read.",
)


@dataclass(frozen=True, slots=True)
class Night:
    """Which binding and day a run is for, and how what it does is called."""

    binding: bindings.Bound
    day: date
    correlation: str
    console: str
    """Where the console lists the exchanges of this binding and day."""

    @classmethod
    def of(cls, context: AssetExecutionContext, hub: HubResource) -> "Night":
        """Return the night of a run; raises :class:`dagster.Failure` for a partition that does not exist."""
        key = context.partition_key
        if not isinstance(key, MultiPartitionKey) or not BINDING_DAYS.has_partition_key(key):
            # A run launched by tags is not checked by Dagster until the op has had its effect.
            raise Failure(description="There is no such binding, or this day has not begun.")
        slug, day = key.keys_by_dimension[BINDING], date.fromisoformat(key.keys_by_dimension[DAY])
        return cls(bindings.named(slug), day, context.run.run_id, hub.console(slug, day))

    def shown(self, facts: Facts, checks: Sequence[AssetCheckResult] = ()) -> MaterializeResult[Any]:
        """Return what the day's page shows: counts and words, the correlation, and the way to the exchanges."""
        links: Facts = {"correlation": self.correlation, "exchanges": MetadataValue.url(self.console)}
        return MaterializeResult(metadata={**facts, **links}, check_results=list(checks))


def _night_asset(
    body: Body, *, checks: Mapping[str, str], deps: Sequence[str] = (), last: bool = False
) -> AssetsDefinition:
    """Make an asset of one step of the night; a binding whose file does not name its operation makes nothing of it.

    All steps of a night are one run in one process, so none may depend on another: what makes nothing would skip those
    after it. The last has the lowest priority instead.
    """
    name = body.__name__
    spec = AssetSpec(
        name,
        description=getdoc(body),
        group_name=GROUP,
        owners=OWNERS,
        deps=deps,
        partitions_def=BINDING_DAYS,
        skippable=True,
    )
    return multi_asset(
        name=name,
        specs=[spec],
        # Only what may be a part of itself may leave its checks out, too.
        can_subset=True,
        op_tags={"dagster/priority": "-1" if last else "0"},
        check_specs=[AssetCheckSpec(check, asset=name, description=words) for check, words in checks.items()],
    )(worded(body))


def caisse_hand_over(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any] | None:
    """The school files that became complete on one day, handed to one Caisse des écoles in its own file format.

    Each child passes the one gate out first: a paper without a ground, or outside the Caisse's agreement, is withheld
    and counted. A day on which nothing became complete is a success, with the outcome « empty ». Running a day again
    is harmless: the same lines make the same file. While another process has the day, it waits for that one's lease to
    end and tries again. Only counts and words are kept here.
    """
    night = Night.of(context, hub)
    if "hand_over" not in night.binding.cadence:
        return None
    done = hub.hand_over(night.binding.slug, night.day, correlation=night.correlation)
    facts: Facts = {
        "outcome": str(done.outcome),
        "lines": done.lines,
        "withheld": done.withheld,
        "unwritable": done.unwritable,
        "repeated": done.repeated,
        "exchange": str(done.exchange_id),
    }
    if done.outcome == OutcomeKind.UNAVAILABLE:
        # Nothing reached the Caisse, so nothing exists to be shown as made; the day can simply be run again.
        facts["error"] = "FolderUnreachable"
        raise Failure(description="The Caisse's folder could not be reached; run this day again.", metadata=facts)
    return night.shown(facts, [_handed_over(done), _withheld(done.withheld + done.unwritable)])


def families_synchronised(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any] | None:
    """The families whose data changed, told to a body that keeps its own list of them, many in one message.

    Planned here and carried by the worker as soon as the body is open. Unchanged families are not told again.
    """
    return _pushed(Night.of(context, hub), hub, "synchronise_families")


def registrations_pushed(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any] | None:
    """The children whose file is complete, registered with the body that decides, each once.

    Planned here and carried by the worker as soon as the body is open. A paper without a ground is withheld and counted.
    """
    return _pushed(Night.of(context, hub), hub, "register", "create")


def decisions_pulled(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any] | None:
    """What a body decided since it was last asked; asked only where a family awaits a decision of it.

    One question a day, carried by the worker; what comes back is recorded there and told to the families concerned.
    """
    night = Night.of(context, hub)
    if "tariff_decisions" not in night.binding.cadence:
        return None
    done = hub.plan_pulls(night.binding.slug, night.day)
    return night.shown({"exchanges": done.exchanges, "awaited": done.awaited})


def files_taken_in(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any] | None:
    """What a Caisse left in its folder: decisions, attendance, registers, each file once by its bytes.

    A file is taken when it has stopped growing. What became of each line is told to the Caisse in a file of its own;
    attendance is checked and counted, and not kept.
    """
    night = Night.of(context, hub)
    if "take_in" not in night.binding.cadence:
        return None
    files = hub.take_files_in(night.binding.slug, correlation=night.correlation)
    return night.shown(taken_facts(files), [aside_check(files)])


def quotients_asked(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any] | None:
    """The quotient familial of each family with an open request that lacks it, asked for at the source once more.

    Only under the habilitation of the body that decides, and never in store. The worker asks, spread over two hours.
    """
    night = Night.of(context, hub)
    if night.binding.connector != "api-particulier":
        return None
    done = hub.ask_quotients(night.binding.slug)
    return night.shown({"open": done.open, "asked": done.asked})


def day_reconciled(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any]:
    """What we began with a body that day, set against what it is known to have come to: nothing lost, nothing doubled.

    Each exchange is counted under one word: well, refused by the body, under way, in doubt, or waiting for a person.
    """
    night = Night.of(context, hub)
    seen = hub.tally_settled(night.binding.slug, night.day)
    facts: Facts = {
        name: getattr(seen, name) for name in ("well", "refused", "under_way", "in_doubt", "stuck", "families")
    }
    open_until = hub.closed_until(night.binding.slug)
    if open_until is not None:
        facts["closed_until"] = open_until.isoformat()
    checks = [_settled(seen, closed=open_until is not None), _fresh(night, hub, seen), _usual(night, hub, seen)]
    return night.shown(facts, checks)


def _pushed(night: Night, hub: HubResource, *operations: str) -> MaterializeResult[Any] | None:
    if not night.binding.cadence.keys() & set(operations):
        return None
    done = hub.plan_pushes(night.binding.slug, night.day)
    names = ("exchanges", "lines", "withheld", "unwritable", "waiting")
    facts = {f"{name}_planned" if name == "exchanges" else name: getattr(done, name) for name in names}
    return night.shown(facts, [_withheld(done.withheld + done.unwritable)])


def taken_facts(files: "Sequence[FileTaken]") -> Facts:
    """Return the counts of files taken in."""
    return {
        "files": len(files),
        "taken": sum(one.taken for one in files),
        "aside": sum(one.aside for one in files),
        "refused": sum(one.outcome == OutcomeKind.REJECTED for one in files),
    }


def aside_check(files: "Sequence[FileTaken]") -> AssetCheckResult:
    """Return whether every line of every file was taken."""
    facts = taken_facts(files)
    whole = not facts["aside"] and not facts["refused"]
    return AssetCheckResult(check_name=NOTHING_ASIDE, passed=whole, severity=AssetCheckSeverity.WARN)


def _handed_over(done: "HandOver") -> AssetCheckResult:
    return AssetCheckResult(
        check_name=HANDED_OVER, passed=done.outcome in WELL, metadata={"outcome": str(done.outcome)}
    )


def _withheld(many: int) -> AssetCheckResult:
    severity = AssetCheckSeverity.WARN
    return AssetCheckResult(check_name=NOTHING_WITHHELD, passed=not many, severity=severity, metadata={"papers": many})


def _settled(seen: "Tally", *, closed: bool) -> AssetCheckResult:
    """Say whether all came to its end; what waits for a body's own hours is no fault."""
    waits = 0 if closed else seen.under_way
    facts = {"in_doubt": seen.in_doubt, "stuck": seen.stuck, "under_way": seen.under_way}
    passed = not (seen.in_doubt or seen.stuck or waits)
    severity = AssetCheckSeverity.ERROR if seen.in_doubt or seen.stuck else AssetCheckSeverity.WARN
    return AssetCheckResult(check_name=ALL_SETTLED, passed=passed, severity=severity, metadata=facts)


def _fresh(night: Night, hub: HubResource, seen: "Tally") -> AssetCheckResult:
    """Say whether each operation that began anything did its business within its cadence; one that never did says so."""
    now = hub.now()
    late = {
        operation: (now - newest).total_seconds() / 3600 if (newest := seen.newest.get(operation)) else -1.0
        for operation, cadence in night.binding.cadence.items()
        if operation in seen.volumes and (seen.newest.get(operation) or now - 10 * cadence) < now - SLACK * cadence
    }
    hours = {f"{operation}_hours": round(age, 1) for operation, age in late.items()}
    return AssetCheckResult(check_name=FRESH, passed=not late, severity=AssetCheckSeverity.WARN, metadata=hours)


def _usual(night: Night, hub: HubResource, seen: "Tally") -> AssetCheckResult:
    """Say whether each operation brought about as much as on that day of the week before, by what its manifest allows."""
    changes = hub.changes_allowed(night.binding.connector)
    odd = {
        operation: f"{volume.here}, usually {volume.usual:g}"
        for operation, volume in seen.volumes.items()
        if volume.usual is not None and not volume.within(changes.get(operation))
    }
    return AssetCheckResult(check_name=USUAL_VOLUME, passed=not odd, severity=AssetCheckSeverity.WARN, metadata=odd)


_KEPT_BACK = {NOTHING_WITHHELD: "No paper and no line was left out that day."}
NIGHT: Sequence[AssetsDefinition] = (
    _night_asset(
        caisse_hand_over,
        checks={HANDED_OVER: "The Caisse has its file, or none was due."} | _KEPT_BACK,
        deps=["school_files"],
    ),
    _night_asset(families_synchronised, checks=_KEPT_BACK, deps=["school_files"]),
    _night_asset(registrations_pushed, checks=_KEPT_BACK, deps=["school_files"]),
    _night_asset(decisions_pulled, checks={}),
    _night_asset(files_taken_in, checks={NOTHING_ASIDE: "Every line of every file was taken."}),
    _night_asset(quotients_asked, checks={}, deps=["school_files"]),
    _night_asset(
        day_reconciled,
        checks={
            ALL_SETTLED: "Everything begun that day came to its end; nothing is in doubt or waits for a person.",
            FRESH: "Each operation did its business within its cadence.",
            USUAL_VOLUME: "It brought about as much as on that day of the week before.",
        },
        last=True,
    ),
)
"""The seven steps of a night, the last one last."""
