"""What accumulates for the whole City: the journal's proof, the catalogue, figures, and what the worker does when asked."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    Config,
    Failure,
    MaterializeResult,
    asset,
)

from orchestration.pipelines.bindings import bound
from orchestration.pipelines.forgetting import forget
from orchestration.pipelines.nights import NOTHING_ASIDE, OWNERS, Facts, aside_check, taken_facts
from orchestration.pipelines.resources import HubResource
from orchestration.pipelines.wording import Body, followed, in_words, worded

if TYPE_CHECKING:
    from hub.exchanges.files_in import FileTaken
    from hub.stamping import Stamped

FOLDERS_REACHED, NOTHING_MISSING, WHOLE, DATED = "folders_reached", "nothing_missing", "described", "dated"
_LOOK_EVERY = 0.2


def _city_asset(body: Body, *, group: str, checks: Mapping[str, str] | None = None) -> AssetsDefinition:
    """Make an asset of something done for the whole City, one at a time."""
    name = body.__name__
    specs = [AssetCheckSpec(check, asset=name, description=words) for check, words in (checks or {}).items()]
    return asset(name=name, group_name=group, owners=OWNERS, pool=name, output_required=False, check_specs=specs)(
        worded(body)
    )


def caisse_files_in(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any]:
    """What the Caisses left for us in their folders: decisions, attendance, registrations, each file once by its bytes.

    A folder that cannot be reached hinders no other one, and is not an empty one: it fails the check, and the next look
    finds what lies there. What became of each line is told to the Caisse in a file of its own; only counts are kept here.
    """
    files: list[FileTaken] = []
    failed: dict[str, str] = {}
    for binding in (one.slug for one in bound() if "take_in" in one.cadence):
        try:
            files += in_words(partial(hub.take_files_in, binding, correlation=context.run.run_id), correlation=binding)
        except Failure as failure:
            failed[binding] = str(failure.description)
    reached = AssetCheckResult(check_name=FOLDERS_REACHED, passed=not failed, metadata=dict(failed.items()))
    return MaterializeResult(metadata=taken_facts(files), check_results=[reached, aside_check(files)])


def journal_verified(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any]:  # noqa: ARG001 - Dagster's signature
    """The journal recomputed from its first entry to its last: every entry, tree node, signed head and time-stamp.

    It fails when one bit of what was recorded is no longer what was signed, and names the first place that is wrong.
    """
    report = hub.verify_journal()
    facts: Facts = {name: getattr(report, name) for name in ("sequenced", "waiting", "records", "heads")}
    if report.fault is not None:
        if report.fault.leaf_index is not None:
            facts["leaf"] = report.fault.leaf_index
        facts["error"] = "JournalBroken"
        raise Failure(description=f"The journal does not verify: {report.fault.what}.", metadata=facts)
    stamps = hub.verify_stamps()
    if stamps is not None and stamps.fault:
        raise Failure(
            description=f"The journal does not verify: {stamps.fault}.", metadata=facts | {"error": "JournalBroken"}
        )
    dated = AssetCheckResult(
        check_name=DATED,
        passed=stamps is not None and not stamps.late(hub.now()),
        severity=AssetCheckSeverity.WARN,
        metadata=_dated(stamps),
    )
    return MaterializeResult(metadata=facts, check_results=[dated])


def _dated(stamps: "Stamped | None") -> Facts:
    if stamps is None:
        return {"authority": "none is told"}
    return {"stamps": stamps.many, "newest": "none" if stamps.newest is None else stamps.newest.isoformat()}


def journal_stamped(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any] | None:  # noqa: ARG001 - Dagster's signature
    """The newest signed head under a time-stamp of an authority outside, so that nobody has to believe our clock.

    Once a day: nothing is made where the last one is younger than twenty hours, or no authority is told. An authority
    that is away fails this run and hinders nothing; the next look, six hours later, asks again.
    """
    stamp = hub.stamp_journal()
    if stamp is None:
        return None
    facts: Facts = {"head": stamp.tree_size, "stamped_at": stamp.stamped_at.isoformat(), "serial": stamp.serial}
    return MaterializeResult(metadata=facts | {"policy": stamp.policy})


def runs_forgotten(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any]:
    """Runs of more than ninety days let go of with all they logged, and what the minute's looks wrote after a fortnight.

    What is newest of an asset, a check or a binding's nights stays for ever. The facts of each day are not here: they
    are exchanges in the hub's own tables, and on the console.
    """
    return MaterializeResult(metadata=asdict(forget(context.instance, now=hub.now())))


def indicators(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any]:  # noqa: ARG001 - Dagster's signature
    """How often families were asked for a paper, and how often they were spared it, service by service.

    Counts that are published at the doors too; nobody's ask is read for them.
    """
    found = hub.figures()
    facts: Facts = {f"{one.service}/asked": one.asked for one in found}
    facts |= {f"{one.service}/spared": sum(one.spared.values()) for one in found}
    facts["asked"] = sum(one.asked for one in found)
    facts["spared"] = sum(sum(one.spared.values()) for one in found)
    return MaterializeResult(metadata=facts)


def catalogue(context: AssetExecutionContext, hub: HubResource) -> MaterializeResult[Any]:  # noqa: ARG001 - Dagster's signature
    """Evidence types, services and requirements as this release says them, and whether all was judged by them since.

    After a release with another catalogue, or a new evidence type, run « evidence_reevaluated ».
    """
    found = hub.catalogue()
    judged = AssetCheckResult(
        check_name=WHOLE, passed=found["judged_by"] == found["version"], severity=AssetCheckSeverity.WARN
    )
    return MaterializeResult(metadata=found, check_results=[judged])


class Patience(Config):
    """How long a run waits for the worker."""

    seconds: float = 600.0


class About(Patience):
    """Which partner is told again, by its SIRET."""

    siret: str


def _chore_asset(
    name: str, kind: str, words: str, *, group: str, checks: Sequence[AssetCheckSpec] = ()
) -> AssetsDefinition:
    """Make an asset of what the worker does when it is asked, with its keys and rights and in its time."""

    @asset(
        name=name,
        group_name=group,
        owners=OWNERS,
        pool=name,
        description=words,
        check_specs=checks,
        output_required=False,
    )
    def asked(context: AssetExecutionContext, config: Patience, hub: HubResource) -> Any:
        with followed(name, context.run.run_id):
            made: MaterializeResult[Any] = in_words(
                lambda: MaterializeResult(
                    metadata=(facts := _worked_off(hub, kind, "", config.seconds)),
                    check_results=_missing(checks, facts),
                ),
                correlation=context.run.run_id,
            )
        yield made

    return asked


def _missing(checks: Sequence[AssetCheckSpec], facts: Facts) -> list[AssetCheckResult]:
    return [
        AssetCheckResult(check_name=one.name, passed=not facts["missing"] and not facts["refused"]) for one in checks
    ]


@asset(name="notifications_redelivered", group_name="partners", owners=OWNERS, pool="notifications_redelivered")
def notifications_redelivered(
    context: AssetExecutionContext, config: About, hub: HubResource
) -> MaterializeResult[Any]:
    """A partner's webhook turned on again: whatever it did not take meanwhile is sent to it, in its order."""
    with followed("notifications_redelivered", context.run.run_id):
        return in_words(
            lambda: MaterializeResult(metadata=_worked_off(hub, "redelivery", config.siret, config.seconds)),
            correlation=context.run.run_id,
        )


