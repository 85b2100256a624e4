"""What accumulates: the days handed to each Caisse, and the proof that the journal still verifies."""

from datetime import date

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    Failure,
    MaterializeResult,
    MultiPartitionKey,
    asset,
)

from contracts.outcomes import OutcomeKind
from orchestration.pipelines.partitions import BINDING, CAISSE_DAYS, DAY
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.wording import in_words

OWNERS = ("team:interoperability",)
HANDED_OVER = "handed_over"
NOTHING_WITHHELD = "nothing_withheld"
WELL = frozenset({OutcomeKind.APPLIED, OutcomeKind.DUPLICATE, OutcomeKind.EMPTY})
"""The day is done: the Caisse has its file, had it already, or there was nothing to hand over."""


@asset(
    group_name="caisses",
    owners=OWNERS,
    partitions_def=CAISSE_DAYS,
    check_specs=[
        AssetCheckSpec(HANDED_OVER, asset="caisse_hand_over", description="The Caisse has its file, or none was due."),
        AssetCheckSpec(NOTHING_WITHHELD, asset="caisse_hand_over", description="No paper was held back that day."),
    ],
)
def caisse_hand_over(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult:  # type: ignore[type-arg]  # Dagster wants the bare class
    """The school files that became complete on one day, handed to one Caisse des écoles in its own file format.

    Each child passes the one gate out first: a paper without a ground, or outside the Caisse's agreement, is withheld
    and counted. A day on which nothing became complete is a success, with the outcome « empty ». Running a day again
    is harmless: the same lines make the same file. Only counts and words are kept here.
    """
    key = context.partition_key
    if not isinstance(key, MultiPartitionKey) or not CAISSE_DAYS.has_partition_key(key):
        # A run launched by tags is not checked by Dagster until the op has had its effect.
        raise Failure(description="There is no such binding, or this day has not begun.")
    binding, day = key.keys_by_dimension[BINDING], date.fromisoformat(key.keys_by_dimension[DAY])
    correlation = context.run.run_id
    done = in_words(lambda: hub.hand_over(binding, day, correlation=correlation), correlation=correlation)
    facts: dict[str, str | int | bool] = {
        "outcome": str(done.outcome),
        "lines": done.lines,
        "withheld": done.withheld,
        "repeated": done.repeated,
        "exchange": str(done.exchange_id),
        "correlation": correlation,
    }
    if done.outcome == OutcomeKind.UNAVAILABLE:
        # Nothing reached the Caisse, so nothing exists to be shown as made; the day can simply be run again.
        raise Failure(description="The Caisse's folder could not be reached; run this day again.", metadata=facts)
    return MaterializeResult(metadata=facts, check_results=_checks(done.outcome, done.withheld))


def _checks(outcome: str, withheld: int) -> list[AssetCheckResult]:
    return [
        AssetCheckResult(check_name=HANDED_OVER, passed=outcome in WELL, metadata={"outcome": str(outcome)}),
        AssetCheckResult(
            check_name=NOTHING_WITHHELD,
            passed=withheld == 0,
            severity=AssetCheckSeverity.WARN,
            metadata={"withheld": withheld},
        ),
    ]


@asset(group_name="journal", owners=OWNERS, pool="journal")
def journal_verified(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult:  # type: ignore[type-arg]  # Dagster wants the bare class
    """The journal recomputed from its first entry to its last: every entry, every tree node, every signed head.

    It fails when one bit of what was recorded is no longer what was signed, and names the first place that is wrong.
    """
    report = in_words(hub.verify_journal, correlation=context.run.run_id)
    facts: dict[str, str | int] = {
        "sequenced": report.sequenced,
        "waiting": report.waiting,
        "records": report.records,
        "heads": report.heads,
    }
    if report.fault is not None:
        if report.fault.leaf_index is not None:
            facts["leaf"] = report.fault.leaf_index
        raise Failure(description=f"The journal does not verify: {report.fault.what}.", metadata=facts)
    return MaterializeResult(metadata=facts)
