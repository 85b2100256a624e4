"""Where the values of a paper stand on its viewing copy, in words and as boxes on an outline of each page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.api.review_shapes import PlaceShape
from hub.web.agent_words import value_name

WIDTH, HEIGHT = 210, 297
"""The outline of a page, in its own units: the sides of an A4 sheet in millimetres."""
SURE = 0.8
"""Confidence below which an agent is told to look twice."""
_LEAST = 3.0
_DOWN = ("en haut", "au milieu", "en bas")
_ACROSS = ("à gauche", "au centre", "à droite")


@dataclass(frozen=True, slots=True)
class MarkedValue:
    """One value in words; ``number`` is that of its box, where it has one."""

    name: str
    value: str = field(repr=False)
    number: int | None
    where: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One box on the outline of a page, in its units."""

    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class MarkedPage:
    """One page with its boxes; ``number`` counts from 1."""

    number: int
    marks: tuple[Mark, ...]


def places_of(told: Mapping[str, list[float]]) -> dict[str, PlaceShape]:
    """Return where values stand, as reading kept it; sides that lie off the page are drawn at its edge."""
    return {name: _place(place) for name, place in told.items()}


def marked(values: Mapping[str, str], places: Mapping[str, PlaceShape]) -> tuple[list[MarkedValue], list[MarkedPage]]:
    """Return the values in the order of the page, those without a place last, and the pages that have boxes."""
    shown = {name: value for name, value in values.items() if value}
    placed = sorted((name for name in shown if name in places), key=lambda name: _order(places[name]))
    rest = sorted((name for name in shown if name not in places), key=value_name)
    lines = [
        MarkedValue(value_name(name), shown[name], number, _where(places[name]))
        for number, name in enumerate(placed, start=1)
    ]
    lines += [MarkedValue(value_name(name), shown[name], None, "") for name in rest]
    pages: dict[int, list[Mark]] = {}
    for number, name in enumerate(placed, start=1):
        pages.setdefault(places[name].page, []).append(_mark(number, places[name]))
    return lines, [MarkedPage(page, tuple(marks)) for page, marks in sorted(pages.items())]


def _place(told: list[float]) -> PlaceShape:
    page, *sides, confidence = told
    left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in sides)
    return PlaceShape(
        page=int(page) + 1, left=left, top=top, right=right, bottom=bottom, confidence=min(max(confidence, 0.0), 1.0)
    )


def _order(place: PlaceShape) -> tuple[int, float, float]:
    return place.page, round(place.top, 2), place.left


def _where(place: PlaceShape) -> str:
    down = _DOWN[min(int((place.top + place.bottom) / 2 * len(_DOWN)), len(_DOWN) - 1)]
    across = _ACROSS[min(int((place.left + place.right) / 2 * len(_ACROSS)), len(_ACROSS) - 1)]
    doubt = "" if place.confidence >= SURE else ". Lecture peu sûre"
    return f"page {place.page}, {down}, {across}{doubt}"


def _mark(number: int, place: PlaceShape) -> Mark:
    return Mark(
        number,
        round(place.left * WIDTH, 1),
        round(place.top * HEIGHT, 1),
        round(max((place.right - place.left) * WIDTH, _LEAST), 1),
        round(max((place.bottom - place.top) * HEIGHT, _LEAST), 1),
    )
