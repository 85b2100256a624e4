"""The system-call filter of the child, written as classic BPF: which calls are refused, on which processors."""

import ctypes
import errno
import os
import struct
from typing import ClassVar

INSTRUCTION_BYTES = 8

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_ABSENT = -1
_REFUSED: tuple[tuple[str, int, int], ...] = (
    # name, number on x86_64, number on aarch64 (Linux, syscall_64.tbl and asm-generic/unistd.h)
    ("open", 2, _ABSENT), ("openat", 257, 56), ("openat2", 437, 437), ("creat", 85, _ABSENT),
    ("open_by_handle_at", 304, 265), ("name_to_handle_at", 303, 264), ("memfd_create", 319, 279),
    ("truncate", 76, 45), ("rename", 82, _ABSENT), ("renameat", 264, 38), ("renameat2", 316, 276),
    ("mkdir", 83, _ABSENT), ("mkdirat", 258, 34), ("rmdir", 84, _ABSENT), ("mknod", 133, _ABSENT),
    ("mknodat", 259, 33), ("link", 86, _ABSENT), ("linkat", 265, 37), ("symlink", 88, _ABSENT),
    ("symlinkat", 266, 36), ("unlink", 87, _ABSENT), ("unlinkat", 263, 35), ("chmod", 90, _ABSENT),
    ("fchmod", 91, 52), ("fchmodat", 268, 53), ("fchmodat2", 452, 452), ("chown", 92, _ABSENT), ("fchown", 93, 55),
    ("lchown", 94, _ABSENT), ("fchownat", 260, 54), ("utimensat", 280, 88), ("setxattr", 188, 5),
    ("lsetxattr", 189, 6), ("fsetxattr", 190, 7), ("chdir", 80, 49), ("fchdir", 81, 50), ("chroot", 161, 51),
    ("mount", 165, 40), ("umount2", 166, 39), ("pivot_root", 155, 41), ("open_tree", 428, 428),
    ("move_mount", 429, 429), ("fsopen", 430, 430), ("mount_setattr", 442, 442),
    ("socket", 41, 198), ("connect", 42, 203), ("accept", 43, 202), ("accept4", 288, 242), ("bind", 49, 200),
    ("listen", 50, 201), ("sendmsg", 46, 211), ("sendmmsg", 307, 269), ("recvmsg", 47, 212), ("recvmmsg", 299, 243),
    ("fork", 57, _ABSENT), ("vfork", 58, _ABSENT), ("execve", 59, 221), ("execveat", 322, 281),
    ("kill", 62, 129), ("tkill", 200, 130), ("rt_sigqueueinfo", 129, 138), ("rt_tgsigqueueinfo", 297, 240),
    ("pidfd_open", 434, 434), ("pidfd_getfd", 438, 438), ("pidfd_send_signal", 424, 424),
    ("ptrace", 101, 117), ("process_vm_readv", 310, 270), ("process_vm_writev", 311, 271),
    ("process_madvise", 440, 440), ("kcmp", 312, 272), ("setrlimit", 160, 164),
    ("shmget", 29, 194), ("shmat", 30, 196), ("msgget", 68, 186), ("semget", 64, 190), ("mq_open", 240, 180),
    ("setuid", 105, 146), ("setgid", 106, 144), ("setreuid", 113, 145), ("setregid", 114, 143),
    ("setresuid", 117, 147), ("setresgid", 119, 149), ("setgroups", 116, 159), ("capset", 126, 91),
    ("unshare", 272, 97), ("setns", 308, 268), ("keyctl", 250, 219), ("add_key", 248, 217),
    ("request_key", 249, 218), ("bpf", 321, 280), ("perf_event_open", 298, 241), ("userfaultfd", 323, 282),
    ("io_uring_setup", 425, 425), ("io_uring_enter", 426, 426), ("io_uring_register", 427, 427),
    ("init_module", 175, 105), ("finit_module", 313, 273), ("delete_module", 176, 106), ("kexec_load", 246, 104),
    ("kexec_file_load", 320, 294), ("reboot", 169, 142), ("swapon", 167, 224), ("swapoff", 168, 225),
    ("acct", 163, 89), ("syslog", 103, 116), ("settimeofday", 164, 170), ("clock_settime", 227, 112),
    ("sethostname", 170, 161), ("setdomainname", 171, 162), ("iopl", 172, _ABSENT), ("ioperm", 173, _ABSENT),
    ("personality", 135, 92), ("quotactl", 179, 60),
)  # fmt: skip
_CLONE, _CLONE3 = (56, 220), 435
_TGKILL, _PRLIMIT = (234, 131), (302, 261)


class FilterProgram(ctypes.Structure):
    """What the kernel is handed: how many instructions, and where they lie (``struct sock_fprog``)."""

    _fields_: ClassVar = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def program() -> bytes | None:
    """Return the filter for this process and processor, or nothing where we know no numbers for it.

    Refused calls fail, so that a library that tries one copes; another architecture's calls kill. Signals may go to
    this process only (``abort`` sends one), limits may be read and not set, threads may begin and processes not.
    """
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        return None
    column = list(_ARCHITECTURES).index(machine)
    numbers = [pair[column] for _, *pair in _REFUSED]
    instructions = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, _ARCHITECTURES[machine], then=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        instructions += [_step(_AT_LEAST, _X32_BIT, otherwise=1), _step(_RETURN, _KILL)]
    for number in numbers:
        if number != _ABSENT:
            instructions += [_step(_EQUAL, number, otherwise=1), _step(_RETURN, _ERRNO | errno.EPERM)]
    instructions += [_step(_EQUAL, _CLONE3, otherwise=1), _step(_RETURN, _ERRNO | errno.ENOSYS)]
    instructions += _only_threads(_CLONE[column]) + _only_itself(_TGKILL[column]) + _only_reading(_PRLIMIT[column])
    return b"".join([*instructions, _step(_RETURN, _ALLOW)])


def _only_threads(clone: int) -> list[bytes]:
    return _when(clone, [_step(_LOAD, _FIRST_ARGUMENT), _step(_ANY_BIT, _CLONE_THREAD, then=1)])


def _only_itself(tgkill: int) -> list[bytes]:
    return _when(tgkill, [_step(_LOAD, _FIRST_ARGUMENT), _step(_EQUAL, os.getpid(), then=1)])


def _only_reading(prlimit: int) -> list[bytes]:
    """Allow ``prlimit`` only where the pointer to new limits is null, both halves of it."""
    return _when(
        prlimit,
        [
            _step(_LOAD, _THIRD_ARGUMENT),
            _step(_EQUAL, 0, otherwise=2),
            _step(_LOAD, _THIRD_ARGUMENT + 4),
            _step(_EQUAL, 0, then=1),
        ],
    )


def _when(number: int, condition: list[bytes]) -> list[bytes]:
    """Run ``condition`` for the call ``number``; its last jump skips the refusal that follows it."""
    body = [*condition, _step(_RETURN, _ERRNO | errno.EPERM), _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number, otherwise=len(body)), *body]


def _step(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)
