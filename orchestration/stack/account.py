"""Under which account PostgreSQL runs, since it refuses to run as root."""

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestration.stack.errors import NoAccountForPostgres
from orchestration.stack.layout import PASSABLE, Layout

LAUNCHER = Path(__file__).with_name("launch.py")

Kind = Literal["same", "mapped", "lent"]


@dataclass(frozen=True)
class Account:
    """``same``: the caller's own. ``mapped``: root, seen as nobody in a user namespace. ``lent``: a real other one."""

    kind: Kind = "same"
    user: int = -1
    group: int = -1

    def for_launcher(self) -> object:
        """The form ``launch.py`` understands."""
        return {"same": None, "mapped": "mapped", "lent": [self.user, self.group]}[self.kind]


SAME = Account()
MAPPED = Account("mapped")


def launch_command(
    command: Sequence[str],
    account: Account = SAME,
    *,
    death_signal: int = 0,
    reach: Mapping[Path, int] | None = None,
) -> list[str]:
    """The command that starts ``command`` under ``account``, ended by ``death_signal`` when this process dies."""
    how = {
        "parent": os.getpid() if death_signal else 0,
        "signal": int(death_signal),
        "account": account.for_launcher(),
        "reach": [(str(path), mode) for path, mode in (reach or {}).items()],
    }
    return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(how), *command]


def works(account: Account, reach: Mapping[Path, int]) -> bool:
    """Say whether this account can be taken here and reaches every path in the mode of ``os.access``."""
    done = subprocess.run(launch_command((), account, reach=reach), capture_output=True, check=False, timeout=30)
    return done.returncode == 0


def nobody() -> Account | None:
    """The account nobody, if this machine has one."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return None
    return Account("lent", entry.pw_uid, entry.pw_gid)


def lend(layout: Layout, account: Account) -> None:
    """Hand the cluster's folder to ``account`` and let it pass through the state folder; nothing outside is touched."""
    layout.state.chmod(PASSABLE)
    for path in (layout.postgres, *layout.postgres.rglob("*")):
        os.chown(path, account.user, account.group, follow_symlinks=False)


def take_back(layout: Layout) -> None:
    """Undo what ``lend`` did, for a cluster that is now run as root in a user namespace."""
    if layout.postgres.stat().st_uid != os.geteuid():
        for path in (layout.postgres, *layout.postgres.rglob("*")):
            os.chown(path, os.geteuid(), os.getegid(), follow_symlinks=False)
    layout.state.chmod(0o700)


def choose(layout: Layout, binaries: Path) -> Account:
    """The account for PostgreSQL: one's own, or as root a user namespace, or nobody; raises NoAccountForPostgres."""
    if os.geteuid() != 0:
        return SAME
    reach = {binaries / "postgres": os.X_OK, layout.postgres: os.R_OK | os.W_OK | os.X_OK}
    take_back(layout)
    if works(MAPPED, reach):
        return MAPPED
    account = nobody()
    if account is not None:
        lend(layout, account)
        if works(account, reach):
            return account
        take_back(layout)
    message = (
        "PostgreSQL refuses to run as root. Here root may not open a user namespace (« unshare -U »), and the account "
        f"nobody cannot reach {binaries} and {layout.postgres}. Run this as a plain user, or put the clone where every "
        "account may pass (mode o+x on each folder above it)."
    )
    raise NoAccountForPostgres(message)
