"""Engines that read words from pixels, behind one small port."""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image, ImageDraw

from vault.ingest.engines import LANGUAGE, Wanted
from vault.ingest.words import Seen

_PAGE_MILLISECONDS = 30_000
"""On the clock, so wide that a busy machine loses no page; what counts is the limit on processor time."""


class Engine(Protocol):
    """Reads an upright grey page, dark on light."""

    @property
    def name(self) -> str:
        """Engine, version and language, as findings keep it."""
        ...

    def words(self, page: Image.Image) -> list[Seen]:
        """Return the words on ``page`` in no promised order; none where it takes too long."""
        ...


def engine(wanted: Wanted) -> Engine | None:
    """Load and return the engine that is wanted, or nothing where this machine has none.

    Tesseract wins where its French data are found; a bare machine has the packaged engine. Nothing is downloaded.
    """
    if (data := wanted.french_data()) is not None:
        with suppress(ImportError, RuntimeError):
            return _warm(_Tesseract(data))
    if wanted.packaged():
        with suppress(ImportError, OSError):
            return _warm(_Packaged())
    return None


def _warm(made: Engine) -> Engine:
    """Have the engine read a word: what it opens at first use, a fork could not open any more."""
    page = Image.new("L", (320, 80), 255)
    ImageDraw.Draw(page).text((20, 15), "Une Fois", fill=0, font_size=40)
    made.words(page)
    return made


class _Tesseract:
    """Tesseract's neural reader by its library; one thread, and safe to share with forks once it has read a page."""

    def __init__(self, data: Path) -> None:
        import tesserocr

        self._library: Any = tesserocr
        # The layout is ours to make from the boxes: columns are taken apart here and joined there.
        self._reader: Any = tesserocr.PyTessBaseAPI(path=str(data), lang=LANGUAGE, psm=tesserocr.PSM.AUTO)
        # What it has to say it would write to a file that a fork cannot open, and fall over it.
        self._reader.SetVariable("debug_file", "")
        version = tesserocr.tesseract_version().split()[1]
        self.name = f"tesseract/{version}/{LANGUAGE}"

    def words(self, page: Image.Image) -> list[Seen]:
        self._reader.SetImage(page)
        self._reader.SetSourceResolution(200)
        try:
            if not self._reader.Recognize(_PAGE_MILLISECONDS):
                return []
            return list(self._words())
        finally:
            self._reader.Clear()

    def _words(self) -> Iterator[Seen]:
        found = self._reader.GetIterator()
        if found is None:
            return
        level = self._library.RIL.WORD
        for word in self._library.iterate_level(found, level):
            box = word.BoundingBox(level)
            with suppress(RuntimeError):
                text = word.GetUTF8Text(level).strip()
                if text and box is not None:
                    left, top, right, bottom = map(float, box)
                    yield Seen(text, left, top, right, bottom, word.Confidence(level) / 100)


class _Packaged:
    """PP-OCR by ONNX Runtime, its model in the wheel of ``rapidocr``; one thread, loaded before the first fork."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import cv2
            from rapidocr import RapidOCR
        cv2.setNumThreads(1)
        self._reader: Any = RapidOCR(params=_PACKAGED)
        self.name = f"rapidocr/{metadata.version('rapidocr')}"

    def words(self, page: Image.Image) -> list[Seen]:
        result = self._reader(np.asarray(page.convert("RGB")))
        if result.boxes is None:
            return []
        lines = zip(result.boxes, result.txts, result.scores, strict=True)
        return [word for box, text, score in lines for word in _parted(box, text, float(score))]


_PACKAGED: dict[str, Any] = {
    "Global.log_level": "error",
    "Global.use_cls": False,
    "Global.max_side_len": 2400,
    "Det.limit_type": "max",
    "Det.limit_side_len": 1280,
    "Rec.rec_batch_num": 1,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def _parted(box: Any, line: str, score: float) -> Iterator[Seen]:
    """Yield the words of a line, each given the share of the line's length that its letters have."""
    (left, top), (right, bottom) = (float(v) for v in box.min(axis=0)), (float(v) for v in box.max(axis=0))
    step = (right - left) / max(len(line), 1)
    at = 0
    for text in line.split():
        at = line.index(text, at)
        yield Seen(text, left + at * step, top, left + (at + len(text)) * step, bottom, score)
        at += len(text)
