"""Say of every schema of a folder whether it can be used, and why not; one bad file never hides another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from connectors.errors import ConnectorError
from connectors.schemas.catalogue import Catalogue
from connectors.schemas.compiling import compile_xsd, in_words
from connectors.schemas.wsdl import load_wsdl


class Kind(StrEnum):
    """What a file says it is, by its name."""

    XSD = "xsd"
    WSDL = "wsdl"


def kind_of(path: str) -> Kind | None:
    """Return what the name of ``path`` says it is, in whatever case, or None."""
    _, dot, suffix = path.rpartition(".")
    return Kind(suffix.lower()) if dot and suffix.lower() in set(Kind) else None


def fault_of(catalogue: Catalogue, path: str) -> str:
    """Return why the schema at ``path`` cannot be used, with line and reason, or nothing where it can."""
    try:
        if kind_of(path) is Kind.WSDL:
            load_wsdl(catalogue, path)
        else:
            compile_xsd(catalogue, path)
    except ConnectorError as error:
        return in_words(error)
    except (RecursionError, MemoryError) as error:
        return f"needs more than is granted to one file: {type(error).__name__}"
    except Exception as error:  # noqa: BLE001 - a fault of a parser is this file's fate, and the others are still looked at
        return f"cannot be checked: {type(error).__name__}: {error}"
    return ""


@dataclass(slots=True)
class Report:
    """What became of each file, by kind; a reason for each that failed."""

    faults: dict[str, str] = field(default_factory=dict)
    """Path to reason; an empty reason is a file that can be used."""

    @property
    def holds(self) -> bool:
        """Whether every file can be used."""
        return not any(self.faults.values())

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON values, sorted by path."""
        return {kind.value: self._of(kind) for kind in Kind}

    def _of(self, kind: Kind) -> dict[str, Any]:
        mine: Mapping[str, str] = {path: self.faults[path] for path in sorted(self.faults) if kind_of(path) is kind}
        return {"ok": sum(not reason for reason in mine.values()), "failed": {p: r for p, r in mine.items() if r}}
