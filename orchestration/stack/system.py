"""The one-machine system of Une Fois: which processes, in which order, told what."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.pipelines.instance import PREFIX, instance_environment, prepare_instance
from orchestration.stack import environment, provision
from orchestration.stack.errors import RestoreUnfinished
from orchestration.stack.layout import CODE_ROOT, Layout
from orchestration.stack.places import Places
from orchestration.stack.plan import Plan, StoreAddresses
from orchestration.stack.processes import ProcessSpec


class StackSettings(BaseSettings):
    """Read from ``UNEFOIS_*``; the one-machine system is never production."""

    model_config = SettingsConfigDict(env_prefix="UNEFOIS_", frozen=True, extra="ignore")

    profile: Literal["demo", "test"] = Field()
    pipelines: bool = True
    """Whether Dagster comes up beside the rest."""
    clamd_socket: Path | None = None
    """Where ClamAV's daemon listens, where there is one: papers are then scanned by it too."""
    erasures_copy: Path | None = None
    """A folder elsewhere to which every line of the log of erasures is copied as it is written."""


def plan(layout: Layout) -> Plan:
    """Return the plan of the system on this state folder."""
    told: dict[str, str] = {}
    settings = StackSettings(**told)  # type: ignore[arg-type]  # everything comes from the environment
    if layout.restoring.exists():
        message = f"a restore into {layout.state} did not come to its end; empty the folder and restore again"
        raise RestoreUnfinished(message)
    places = Places.chosen(layout)

    def prepare(stores: StoreAddresses) -> None:
        provision.provision_files(places)
        provision.migrate(stores)
        provision.apply_partners(places, stores)
        provision.apply_agents(stores)

    def processes(stores: StoreAddresses) -> Sequence[ProcessSpec]:
        return [*_own(settings, places, stores), *(_dagster(settings, places, stores))]

    return Plan(prepare, processes)


def _own(settings: StackSettings, places: Places, stores: StoreAddresses) -> list[ProcessSpec]:
    profile = settings.profile
    behind = {"HUB_PIPELINES_URL": places.url("dagster-web")} if settings.pipelines else {}
    scanned = {} if settings.clamd_socket is None else {"VAULT_CLAMD_SOCKET": str(settings.clamd_socket)}
    copied = {} if settings.erasures_copy is None else {"VAULT_ERASURES_COPY": str(settings.erasures_copy)}

    def spec(name: str, arguments: Sequence[str], env: Mapping[str, str], *, health: bool = True) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            argv=(sys.executable, "-m", *arguments),
            env={"PYTHONPATH": str(CODE_ROOT), **env},
            health_url=f"{places.url(name)}/health" if health else None,
        )

    return [
        spec("sandbox", ("connectors.sandbox",), environment.sandbox(profile, places)),
        spec("door", ("hub.app", "door"), environment.door(profile, places, stores) | behind),
        spec("release", ("hub.app", "release"), environment.release(profile, places, stores)),
        spec(
            "worker",
            ("orchestration.cli", "worker"),
            environment.worker(profile, places, stores) | scanned | copied,
            health=False,
        ),
    ]


def _dagster(settings: StackSettings, places: Places, stores: StoreAddresses) -> list[ProcessSpec]:
    """Dagster's three processes, which come up in their own time and never delay the rest."""
    if not settings.pipelines:
        return []
    prepare_instance(places.dagster_home, code_port=places.ports["dagster-code"])
    instance = instance_environment(places.dagster_home, stores.dsn("unefois_dagster", "dagster", driver="psycopg2"))
    code_port, web_port = places.ports["dagster-code"], places.ports["dagster-web"]

    def spec(name: str, arguments: Sequence[str], env: Mapping[str, str], health_url: str | None = None) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            argv=(sys.executable, "-m", "orchestration.pipelines.serve", *arguments),
            env={"PYTHONPATH": str(CODE_ROOT), **instance, **env},
            health_url=health_url,
            waited=False,
        )

    # Only the code server is told how to reach the hub: runs are its children. Pages and daemon know Dagster alone.
    return [
        spec("dagster-code", ("code", str(code_port)), environment.pipelines(settings.profile, places, stores)),
        spec("dagster-web", ("web", str(web_port)), {}, f"{places.url('dagster-web')}{PREFIX}/server_info"),
        spec("dagster-daemon", ("daemon",), {}),
    ]
