"""The hub as Dagster holds it: built from the environment once a process, when the first op asks for it."""

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from dagster import ConfigurableResource

if TYPE_CHECKING:
    from hub.bootstrap import Back
    from hub.exchanges.handover import HandOver
    from vault.journal.signing import HeadVerifier
    from vault.journal.verify import JournalReport


class HubResource(ConfigurableResource[Any]):
    """The use cases the pipelines call; this process has no private keyset, so none of them opens a document.

    The hub is imported where it is called: Dagster's pages load the definitions and never need it.
    """

    def hand_over(self, binding: str, day: date, *, correlation: str) -> "HandOver":
        """Hand one day's satisfied files to the body of ``binding``; raises what :func:`hand_over_day` raises.

        Raises ``KeyError`` for a binding this installation does not have.
        """
        from hub.bootstrap import drop_transport
        from hub.exchanges.handover import Way, hand_over_day

        back, _ = _hub()
        found = back.bindings.named(binding)
        way = Way(found, drop_transport(found))
        return hand_over_day(back.custody, back.catalogue, way, day, correlation=correlation)

    def verify_journal(self) -> "JournalReport":
        """Recompute the whole journal against its public key."""
        from vault.journal.verify import verify_journal

        back, public_key = _hub()
        with back.custody.db.read() as tx:
            return verify_journal(tx, public_key)


@cache
def _hub() -> "tuple[Back, HeadVerifier]":
    from hub.bootstrap import back, read_settings
    from vault.bootstrap import head_verifier

    vault, hub = read_settings()
    return back(vault, hub), head_verifier(vault)
