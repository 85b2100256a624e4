"""What the supervisor is told to run: the addresses of the stores, a preparation, and our own processes."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from orchestration.stack.errors import BadPlan
from orchestration.stack.layout import Layout
from orchestration.stack.processes import ProcessSpec

DEFAULT_SYSTEM = "orchestration.stack.system:plan"


@dataclass(frozen=True)
class StoreAddresses:
    """Where the two stores answer, and the secrets that open them."""

    postgres_host: str
    postgres_port: int
    passwords: Mapping[str, str] = field(repr=False)
    objects_endpoint: str
    objects_access_key: str = field(repr=False)
    objects_secret_key: str = field(repr=False)
    bucket: str

    def dsn(self, login: str, database: str = "unefois", *, driver: str = "") -> str:
        """A libpq address for ``login``; ``driver="psycopg"`` or ``"psycopg2"`` makes it one for SQLAlchemy.

        Raises KeyError for a login the stack does not create.
        """
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        return f"{scheme}://{login}:{self.passwords[login]}@{self.postgres_host}:{self.postgres_port}/{database}"


@dataclass(frozen=True)
class Plan:
    """What to do with the stores.

    ``prepare`` (it migrates) runs once PostgreSQL answers and the logins exist, while the object store still comes up;
    ``processes`` are started when it has returned and both stores answer.
    """

    prepare: Callable[[StoreAddresses], None]
    processes: Callable[[StoreAddresses], Sequence[ProcessSpec]]


def load_plan(system: str, layout: Layout) -> Plan:
    """Call ``module:function`` with the layout and return its plan; raises BadPlan."""
    module, _, function = system.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)(layout)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"the plan « {system} » cannot be loaded: {error}"
        raise BadPlan(message) from error
    if not isinstance(made, Plan):
        message = f"« {system} » did not return a plan"
        raise BadPlan(message)
    return made
