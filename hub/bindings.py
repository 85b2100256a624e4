"""Bindings as files say: one connector for one body, its address from a named place, its secrets by reference.

A binding that enables what the purpose matrix does not allow its use case is refused when it is read.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors.api_particulier.routes import ROUTES
from connectors.port import Binding
from contracts.identifiers import Siret, is_siret
from hub.requirements.catalogue import load


class _BindingFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    slug: str
    connector: str
    siret: str
    base_url: str
    secrets: dict[str, str]
    use_case: str = ""
    scopes: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()

    def enabled(self, matrix: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """Return what the body may ask for; raises ``ValueError`` where its use case or habilitation does not allow it.

        What a use case neither expects nor leaves open is refused, forbidden by name or not.
        """
        if self.connector != "api-particulier":
            if self.operations or self.scopes or self.use_case:
                raise ValueError(f"{self.slug}: only api-particulier has use cases")
            return frozenset()
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
    def load(cls, folder: Path, *, places: Mapping[str, str], secrets: Path | None) -> "Bindings":
        """Read every binding; a secret reference is a path below ``secrets``.

        Without ``secrets`` the bindings have none, and a connector that needs one refuses. Raises ``ValueError`` for a
        file that is wrong.
        """
        found: dict[str, tuple[str, Binding]] = {}
        matrix = load().may_be_fetched()
        for path in sorted(folder.glob("*.toml")):
            file = _BindingFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
            if not is_siret(file.siret):
                raise ValueError(f"{path.name}: not a SIRET")
            values = {
                name: SecretStr((secrets / reference).read_text(encoding="utf-8").strip())
                for name, reference in file.secrets.items()
                if secrets is not None
            }
            address = file.base_url.format_map(places)
            enabled = file.enabled(matrix)
            found[file.slug] = (file.connector, Binding(file.slug, address, Siret(file.siret), values, enabled))
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
