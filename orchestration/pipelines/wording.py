"""What of a failure may reach Dagster's storage: the name of its class and the run it happened in, never its text."""

from collections.abc import Callable
from typing import TypeVar

from dagster import Failure

ResultT = TypeVar("ResultT")


def in_words(call: Callable[[], ResultT], *, correlation: str) -> ResultT:
    """Return what ``call`` returns; turn whatever it raises into a :class:`dagster.Failure` without its text or cause.

    An error's text may hold a name or a value; Dagster would keep it, its cause and its context for good.
    """
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the boundary: whatever it is, its text stays here
        raise Failure(
            description=f"{type(error).__name__} (correlation {correlation})",
            metadata={"error": type(error).__name__, "correlation": correlation},
        ) from None
