"""The hub as Dagster holds it: built from the environment once a process, when the first op asks for it."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from dagster import ConfigurableResource, InitResourceContext
from pydantic import ValidationError

if TYPE_CHECKING:
    from connectors.time_stamps.authority import Authority
    from hub.bootstrap import Back
    from hub.exchanges.files_in import FileTaken
    from hub.exchanges.handover import HandOver
    from hub.exchanges.pulling import Pulls
    from hub.exchanges.pushing import Pushes
    from hub.exchanges.quotient_round import Round
    from hub.exchanges.tallying import Tally
    from hub.school_files.asks import Figures
    from hub.stamping import Stamped
    from hub.watching.chores import Chore
    from hub.watching.gauges import Gauge
    from vault.db import WriteTx
    from vault.journal.signing import HeadVerifier
    from vault.journal.stamps import HeadStamp
    from vault.journal.verify import JournalReport

ResultT = TypeVar("ResultT")
STAMPED_FOR = timedelta(hours=20)
"""For how long a time-stamp of the journal is enough: one a day, and the looks of that day after it find it there."""
_LOOK_EVERY = 0.2


class HubResource(ConfigurableResource[Any]):
    """The use cases the pipelines call; this process has no private keyset, so none of them opens a document.

    The hub is imported where it is called: Dagster's pages load the definitions and never need it.
    """

    again_in: float = 65.0
    """Seconds after which what another process holds is tried again; longer than it may be silent."""
    patience: float = 20.0
    """Seconds for which a night waits for the worker to carry out what was planned, where the body is open."""

    def setup_for_execution(self, context: InitResourceContext) -> None:  # noqa: ARG002 - Dagster's signature
        """Begin to follow what a run does, where it is told to; once a process."""
        _follow()

    def now(self) -> datetime:
        """Return the hub's clock."""
        return _hub()[0].custody.now()

    def console(self, binding: str, day: date) -> str:
        """Return where the console lists what was exchanged with ``binding`` since ``day``."""
        from hub.watching.telling import exchanges_page

        return exchanges_page(_door_url(), binding, day.isoformat())

    def hand_over(self, binding: str, day: date, *, correlation: str) -> "HandOver":
        """Hand one day's satisfied files to the body of ``binding``; raises what :func:`hand_over_day` raises.

        Raises ``KeyError`` for a binding this installation does not have.
        """
        from hub.bootstrap import drop_transport
        from hub.exchanges.handover import Way, hand_over_day

        back = _open_hub()
        found = back.bindings.named(binding)
        way = Way(found, drop_transport(found))
        return hand_over_day(back.custody, back.catalogue, way, day, correlation=correlation)

    def take_files_in(self, binding: str, *, correlation: str) -> "list[FileTaken]":
        """Take in what the body of ``binding`` left for us; raises what :func:`take_files_in` raises."""
        from hub.bootstrap import drop_transport, inbox_of
        from hub.exchanges.files_in import Folder, take_files_in

        back = _open_hub()
        found = back.bindings.named(binding)
        folder = Folder(found, inbox_of(found), drop_transport(found))
        return take_files_in(back.custody, back.catalogue, folder, correlation=correlation)

    def look_at_folders(self, for_s: float) -> int:
        """Look at the folders of partners that exchange files, each once in five minutes; return how many were looked at.

        Begins with none after ``for_s`` seconds: the next call does. None is looked at under maintenance.
        """
        from connectors.caisse_fichiers.codec import MANIFEST
        from hub.bootstrap import LOOKING, inbox_of
        from hub.errors import UnderMaintenance
        from hub.exchanges.health import folder_is_due, look_at_folder

        try:
            back = _open_hub()
        except UnderMaintenance:
            return 0
        until, seen = time.monotonic() + for_s, 0
        for slug in back.bindings.slugs(MANIFEST.connector):
            found = back.bindings.named(slug)
            if time.monotonic() < until and folder_is_due(back.custody, found):
                way_in = partial(inbox_of, found, LOOKING)
                look_at_folder(back.custody, found, way_in, closed=self.closed_until(slug))
                seen += 1
        return seen

    def plan_pushes(self, binding: str, day: date) -> "Pushes":
        """Plan what changed for the body of ``binding``; raises what :func:`plan_pushes` raises."""
        from hub.exchanges.pushing import plan_pushes

        back, _ = _hub()
        return plan_pushes(back.custody, back.catalogue, back.ways[binding], day)

    def plan_pulls(self, binding: str, day: date) -> "Pulls":
        """Plan the question of what the body of ``binding`` decided."""
        from hub.exchanges.pulling import plan_pulls

        back, _ = _hub()
        return plan_pulls(back.custody, back.ways[binding], day)

    def let_go_edits(self) -> int:
        """Have sent what a second operator approved, on grounds looked for anew; return how many went, none under maintenance."""
        from hub.errors import UnderMaintenance
        from hub.exchanges.editing import let_go

        try:
            back = _open_hub()
        except UnderMaintenance:
            return 0
        return sum(let_go(back.custody, back.catalogue, way) for way in back.ways.values())

    def ask_quotients(self, binding: str) -> "Round":
        """Have the worker ask at the source for what open requests at the body of ``binding`` lack."""
        from hub.exchanges.quotient_round import ask_open_quotients

        back, _ = _hub()
        return ask_open_quotients(back.custody, back.catalogue, back.bindings.named(binding))

    def tally_settled(self, binding: str, day: date) -> "Tally":
        """Count a day's exchanges; while the worker still carries some and the body is open, wait for a while.

        What no worker carries, a file that could not be handed over, is not waited for.
        """
        from hub.exchanges.tallying import tally_day

        back, _ = _hub()
        found = back.bindings.named(binding)
        until = time.monotonic() + (self.patience if binding in back.ways else 0)
        while True:
            seen = tally_day(back.custody.db, found, day, now=back.custody.now())
            if not seen.under_way or time.monotonic() > until or self.closed_until(binding) is not None:
                return seen
            time.sleep(_LOOK_EVERY)

    def closed_until(self, binding: str) -> datetime | None:
        """Return when the body of ``binding`` opens again, or None where it is open."""
        from connectors.registry import MANIFESTS

        back, _ = _hub()
        connector, found = back.bindings.by_slug[binding]
        now = back.custody.now()
        windows = (*found.closed, *MANIFESTS[connector].closed)
        return max((until for one in windows if (until := one.until(now)) is not None), default=None)

    def changes_allowed(self, connector: str) -> Mapping[str, float]:
        """Return by what share each operation of a connector may differ from what is usual, as its manifest says."""
        from connectors.registry import MANIFESTS

        operations = MANIFESTS[connector].operations.items()
        return {name: one.change_max for name, one in operations if one.change_max is not None}

    def verify_journal(self) -> "JournalReport":
        """Recompute the whole journal against its public key."""
        from vault.journal.verify import verify_journal

        back, public_key = _hub()
        with back.custody.db.read() as tx:
            return verify_journal(tx, public_key)

    def stamp_journal(self) -> "HeadStamp | None":
        """Have the newest signed head stamped, unless that was done within :data:`STAMPED_FOR`, or nobody is told to.

        Raises what :func:`hub.stamping.stamp_head` raises.
        """
        from hub.stamping import stamp_head

        authority = _time_stamps()
        if authority is None:
            return None
        return stamp_head(_hub()[0].custody.db, authority, now=self.now(), rested=STAMPED_FOR)

    def verify_stamps(self) -> "Stamped | None":
        """Verify every time-stamp of the journal; nothing where no authority is told."""
        from connectors.time_stamps.tokens import Trust
        from hub.stamping import verify_stamps
        from vault.journal.stamps import all_stamps

        authority = _time_stamps()
        if authority is None:
            return None
        with _hub()[0].custody.db.read() as tx:
            return verify_stamps(all_stamps(tx), Trust(None, authority.trust.roots))

    def figures(self) -> "list[Figures]":
        """Count how often families were asked and spared, by service."""
        from hub.school_files.asks import figures

        with _hub()[0].custody.db.read() as tx:
            return figures(tx)

    def catalogue(self) -> dict[str, str | int]:
        """Return the version of the catalogue, how much it describes, and by which version all was judged last."""
        from hub.school_files.reevaluating import judged_by

        back, _ = _hub()
        with back.custody.db.read() as tx:
            last = judged_by(tx)
        found = back.catalogue
        counts = {"evidence_types": len(found.evidence), "services": len(found.services), "bodies": len(found.bodies)}
        return {"version": found.version, "judged_by": last or "", **counts}

    def ask_chore(self, kind: str, about: str) -> UUID:
        """Ask the worker for something; return the number of what was asked."""
        from hub.watching.chores import ChoreKind, ask_chore

        return self.write(lambda tx: ask_chore(tx, ChoreKind(kind), about, now=self.now()))

    def chore(self, chore_id: UUID) -> "Chore":
        """Return how something stands that the worker was asked for."""
        from hub.watching.chores import chore

        with _hub()[0].custody.db.read() as tx:
            return chore(tx, chore_id)

    def gauges(self) -> "Sequence[Gauge]":
        """Count what waits."""
        from hub.watching.gauges import watched

        with _hub()[0].custody.db.read() as tx:
            return watched(tx, now=self.now())

    def families(self, binding: str, day: date) -> int:
        """Count the families whom a day with ``binding`` concerns."""
        from hub.exchanges.tallying import families_of_day

        back, _ = _hub()
        return families_of_day(back.custody.db, back.bindings.named(binding), day, now=back.custody.now())

    def write(self, act: "Callable[[WriteTx], ResultT]") -> ResultT:
        """Do something in one transaction under the pipelines' login."""
        with _hub()[0].custody.db.transaction() as tx:
            return act(tx)


def _open_hub() -> "Back":
    """Return the hub to write with; raises :class:`~hub.errors.UnderMaintenance`."""
    from hub.maintenance import refuse_while_closed

    back, _ = _hub()
    with back.custody.db.read() as tx:
        refuse_while_closed(tx)
    return back


@cache
def _hub() -> "tuple[Back, HeadVerifier]":
    from hub.bootstrap import back, read_settings
    from vault.bootstrap import head_verifier

    vault, hub = read_settings()
    return back(vault, hub), head_verifier(vault)


@cache
def _follow() -> None:
    from hub.bootstrap import read_settings
    from vault.telemetry import begin

    try:
        hub = read_settings()[1]
    except ValidationError:
        # What is wrong is said by the first call, in words.
        return
    begin("pipelines", traces_to=hub.traces_to, metrics_host=hub.metrics_host, metrics_port=0)


@cache
def _time_stamps() -> "Authority | None":
    from hub.bootstrap import read_settings, time_stamps

    return time_stamps(read_settings()[1])


@cache
def _door_url() -> str:
    from hub.bootstrap import read_settings

    return read_settings()[1].door_url
