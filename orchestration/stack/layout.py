"""Where the one-machine system keeps its state: one folder in the clone, readable by its owner only."""

import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.stack.errors import BadName, StateFolderUnusable

CODE_ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# The execute bits let PostgreSQL's own account pass through when root has to lend it to « nobody ».
PASSABLE = 0o711


def checked_name(name: str) -> str:
    """Return ``name`` if it is fit to be a file name; raises BadName."""
    if not NAME.fullmatch(name):
        message = f"« {name} » cannot be a name here: small letters, digits, « - » and « _ » only"
        raise BadName(message)
    return name


def write_private(path: Path, content: str | bytes, *, durable: bool = True) -> None:
    """Replace ``path`` in one step by a file of mode 0600, so that a reader sees the old text or the new one.

    ``durable`` waits for the disk: wanted for what cannot be made again.
    """
    passing = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        passing.replace(path)
    except BaseException:
        passing.unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class Layout:
    """The folders below one state folder; two layouts on two folders share nothing."""

    state: Path = field(default_factory=lambda: CODE_ROOT / ".unefois")

    def __post_init__(self) -> None:
        """Make the path absolute."""
        object.__setattr__(self, "state", Path(os.path.abspath(self.state)))  # noqa: PTH100 - resolve() would follow a link

    @property
    def secrets(self) -> Path:
        """Passwords and keys of the servers, one file each."""
        return self.state / "secrets"

    @property
    def run(self) -> Path:
        """What the running supervisor writes: its lock, the ports, the state."""
        return self.state / "run"

    @property
    def logs(self) -> Path:
        """One log a part."""
        return self.state / "logs"

    @property
    def keys(self) -> Path:
        """The local master keyset; the stack makes the folder and never looks inside."""
        return self.state / "keys"

    @property
    def home(self) -> Path:
        """What our processes see as their home and working folder."""
        return self.state / "home"

    @property
    def temporary(self) -> Path:
        """What our processes see as the folder for temporary files."""
        return self.state / "tmp"

    @property
    def postgres(self) -> Path:
        """The folder that holds the cluster; the only one that may change hands when root runs the system."""
        return self.state / "postgres"

    @property
    def postgres_data(self) -> Path:
        """The PostgreSQL cluster."""
        return self.postgres / "data"

    @property
    def objects_data(self) -> Path:
        """Everything the object store keeps, its own keys included."""
        return self.state / "objects"

    @property
    def restoring(self) -> Path:
        """There as long as a restore has not succeeded: no door opens meanwhile."""
        return self.state / "restoring"

    def create(self) -> None:
        """Make every folder with mode 0700; nothing outside the state folder is touched.

        Raises StateFolderUnusable when the state folder is a link, belongs to someone else or has no parent.
        """
        try:
            self.state.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            message = f"the state folder {self.state} cannot be made: {error.strerror}"
            raise StateFolderUnusable(message) from error
        seen = self.state.lstat()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid():
            message = f"{self.state} is not a folder of the account that runs this; remove it or choose another one"
            raise StateFolderUnusable(message)
        if stat.S_IMODE(seen.st_mode) & ~PASSABLE:
            self.state.chmod(0o700)
        for folder in (self.secrets, self.run, self.logs, self.keys, self.home, self.temporary, self.objects_data):
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        self.postgres.mkdir(mode=0o700, exist_ok=True)

    def secret(self, name: str) -> str:
        """Return the secret of that name, made at random (256 bits, safe in a URL) the first time it is asked for."""
        path = self.secrets / checked_name(name)
        with self._held(self.secrets):
            if not path.exists():
                write_private(path, secrets.token_urlsafe(32))
            return path.read_text(encoding="utf-8")

    def log(self, name: str) -> Path:
        """The log of the part of that name."""
        return self.logs / f"{checked_name(name)}.log"

    @staticmethod
    @contextmanager
    def _held(folder: Path) -> Iterator[None]:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
