"""Bindings as files say: one connector for one body, its address from a named place, its secrets by reference.

A binding that enables what the purpose matrix does not allow its use case is refused when it is read.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors.api_particulier.routes import ROUTES
from connectors.port import Binding, Window
from contracts.identifiers import Siret, is_siret
from hub.requirements.catalogue import load


class _BindingFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    slug: str
    connector: str
    siret: str
    agreement: str
    """The convention it rests on, by its reference in the partner's file."""
    base_url: str
    token_url: str = ""
    """Where a partner that wants client credentials gives tokens."""
    secrets: dict[str, str] = {}
    file_keys: dict[str, str] = {}
    """References of the keys for a folder behind SFTP; they lie apart, for a process that holds no other secret."""
    cadence: dict[str, timedelta] = {}
    """How often each operation is expected, at the least (ISO 8601 durations)."""
    closed: tuple[Window, ...] = ()
    cutoff: time | None = None
    """By when, by the clock of Paris, the body has to have what is of the day before; the pipelines hold to it."""
    use_case: str = ""
    scopes: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()

    def enabled(self, matrix: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """Return what the body may ask for; raises ``ValueError`` where its use case or habilitation does not allow it.

        What a use case neither expects nor leaves open is refused, forbidden by name or not. Of every other connector
        it is what the body is told or asked regularly.
        """
        if self.connector != "api-particulier":
            if self.operations or self.scopes or self.use_case:
                raise ValueError(f"{self.slug}: only api-particulier has use cases")
            return frozenset(self.cadence)
        if not self.operations:
            raise ValueError(f"{self.slug}: no operation is enabled")
        for name in sorted(self.operations):
            route = ROUTES.get(name)
            if route is None:
                raise ValueError(f"{self.slug}: no such operation: {name}")
            if route.datum not in matrix.get(self.use_case, ()):
                raise ValueError(f"{self.slug}: {self.use_case or 'no use case'} does not allow {route.datum}")
            if lacking := route.scopes - self.scopes:
                raise ValueError(f"{self.slug}: {name} needs scopes {sorted(lacking)}")
        return self.operations


@dataclass(frozen=True, slots=True)
class Bindings:
    """All bindings of this installation."""

    by_slug: Mapping[str, tuple[str, Binding]] = field(repr=False)

    @classmethod
    def load(
        cls, folder: Path, *, places: Mapping[str, str], secrets: Path | None, file_keys: Path | None = None
    ) -> "Bindings":
        """Read every binding; a secret reference is a path below ``secrets``, a file key's one below ``file_keys``.

        Without that folder the bindings have none, and a connector that needs one refuses. Raises ``ValueError`` for a
        file that is wrong.
        """
        found: dict[str, tuple[str, Binding]] = {}
        matrix = load().may_be_fetched()
        for path in sorted(folder.glob("*.toml")):
            file = _BindingFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
            if not is_siret(file.siret):
                raise ValueError(f"{path.name}: not a SIRET")
            values = _resolved(secrets, file.secrets) | _resolved(file_keys, file.file_keys)
            address = file.base_url.format_map(places)
            enabled = file.enabled(matrix)
            if file.slug in found or file.slug != path.stem:
                raise ValueError(f"{path.name}: a binding is called as its file is")
            binding = Binding(
                file.slug, address, Siret(file.siret), values, enabled, file.closed, file.token_url.format_map(places)
            )
            found[file.slug] = (file.connector, binding)
        return cls(found)

    def of(self, connector: str, siret: str) -> Binding | None:
        """Return the binding of one connector for one body, if there is one."""
        return next(
            (binding for name, binding in self.by_slug.values() if name == connector and binding.siret == siret), None
        )

    def named(self, slug: str) -> Binding:
        """Return the binding called ``slug``; raises ``KeyError``."""
        return self.by_slug[slug][1]

    def slugs(self, connector: str) -> list[str]:
        """Return the names of all bindings of one connector."""
        return [slug for slug, (name, _) in self.by_slug.items() if name == connector]


def _resolved(folder: Path | None, references: Mapping[str, str]) -> dict[str, SecretStr]:
    if folder is None:
        return {}
    return {
        name: SecretStr((folder / reference).read_text(encoding="utf-8").strip())
        for name, reference in references.items()
    }