def _worked_off(hub: HubResource, kind: str, about: str, within: float) -> Facts:
    """Ask the worker and wait until it has done it; what is not done in time stays asked for.

    Raises :class:`dagster.Failure`.
    """
    chore_id = hub.ask_chore(kind, about)
    until = time.monotonic() + within
    while (seen := hub.chore(chore_id)).state == "asked":
        if time.monotonic() > until:
            raise Failure(description="The worker has not done it yet.", metadata={"error": "WorkerSilent"})
        time.sleep(_LOOK_EVERY)
    facts: Facts = dict(seen.figures)
    if seen.state == "failed":
        raise Failure(description="The worker gave it up.", metadata=facts)
    return facts


CITY: Sequence[AssetsDefinition] = (
    _city_asset(
        caisse_files_in,
        group="bindings",
        checks={
            FOLDERS_REACHED: "Every Caisse's folder could be looked into.",
            NOTHING_ASIDE: "Every line of every file was taken.",
        },
    ),
    _city_asset(
        journal_verified,
        group="journal",
        checks={DATED: "An authority outside stamped a signed head within two days."},
    ),
    _city_asset(journal_stamped, group="journal"),
    _city_asset(indicators, group="figures"),
    _city_asset(catalogue, group="catalogue", checks={WHOLE: "Everything open was judged by this catalogue."}),
    _chore_asset(
        "evidence_reevaluated",
        "reevaluation",
        "Everything judged again that the catalogue or a rule changed since the last time, for instance a new evidence "
        "type; nothing where nothing changed. The worker does it, in batches, and goes on where it stopped.",
        group="catalogue",
    ),
    _chore_asset(
        "retention_carried_out",
        "retention",
        "What is over let go of: papers after their months, journal records after 36, sessions, kept conversations. The "
        "worker does it by itself every six hours; here it is asked to do it now, and says how much went.",
        group="custody",
    ),
    _chore_asset(
        "store_reconciled",
        "reconciliation",
        "The object store set against the rows: what no row names goes after a day, and what a row names and the store "
        "has not is written down and fails the check.",
        group="custody",
        checks=[
            AssetCheckSpec(
                NOTHING_MISSING, asset="store_reconciled", description="Every object that a row names is there."
            )
        ],
    ),
    _city_asset(runs_forgotten, group="custody"),
    notifications_redelivered,
)
"""What is done for the whole City."""
