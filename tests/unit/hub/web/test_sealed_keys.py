"""While the key service is sealed the door refuses politely, keeps nothing, and takes papers again once it is open."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from hub.app import residents
from tests.unit.hub.web.conftest import DOOR_URL, Place
from tests.unit.vault.crypto.bao import Bao, running_bao
from vault.crypto.holders import HolderKeys

PAPER = b"%PDF-1.7 a made-up paper"


@pytest.fixture(scope="module")
def bao() -> Iterator[Bao]:
    """One OpenBao for this module."""
    with running_bao() as server:
        yield server


@pytest.fixture
def place(place: Place, bao: Bao) -> Place:
    """The door with its master key in OpenBao, under a token that only encrypts."""
    custody = replace(place.door.custody, keys=HolderKeys(bao.master("door")))
    door = replace(place.door, custody=custody)
    return Place(door, place.worker, TestClient(residents(door), base_url=DOOR_URL, follow_redirects=False))


def hand_in(place: Place, key: str) -> tuple[int, str]:
    """Hand in a paper as somebody who never did; return the status and the kind of problem."""
    told = {"content-type": "application/pdf", "idempotency-key": key * 32, "origin": DOOR_URL}
    answer = place.browser.post("/v1/documents", content=PAPER, headers=told)
    return answer.status_code, str(answer.json().get("type", ""))


def documents(place: Place) -> int:
    """Count every document there is."""
    with place.worker.db.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM vault.document")).scalar_one())


def test_sealed_service_is_a_problem_of_its_own_and_nothing_is_kept(place: Place, bao: Bao) -> None:
    place.sign_in("Sealed", "DOOR")
    before = documents(place)
    assert place.browser.get("/health").json()["keys"] == "ready"
    bao.kill()
    assert place.browser.get("/health").json()["keys"] == "away"
    assert hand_in(place, "a") == (503, "urn:unefois:problem:key-service-unavailable")
    bao.start()
    assert place.browser.get("/health").json()["keys"] == "sealed"
    assert hand_in(place, "b") == (503, "urn:unefois:problem:key-service-unavailable")
    assert documents(place) == before
    bao.unseal()
    assert hand_in(place, "b")[0] == 201
    assert documents(place) == before + 1
