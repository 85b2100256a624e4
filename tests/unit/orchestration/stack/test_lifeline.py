"""A process is itself only with its start time; a number used again is someone else."""

import os
import signal
import subprocess

from orchestration.stack.lifeline import Lifeline, start_ticks


def _sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sleep", "100"], start_new_session=True, preexec_fn=_heed_signals)  # noqa: PLW1509 - this process has no other thread when it forks


def _heed_signals() -> None:
    # Whoever runs the tests may ignore or block SIGTERM, and a child would inherit that.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def test_ends_exactly_the_process_it_names() -> None:
    process = _sleeper()
    line = Lifeline.of(process.pid)
    assert line is not None
    assert line.end(signal.SIGTERM, 30.0)
    assert process.wait(30) == -signal.SIGTERM


def test_a_foreign_process_with_the_same_number_is_left_alone() -> None:
    process = _sleeper()
    stale = Lifeline(process.pid, (start_ticks(process.pid) or 0) - 1)
    assert not stale.alive()
    assert not stale.end(signal.SIGKILL, 0.1)
    assert process.poll() is None
    process.kill()
    process.wait()


def test_one_that_will_not_stop_is_killed() -> None:
    stubborn = ["sh", "-c", "trap '' TERM; echo on; while :; do sleep 0.05; done"]
    process = subprocess.Popen(stubborn, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()
    line = Lifeline.of(process.pid)
    assert line is not None
    assert line.end(signal.SIGTERM, 0.2)
    assert process.wait(1) == -signal.SIGKILL
    process.stdout.close()


def test_nobody_is_at_home_under_a_number_not_given() -> None:
    assert Lifeline.of(2**22) is None
    assert not Lifeline(2**22, 1).end(signal.SIGTERM, 0.1)
    assert Lifeline.of(os.getpid()) is not None
