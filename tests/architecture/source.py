"""Our own source as the architecture tests read it."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orchestration.stack.layout import CODE_ROOT

PACKAGES = ("contracts", "vault", "connectors", "hub", "orchestration")


@dataclass(frozen=True)
class Module:
    """One module: its dotted name and its text."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    def imports(self) -> Iterator[tuple[str, str]]:
        """Every import as module and name; the name is empty for a whole module."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                parts = self.package.split(".")[: -node.level + 1 or None] if node.level else []
                base = ".".join([*parts, *([node.module] if node.module else [])])
                yield from ((base, alias.name) for alias in node.names)

    def reaches(self, target: str) -> bool:
        """Whether this module imports ``target`` or anything in it."""
        return any(
            full == target or full.startswith(f"{target}.")
            for module, name in self.imports()
            for full in (module, f"{module}.{name}")
        )

    def uses(self, name: str) -> bool:
        """Whether the name occurs in code, as a name, an attribute or an import."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id == name:
                return True
            if isinstance(node, ast.Attribute) and node.attr == name:
                return True
            if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
                return True
        return False


def modules() -> list[Module]:
    """Every module of ours, migrations included."""
    found = []
    for package in PACKAGES:
        for path in sorted((CODE_ROOT / package).rglob("*.py")):
            dotted = path.relative_to(CODE_ROOT).with_suffix("").as_posix().replace("/", ".")
            found.append(Module(dotted.removesuffix(".__init__"), path))
    return found


MODULES = modules()


def import_all(*packages: str) -> None:
    """Import every module of these packages, so that every class and table of theirs exists."""
    for module in MODULES:
        if module.name.split(".")[0] in packages and not {"versions", "env", "__main__"} & set(module.name.split(".")):
            importlib.import_module(module.name)


def importers(target: str) -> set[str]:
    """Modules outside ``target`` that import it or anything in it."""
    inside = (target, f"{target}.")
    return {m.name for m in MODULES if m.reaches(target) and m.name != target and not m.name.startswith(inside[1])}
