"""Which engine reads words from pixels: what is wanted, and what it comes to on this machine; loads nothing."""

import importlib.util
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any, Self

LANGUAGE = "fra"
_USUAL_PLACES = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
"""Where Debian's ``tesseract-ocr-fra`` puts its data, and other systems theirs."""


class Choice(StrEnum):
    """Which engine to use: the best there is, one of them, or none."""

    BEST = "best"
    TESSERACT = "tesseract"
    PACKAGED = "packaged"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a process was told about reading pixels; ``data`` is a folder of Tesseract's language data."""

    choice: Choice = Choice.BEST
    data: Path | None = None

    def french_data(self) -> Path | None:
        """Return the folder with Tesseract's French data, where Tesseract is wanted and both are there."""
        if self.choice not in (Choice.BEST, Choice.TESSERACT) or not _has("tesserocr"):
            return None
        places = [self.data] if self.data is not None else [Path(place) for place in _USUAL_PLACES]
        return next((place for place in places if (place / f"{LANGUAGE}.traineddata").is_file()), None)

    def packaged(self) -> bool:
        """Tell whether the engine whose model lies in its wheel is wanted and there."""
        return self.choice in (Choice.BEST, Choice.PACKAGED) and _has("rapidocr") and _has("onnxruntime")

    def comes_to(self) -> str:
        """Return engine and version as they will be used on this machine; empty where there is none.

        Without one, what a photograph or a scan says stays unread, and its findings say so.
        """
        if self.french_data() is not None:
            return f"tesserocr {metadata.version('tesserocr')}, {LANGUAGE}"
        return f"rapidocr {metadata.version('rapidocr')}" if self.packaged() else ""

    def to_wire(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"choice": self.choice.value, "data": None if self.data is None else str(self.data)}

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """Rebuild it from :meth:`to_wire`."""
        return cls(Choice(wire["choice"]), None if wire["data"] is None else Path(wire["data"]))


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
