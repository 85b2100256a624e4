"""A look knows its page again however it is pictured, tells other forms apart, and says nothing of a blank page."""

from itertools import product

import numpy as np
import pytest
from PIL import Image

from tests.assets.pictured import again, pages
from vault.documents.likeness import ALIKE, differing
from vault.ingest import looks
from vault.ingest.looks import LOOKED_AT, NO_LOOK, look_of, looks_of
from vault.ingest.reading import LOOK_BYTES


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return pages(tmp_path_factory.mktemp("authorities"))


@pytest.mark.parametrize("name", ["bill", "birth"])
def test_the_same_page_pictured_again_is_known(made, name):
    look = look_of(made[name], on_a_table=False)
    far = {how: differing(look_of(seen, on_a_table=True), look) for how, seen in again(made[name])}
    assert all(signs <= ALIKE for signs in far.values()), far


def test_papers_on_different_forms_do_not_look_alike(made):
    bills, births = ([look_of(page, on_a_table=False) for name, page in made.items() if kind in name]
                     for kind in ("bill", "birth"))  # fmt: skip
    assert min(differing(one, other) for one, other in product(bills, births)) > 1.5 * ALIKE


def test_a_look_has_a_fixed_size_and_a_blank_page_has_none(made):
    assert len(look_of(made["bill"], on_a_table=False)) == LOOK_BYTES
    assert look_of(Image.new("RGB", (600, 800), "white"), on_a_table=True) == NO_LOOK
    assert look_of(Image.new("L", (1, 1)), on_a_table=True) == NO_LOOK


def test_only_the_first_pages_are_looked_at(made):
    assert len(looks_of([made["bill"]] * (LOOKED_AT + 2), on_a_table=False)) == LOOKED_AT


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_quarter_turn_changes_nothing_but_places(quarters):
    samples = np.random.default_rng(quarters).uniform(0, 255, (64, 64))
    assert differing(looks._signs(samples), looks._signs(np.rot90(samples, quarters))) == 0
