"""A test's own process as a run of the pipelines has it: told what they are told, and nothing more."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from orchestration.pipelines import resources
from orchestration.pipelines.resources import HubResource
from orchestration.stack import environment
from tests.system import System


@contextmanager
def as_pipelines(system: System) -> Iterator[HubResource]:
    """The hub under the pipelines' login, for the time of the block; what is held elsewhere is tried again at once."""
    with pytest.MonkeyPatch.context() as patch:
        for name, told in environment.pipelines("test", system.places, system.stores).items():
            patch.setenv(name, told)
        _forget()
        try:
            yield HubResource(again_in=0.5)
            resources._hub()[0].custody.db.close()
        finally:
            _forget()


def _forget() -> None:
    resources._hub.cache_clear()
    resources._door_url.cache_clear()
    resources._time_stamps.cache_clear()
    resources._follow.cache_clear()
