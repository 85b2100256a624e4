"""The last step before a part becomes a program: run by path as a program of its own, it limits itself and calls exec.

Done here and not in a hook between fork and exec, because the supervisor has threads. It imports nothing of ours: a
part may run under an account that cannot read the clone.
"""

import ctypes
import json
import os
import resource
import sys

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534
CANNOT = 126


def _checked(outcome: int, what: str) -> None:
    if outcome != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _become_mapped(libc: ctypes.CDLL) -> None:
    user, group = os.geteuid(), os.getegid()
    _checked(libc.unshare(CLONE_NEWUSER), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{NOBODY} {user} 1"), ("gid_map", f"{NOBODY} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs 10 ms here
            file.write(text)


def _become(account: object, libc: ctypes.CDLL) -> None:
    if account == "mapped":
        _become_mapped(libc)
    elif isinstance(account, list):
        user, group = account
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)


def main() -> None:
    """Take ``{"parent", "signal", "account", "reach"}`` as JSON and the command; exit 126 with words when it cannot."""
    how, command = json.loads(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    os.umask(0o077)
    # A core dump would put keys and plaintext on the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _become(how.get("account"), libc)
    missing = [path for path, mode in how.get("reach", []) if not os.access(path, mode)]
    if missing:
        sys.exit(CANNOT)
    if how.get("parent"):
        # After the change of account, which clears it.
        _checked(libc.prctl(PR_SET_PDEATHSIG, how["signal"], 0, 0, 0), "prctl")
        if os.getppid() != how["parent"]:
            sys.exit(CANNOT)
    if command:
        os.execvpe(command[0], command, os.environ)  # noqa: S606 - this program exists to do that


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"launch: {error}", file=sys.stderr)
        sys.exit(CANNOT)
