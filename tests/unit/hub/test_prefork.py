"""Several processes behind one port: they start, answer and end together."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.stack.ports import free_port
from tests.system import eventually

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def start(port) -> Iterator[Start]:
    started = []

    def begin(processes: int = 2, **how: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.unit.hub.answering", str(port), str(processes)]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, **how))
        return started[-1]

    yield begin
    for one in started:
        one.kill()
        one.wait()
        one.stderr.close()


def who_answers(port: int) -> int | None:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as call:
            return int(call.recv(16) or 0) or None
    except (ConnectionError, TimeoutError):
        return None


def both(port: int) -> set[int] | None:
    found = {who for _ in range(40) if (who := who_answers(port))}
    return found if len(found) == 2 else None


def children(process: subprocess.Popen[bytes]) -> set[int]:
    return set(map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()))


def gone(pids: set[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_each_process_answers_on_the_one_port(port, start):
    process = start()
    assert eventually(lambda: both(port)) == children(process)


def test_connections_go_to_the_processes_by_turns(port, start):
    start(4)
    eventually(lambda: who_answers(port))
    told = [who_answers(port) for _ in range(12)]
    assert len(set(told[:4])) == 4
    assert told == told[:4] * 3


def test_told_to_stop_all_end_well(port, start):
    process = start()
    answering = eventually(lambda: both(port))
    process.terminate()
    assert process.wait(20) == 0
    assert gone(answering)


def test_told_to_stop_at_once_nobody_stays(start):
    process = start(8)
    eventually(lambda: children(process))
    born = children(process)
    process.terminate()
    assert process.wait(20) == 0
    assert gone(born)


def test_one_that_dies_takes_the_others_along_and_it_is_said(port, start):
    process = start()
    answering = eventually(lambda: both(port))
    os.kill(min(answering), signal.SIGKILL)
    assert process.wait(20) == 1
    assert gone(answering)


def test_a_killed_parent_leaves_nobody_on_the_port(port, start):
    process = start()
    answering = eventually(lambda: both(port))
    process.kill()
    assert eventually(lambda: gone(answering))
    assert who_answers(port) is None


@pytest.mark.parametrize("processes", [1, 2])
def test_a_second_door_is_refused_the_port(port, start, processes):
    start()
    eventually(lambda: both(port))
    second = start(processes)
    assert second.wait(20) == 1
    assert b"Address already in use" in second.stderr.read()
    assert both(port)


def test_it_can_be_stopped_where_the_shell_had_it_ignore_that(port, start):
    process = start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    answering = eventually(lambda: both(port))
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert gone(answering)
