"""Hostile and broken files through the real door: each ends as it must, and the next paper is read as if nothing was."""

import pytest

from tests.assets.hostile import ASSETS, AT_THE_DOOR, BOMBS, Asset, image
from tests.journeys.doors import assert_nothing_kept, assert_problem, orphans
from vault.ingest.reasons import Reason, state_for

SAMPLE = (
    "nothing",
    "words",
    "pdf said to be a jpeg",
    "pdf cut in two",
    "pdf with a password",
    "pdf nobody may change",
    "pdf of 41 pages",
    "pdf with a veiled script",
    "pdf with the test virus attached",
    "jpeg around a pdf",
    "png of ten thousand megapixels",
    "heic",
    "heic cut near its end",
    "heic that is also a zip",
    "avif",
    "pdf in a circle",
    "pdf with a swollen drawing",
)
PROBLEMS = {
    Reason.EMPTY: "empty-body",
    Reason.UNSUPPORTED_TYPE: "unsupported-type",
    Reason.TYPE_MISMATCH: "type-mismatch",
}
CHOSEN = [asset for asset in (*ASSETS, *BOMBS) if asset.name in SAMPLE]


def test_the_sample_is_in_the_corpus():
    assert {asset.name for asset in CHOSEN} == set(SAMPLE)


@pytest.mark.parametrize("asset", CHOSEN, ids=lambda asset: asset.name)
def test_a_hostile_file_through_the_door(resident, asset: Asset):
    person = resident()
    if asset.reason in AT_THE_DOOR:
        before = orphans(person.system)
        assert_problem(person.hand_in(asset.make(), asset.announced), PROBLEMS[asset.reason])
        assert_nothing_kept(person, before)
        return
    found = person.hand_in_and_wait(asset.make(), asset.announced)
    assert found["state"] == state_for(asset.reason).value
    if asset not in BOMBS:
        assert found["reason"] == asset.reason.value
    assert person.hand_in_and_wait(image("PNG"), "image/png")["state"] == "available"


@pytest.mark.parametrize("called", ["image/heic", "image/heif"])
def test_what_a_telephone_calls_its_pictures_does_not_matter(resident, called):
    heic = next(asset for asset in ASSETS if asset.name == "heic")
    assert resident().hand_in_and_wait(heic.make(), called)["state"] == "available"
