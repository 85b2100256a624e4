"""Dagster's storage in PostgreSQL over connections that stay: its own opens one, and signs in anew, for every event."""

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine

STAYING = 1
"""Connections that a process keeps between two uses; what its threads need beside it comes and goes."""


class StayingStorage(DagsterPostgresStorage):
    """What Dagster's own storage of this name is, for processes that live as long as one of its connections may.

    A step writes a dozen events; signing in for each of them (SCRAM, RFC 5802) took longer than the step.
    """

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Make the storage of events, runs and schedules with one pool for the three."""
        super().__init__(postgres_url, should_autocreate_tables=True, inst_data=inst_data)
        # The ping finds what a restart or a firewall ended; Dagster itself tries a new connection, never a statement.
        settings: dict[str, Any] = {"pool_size": STAYING, "max_overflow": -1, "pool_pre_ping": True}
        engine = create_pg_engine(postgres_url, isolation_level="AUTOCOMMIT", **settings)
        for one in (self._run_storage, self._event_log_storage, self._schedule_storage):
            one._engine = engine  # noqa: SLF001 - the only place where it can be said

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "StayingStorage":
        """Return the storage that ``dagster.yaml`` describes."""
        return cls(config_value["postgres_url"], inst_data)
