"""What a process that parses a stranger's file may do: compute, within bounds, and answer; nothing else."""

import ctypes
import os
import resource
import struct
from dataclasses import dataclass

from vault.ingest import seccomp

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_GET_SECCOMP = 1, 4, 21
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS = 22, 38, 39
_SECCOMP_MODE_FILTER = 2
_SIGKILL = 9
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
_LANDLOCK_VERSION_FLAG = 1
_FS_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many of the file-system rights each version knows; 16 from version 5 on (Linux, landlock(7))."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one document: bytes of address space, seconds of processor, seconds on the clock, open files.

    Seconds of processor are the real bound; the clock is for what sleeps, and wide enough that a busy machine does
    not put honest papers into quarantine.
    """

    address_space: int = 1_500_000_000
    cpu_seconds: int = 15
    wall_seconds: float = 90.0
    open_files: int = 64


@dataclass(frozen=True, slots=True)
class AvailableLimits:
    """Which limits this machine grants; resource limits and the clock always apply.

    ``landlock`` is the version of its interface, 0 where the kernel or the container has none.
    """

    no_new_privileges: bool
    landlock: int
    seccomp: bool


def available_limits() -> AvailableLimits:
    """Return what this machine grants, without limiting the caller."""
    return AvailableLimits(
        no_new_privileges=_libc.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0,
        landlock=max(0, _libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION_FLAG)),
        seccomp=seccomp.program() is not None and _libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0,
    )


def confine(limits: Limits, *, parent: int) -> AvailableLimits:
    """Confine the calling process for good, and return which limits took hold.

    Afterwards it opens no file, makes no connection, starts no process, signals nobody, and dies with its ``parent``.

    Raises:
        OSError: a resource limit was refused.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _resources(limits)
    no_new_privileges = forbid_new_privileges()
    landlock = _landlock() if no_new_privileges else 0
    filtered = no_new_privileges and _seccomp()
    return AvailableLimits(no_new_privileges=no_new_privileges, landlock=landlock, seccomp=filtered)


def forbid_new_privileges() -> bool:
    """Make sure that nothing this process ever starts gains a right by it (no setuid, no file capability)."""
    return bool(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def _resources(limits: Limits) -> None:
    # The soft limit ends the process by a signal of its own, so that « too slow » can be told from « killed ».
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    for kind, value in (
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, limits.open_files),
    ):
        resource.setrlimit(kind, (value, value))


def _landlock() -> int:
    """Deny every file, TCP port, foreign signal and abstract socket; return the version, 0 where it did not work."""
    version = int(_libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION_FLAG))
    if version < 1:
        return 0
    files = (1 << _FS_RIGHTS_BY_ABI.get(version, 16)) - 1
    network = 0b11 if version >= 4 else 0  # the version that brought TCP
    scopes = 0b11 if version >= 6 else 0  # the version that brought scopes
    size = 24 if scopes else 16 if network else 8
    attributes = struct.pack("=QQQ", files, network, scopes)
    ruleset = int(_libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, size, 0))
    if ruleset < 0:
        return 0
    try:
        return version if _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _seccomp() -> bool:
    instructions = seccomp.program()
    if instructions is None:
        return False
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    program = seccomp.FilterProgram(len(instructions) // seccomp.INSTRUCTION_BYTES, ctypes.addressof(buffer))
    return bool(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)
