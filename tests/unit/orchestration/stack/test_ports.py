"""Ports that stay the same, and move when someone else sits on them."""

import socket
from pathlib import Path

import pytest

from orchestration.stack.layout import Layout
from orchestration.stack.ports import LOOPBACK, TWIN, PortBook, free_port, is_free, objects_ports


@pytest.fixture
def book(tmp_path: Path) -> PortBook:
    layout = Layout(tmp_path / ".unefois")
    layout.create()
    return PortBook(layout)


def test_a_port_is_kept_over_restarts(book: PortBook) -> None:
    chosen = book.port("door"), book.objects()
    book.release()
    again = PortBook(book.layout)
    assert (again.port("door"), again.objects()) == chosen


def test_a_port_taken_by_someone_else_is_chosen_anew(book: PortBook) -> None:
    before = book.port("door")
    book.release()
    with socket.create_server((LOOPBACK, before)):
        after = PortBook(book.layout).port("door")
    assert after != before


def test_a_port_held_by_another_system_that_is_starting_is_not_chosen(book: PortBook, tmp_path: Path) -> None:
    before = book.port("door")
    (tmp_path / "other").mkdir()
    other = Layout(tmp_path / "other" / ".unefois")
    other.create()
    (other.run / "ports.json").write_text(f'{{"door": {before}}}')
    assert PortBook(other).port("door") != before


def test_the_object_store_gets_five_pairs() -> None:
    ports = objects_ports()
    assert len(set(ports.values())) == 5
    assert all(port + TWIN < 65536 and is_free(port) and is_free(port + TWIN) for port in ports.values())


def test_a_listener_makes_a_port_unfree() -> None:
    port = free_port()
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)


def test_a_damaged_record_is_begun_anew(book: PortBook) -> None:
    (book.layout.run / "ports.json").write_text("{")
    assert is_free(book.port("door"))
