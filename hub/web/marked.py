"""Where the values of a paper stand on its viewing copy, in words and as boxes on an outline of each page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.api.review_shapes import PlaceShape
from hub.web.agent_words import value_name
from hub.web.words import NBSP

WIDTH, HEIGHT = 210, 297
"""The outline of a page, in its own units: the sides of an A4 sheet in millimetres."""
SURE = 0.8
"""Confidence below which an agent is told to look twice."""
_LEAST, _ONE_LINE, _MARGIN = 3.0, 5.0, 25.0
_DOWN = ("en haut", "au milieu", "en bas")
_ACROSS = ("à gauche", "au centre", "à droite")


@dataclass(frozen=True, slots=True)
class MarkedValue:
    """One value in words, with the number of its box, where it has one."""

    name: str
    value: str = field(repr=False)
    where: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One box on the outline of a page, in its units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Label:
    """The numbers of the boxes of one line, beside them: before the first one, or where there is no room after the last."""

    text: str
    x: float
    y: float
    before: bool


@dataclass(frozen=True, slots=True)
class MarkedPage:
    """One page with its boxes; ``number`` counts from 1."""

    number: int
    marks: tuple[Mark, ...]
    labels: tuple[Label, ...]


def places_of(told: Mapping[str, list[float]]) -> dict[str, PlaceShape]:
    """Return where values stand, as reading kept it; sides that lie off the page are drawn at its edge."""
    return {name: _place(place) for name, place in told.items()}


def marked(values: Mapping[str, str], places: Mapping[str, PlaceShape]) -> tuple[list[MarkedValue], list[MarkedPage]]:
    """Return the values in the order of the page, those without a place last, and the pages that have boxes."""
    shown = {name: value for name, value in values.items() if value}
    placed = sorted((name for name in shown if name in places), key=lambda name: _order(places[name]))
    rest = sorted((name for name in shown if name not in places), key=value_name)
    lines = [
        MarkedValue(value_name(name), shown[name], f"repère {number}{NBSP}: {_where(places[name])}")
        for number, name in enumerate(placed, start=1)
    ]
    lines += [MarkedValue(value_name(name), shown[name], "place non connue") for name in rest]
    pages: dict[int, list[tuple[int, Mark]]] = {}
    for number, name in enumerate(placed, start=1):
        pages.setdefault(places[name].page, []).append((number, _mark(places[name])))
    return lines, [_page(page, marks) for page, marks in sorted(pages.items())]


def _page(page: int, marks: list[tuple[int, Mark]]) -> MarkedPage:
    rows: list[list[tuple[int, Mark]]] = []
    for number, mark in sorted(marks, key=lambda one: _middle(one[1])):
        if rows and _middle(mark) - _middle(rows[-1][0][1]) < _ONE_LINE:
            rows[-1].append((number, mark))
        else:
            rows.append([(number, mark)])
    return MarkedPage(page, tuple(mark for _, mark in marks), tuple(_label(row) for row in rows))


def _label(row: list[tuple[int, Mark]]) -> Label:
    numbers = sorted(number for number, _ in row)
    text = ", ".join(map(str, numbers))
    left, right = min(mark.x for _, mark in row), max(mark.x + mark.width for _, mark in row)
    before = left > _MARGIN
    return Label(text, round(left - 2 if before else right + 2, 1), round(_middle(row[0][1]) + 2, 1), before)


def _middle(mark: Mark) -> float:
    return mark.y + mark.height / 2


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


def _mark(place: PlaceShape) -> Mark:
    return Mark(
        round(place.left * WIDTH, 1),
        round(place.top * HEIGHT, 1),
        round(max((place.right - place.left) * WIDTH, _LEAST), 1),
        round(max((place.bottom - place.top) * HEIGHT, _LEAST), 1),
    )
