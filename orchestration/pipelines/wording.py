"""What of a failure may reach Dagster's storage: the name of its class and the run it happened in, never its text."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from dagster import AssetExecutionContext, Failure, MaterializeResult, RetryRequested

from orchestration.pipelines.errors import TickFailed
from vault.telemetry import on, span

ResultT = TypeVar("ResultT")
TRIES_MAX = 3
_PASSING = frozenset({"ExchangeInFlight", "DatabaseUnavailable"})
"""By name: the hub is imported where it is called, and this module is loaded with Dagster's pages."""
Body = Callable[..., "MaterializeResult[Any] | None"]


@dataclass(frozen=True, slots=True)
class Tries:
    """How often this was tried before, and in how many seconds what passes by itself is tried again."""

    before: int
    again_in: float


def in_words(call: Callable[[], ResultT], *, correlation: str, tries: Tries | None = None) -> ResultT:
    """Return what ``call`` returns; turn whatever it raises into a :class:`dagster.Failure` without its text or cause.

    An error's text may hold a name or a value; Dagster would keep it, its cause and its context for good. With ``tries``
    what another process holds for now, and a database that is away, is tried up to :data:`TRIES_MAX` times more.
    """
    try:
        return call()
    except (Failure, RetryRequested):
        # Ours, in words already.
        raise
    except Exception as error:  # noqa: BLE001 - the boundary: whatever it is, its text stays here
        if tries is not None and tries.before < TRIES_MAX and type(error).__name__ in _PASSING:
            raise RetryRequested(max_retries=TRIES_MAX, seconds_to_wait=tries.again_in) from None
        raise Failure(
            description=f"{type(error).__name__} (correlation {correlation})",
            metadata={"error": type(error).__name__, "correlation": correlation},
        ) from None


def worded(body: Body) -> Callable[..., Iterator[MaterializeResult[Any]]]:
    """Make an asset's function of ``body``, all of it behind :func:`in_words`; what returns nothing makes nothing.

    Also what goes wrong before and after the call of a use case, in building what is shown, is told by its class alone.
    """

    @wraps(body)
    def op(context: AssetExecutionContext, hub: Any) -> Iterator[MaterializeResult[Any]]:
        tries = Tries(context.op_execution_context.retry_number, hub.again_in)
        with followed(body.__name__, context.run.run_id):
            made = in_words(lambda: body(context, hub), correlation=context.run.run_id, tries=tries)
        if made is not None:
            yield made

    op.__annotations__ = {name: kind for name, kind in body.__annotations__.items() if name != "return"}
    # Dagster would read the return type of what it does not call.
    del op.__wrapped__
    return op


@contextmanager
def followed(asset: str, run_id: str) -> Iterator[None]:
    """Follow the making of an asset; all of a run are one trace, whose number is the run's own."""
    number = run_id.replace("-", "")
    # Where nobody follows it, what is planned belongs to no trace.
    parent = f"00-{number}-{number[:16]}-01" if on() else None
    with span("asset", asset, parent=parent) as told:
        try:
            yield
        except Failure as failure:
            # The class of what was raised is in its words; all of them are a Failure here.
            error = failure.metadata.get("error")
            told["outcome"] = "Failure" if error is None else str(error.value)
            raise


def tick_in_words(call: Callable[[], ResultT]) -> ResultT:
    """Return what ``call`` returns; of whatever it raises, a tick's page keeps the class alone.

    Raises :class:`~orchestration.pipelines.errors.TickFailed`.
    """
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the boundary: whatever it is, its text stays here
        raise TickFailed(type(error).__name__) from None
