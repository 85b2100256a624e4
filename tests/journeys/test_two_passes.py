"""Beyond what is held in memory a paper is verified before it leaves, and a store that changes it then cuts the answer."""

import io
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import uvicorn
from PIL import Image

import hub.api.partners
import vault.crypto.envelope
from hub.app import partners_door
from hub.bootstrap import read_settings, release_door
from orchestration.stack import environment
from tests.system import Resident, System, eventually
from vault.storage.objects import ObjectName, StreamingStore

Lie = Callable[[bytes], bytes]
LIES: dict[str, Lie] = {
    "last byte": lambda honest: honest[:-1] + bytes([honest[-1] ^ 1]),
    "middle": lambda honest: honest[:300_000] + bytes([honest[300_000] ^ 1]) + honest[300_001:],
    "truncated": lambda honest: honest[:-4096],
    "extended": lambda honest: honest + b"more",
    "gone": lambda _honest: b"",
}


class ChangingStore:
    """A store that tells the truth ``honest`` times about an object, and lies from then on."""

    def __init__(self, store: StreamingStore, lie: Lie, *, honest: int) -> None:
        self._store, self._lie, self._left = store, lie, honest

    def get(self, name: ObjectName) -> Iterator[bytes]:
        content = b"".join(self._store.get(name))
        self._left -= 1
        told = content if self._left >= 0 else self._lie(content)
        return (told[start : start + 4096] for start in range(0, len(told), 4096))

    async def aclose(self) -> None:
        await self._store.aclose()


@pytest.fixture
def door(running: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Serve the partners' door in this process, as it is, before a store that lies; papers count as large."""
    for module in (vault.crypto.envelope, hub.api.partners):
        monkeypatch.setattr(module, "WHOLE_LIMIT", 1024)
    for name, value in environment.release("test", running.places, running.stores).items():
        monkeypatch.setenv(name, value)
    servers: list[uvicorn.Server] = []

    def serve(lie: Lie, *, honest: int) -> str:
        parts = release_door(*read_settings())
        objects: Any = ChangingStore(parts.custody.objects, lie, honest=honest)
        app = partners_door(replace(parts, custody=replace(parts.custody, objects=objects)))
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
        threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
        while not server.started:
            time.sleep(0.01)
        servers.append(server)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield serve
    for server in servers:
        server.should_exit = True


def noisy_photograph() -> bytes:
    """A picture that no coder makes small, so that it leaves in many pieces."""
    picture = io.BytesIO()
    Image.frombytes("RGB", (700, 700), os.urandom(3 * 700 * 700)).save(picture, "PNG")
    return picture.getvalue()


@pytest.fixture
def ticket(running: System) -> str:
    """The path at which a resident sees a paper of their own once."""
    resident = Resident(running).sign_in()
    found = resident.hand_in_and_wait(noisy_photograph(), "image/png")
    # Read, and a moment later evidence, which is what one may look at.
    href = eventually(
        lambda: resident.http.post(f"/v1/documents/{found['document']}/preview-tickets").json().get("href")
    )
    return str(httpx.URL(href).path)


def test_large_paper_arrives_whole_from_an_honest_store(door: Callable[..., str], ticket: str) -> None:
    answer = httpx.get(door(LIES["gone"], honest=2) + ticket)
    assert (answer.status_code, len(answer.content)) == (200, int(answer.headers["content-length"]))
    assert "repr-digest" not in answer.headers
    assert len(answer.content) > 5 * 64 * 1024


def drain(answer: httpx.Response, got: bytearray) -> None:
    """Add to ``got`` whatever arrives, as it arrives."""
    for piece in answer.iter_raw():
        got += piece


@pytest.mark.parametrize("lie", ["last byte", "middle", "truncated", "extended"])
def test_fault_in_the_second_pass_cuts_the_answer_without_a_clean_end(
    door: Callable[..., str], ticket: str, lie: str
) -> None:
    got = bytearray()
    with httpx.stream("GET", door(LIES[lie], honest=1) + ticket) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            drain(answer, got)
    # A body of all announced bytes would look whole: at least the last piece is missing.
    assert 0 < len(got) < int(answer.headers["content-length"])


@pytest.mark.parametrize("lie", LIES)
def test_fault_in_the_first_pass_lets_nothing_out(door: Callable[..., str], ticket: str, lie: str) -> None:
    answer = httpx.get(door(LIES[lie], honest=0) + ticket)
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:unefois:problem:integrity")
