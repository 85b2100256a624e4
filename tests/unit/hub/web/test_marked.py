"""Where values stand, in words and boxes, for whatever reading kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.web.marked import HEIGHT, WIDTH, marked, places_of
from hub.web.rendering import markup
from hub.web.words import NBSP
from tests.unit.hub.web.pages_read import Page

SIDE = st.floats(-0.5, 1.5)
PLACES = st.dictionaries(
    st.sampled_from(("street", "postcode", "holder_name", "town")),
    st.tuples(st.integers(0, 3), SIDE, SIDE, SIDE, SIDE, st.floats(0, 1)).map(list),
)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ([0, 0.1, 0.05, 0.3, 0.07, 1.0], "repère 1 : page 1, en haut, à gauche"),
        ([1, 0.4, 0.45, 0.6, 0.5, 1.0], "repère 1 : page 2, au milieu, au centre"),
        ([0, 0.8, 0.97, 1.0, 1.0, 0.5], "repère 1 : page 1, en bas, à droite. Lecture peu sûre"),
    ],
)
def test_a_place_in_words(place: list[float], said: str) -> None:
    ((line,), _) = marked({"street": "8 rue"}, places_of({"street": place}))
    assert line.where.replace(NBSP, " ") == said


def test_values_come_in_the_order_of_the_page_and_those_of_the_seal_last() -> None:
    places = places_of({"town": [0, 0.5, 0.9, 0.6, 0.95, 1.0], "street": [0, 0.1, 0.1, 0.4, 0.12, 1.0]})
    lines, pages = marked({"town": "Paris", "postcode": "75013", "street": "8 rue", "reference": ""}, places)
    assert [(line.name, line.where[:8]) for line in lines] == [
        ("Voie", "repère 1"),
        ("Commune", "repère 2"),
        ("Code postal", "place no"),
    ]
    assert [label.text for label in pages[0].labels] == ["1", "2"]


def test_values_on_one_line_share_a_label_beside_it() -> None:
    told = {
        "street": [0, 0.3, 0.3, 0.4, 0.31, 1.0],
        "town": [0, 0.3, 0.301, 0.35, 0.311, 1.0],
        "reference": [0, 0, 0.9, 0.1, 0.92, 1.0],
    }
    _, ((page),) = marked(dict.fromkeys(told, "x"), places_of(told))
    assert [(label.text, label.before) for label in page.labels] == [("1, 2", True), ("3", False)]


@given(PLACES)
def test_every_box_begins_on_the_page_and_the_page_stays_sound(told: dict[str, list[float]]) -> None:
    lines, pages = marked(dict.fromkeys(told, "x"), places_of(told))
    marks = [mark for page in pages for mark in page.marks]
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT and mark.width > 0 and mark.height > 0 for mark in marks)
    html = markup("agents_values.html", path="/looks", origin="", values=lines, pages=pages)
    assert Page(html).problems == []


def test_no_place_is_shown_of_a_value_that_is_not() -> None:
    lines, pages = marked({}, places_of({"street": [0, 0.1, 0.1, 0.2, 0.2, 1.0]}))
    assert (lines, pages) == ([], [])
