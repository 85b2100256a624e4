"""Which secrets each process is given where the processes lie apart: its logins and keys, and nothing of the others'."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.stack.key_files import create_keys
from orchestration.stack.layout import write_private
from orchestration.stack.logins import LOGINS

ORIGINALS = "originals"
"""The folder of everything, which no process is shown: what the shares are made from, again and again."""
PASSWORDS = "pgpass"
"""The file in which libpq looks for passwords (PostgreSQL, « The Password File »)."""
ROLE_ID, SECRET_ID = "role-id", "secret-id"
"""The two files by which a key service's agent signs in for a process."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one process is given."""

    logins: tuple[str, ...]
    keys: tuple[str, ...] = ()
    role: str | None = None
    """Its policy at the key service; nothing where it has no business there."""


_RECORDED = ("records.pub", "journal.pub")
SHARES: Mapping[str, Share] = {
    "owner": Share(("unefois_owner",), role="door"),
    "door": Share(("unefois_door",), ("duplicate.key", "records.pem", *_RECORDED), "door"),
    "release": Share(("unefois_release",), ("tokens.jwks.json", "answers.jwks.json", *_RECORDED), "release"),
    "worker": Share(
        ("unefois_worker",),
        ("duplicate.key", "records.pem", "journal.pem", "destruction.pem", *_RECORDED),
        "worker",
    ),
    "pipelines": Share(("unefois_pipelines", "unefois_dagster"), _RECORDED, "pipelines"),
    "dagster": Share(("unefois_dagster",)),
}
"""By process, and for who migrates; who wraps webhook secrets of new partners does with the right of the door."""


def create_originals(folder: Path) -> Mapping[str, str]:
    """Make every key and password that is not there yet; return the passwords by login. Harmless to repeat."""
    keys, words = folder / ORIGINALS / "keys", folder / ORIGINALS / "passwords"
    for private in (folder / ORIGINALS, keys, words):
        private.mkdir(mode=0o700, exist_ok=True)
    create_keys(keys)
    for login in LOGINS:
        if not (words / login).exists():
            write_private(words / login, secrets.token_urlsafe(32))
    return {login: (words / login).read_text(encoding="utf-8") for login in LOGINS}


def hand_out(folder: Path, passwords: Mapping[str, str]) -> None:
    """Write each process its share, into a folder of its name; raises ``FileNotFoundError`` before the originals are."""
    for name, share in SHARES.items():
        own = folder / name
        own.mkdir(mode=0o700, exist_ok=True)
        lines = [f"*:*:*:{login}:{passwords[login]}\n" for login in share.logins]
        write_private(own / PASSWORDS, "".join(lines))
        for key in share.keys:
            write_private(own / key, (folder / ORIGINALS / "keys" / key).read_bytes())
