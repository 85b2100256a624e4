"""What is well and what is not with the one-machine system, in words, and what to do about it."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import SQLAlchemyError

from orchestration.stack import lock
from orchestration.stack.account import MAPPED, SAME, nobody, works
from orchestration.stack.addresses import addresses, recorded_objects
from orchestration.stack.errors import StackError
from orchestration.stack.layout import PASSABLE, Layout
from orchestration.stack.objects import program
from orchestration.stack.parts import NotAnswering, tail
from orchestration.stack.ports import PortBook, is_free
from orchestration.stack.postgres import Postgres, binaries
from orchestration.stack.state import Status, read_state
from orchestration.stack.trouble import troubles
from vault.crypto import local
from vault.errors import VaultError
from vault.ingest import bubble
from vault.ingest.engines import Wanted
from vault.ingest.limits import available_limits
from vault.seals.trust import TrustStore

PYTHON = (3, 11)
ENOUGH_BYTES, TOO_FEW_BYTES = 2_000_000_000, 300_000_000
# SeaweedFS makes its volumes read-only below this share of free disk.
TOO_SMALL_SHARE = 0.01


class Level(StrEnum):
    """How bad a finding is: ``broken`` means the system cannot run or does not."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was seen, and, unless all is well, what to do."""

    level: Level
    what: str
    to_do: str = ""


def _ok(what: str) -> Finding:
    return Finding(Level.OK, what)


def _warning(what: str, to_do: str) -> Finding:
    return Finding(Level.WARNING, what, to_do)


def _broken(what: str, to_do: str) -> Finding:
    return Finding(Level.BROKEN, what, to_do)


def examine(layout: Layout) -> list[Finding]:
    """Look at everything; changes nothing, starts no server, and raises nothing for what it finds."""
    looks: tuple[Callable[[Layout], Iterator[Finding]], ...] = (
        _python,
        _servers,
        _engine,
        _seals,
        _folders,
        _keys,
        _account,
        _disk,
        _limits,
        _running,
        _ports,
        _stores,
        _troubles,
        _erasures,
    )
    return [finding for look in looks for finding in look(layout)]


def _python(_: Layout) -> Iterator[Finding]:
    here = sys.version.split()[0]
    if sys.version_info[:2] == PYTHON:
        yield _ok(f"Python {here}")
    else:
        yield _broken(f"Python {here}", "use Python 3.11")


def _servers(_: Layout) -> Iterator[Finding]:
    for name, find in (("PostgreSQL", binaries), ("SeaweedFS", program)):
        try:
            find()
        except StackError as error:
            yield _broken(str(error), "run « make up » once: it installs what is missing")
        else:
            yield _ok(f"the binaries of {name} are here")


def _engine(_: Layout) -> Iterator[Finding]:
    name = Wanted().comes_to()
    if name:
        yield _ok(f"photographs and scans are read by {name}")
    else:
        yield _warning(
            "no engine reads photographs and scans", "install Debian's « tesseract-ocr-fra », or the packaged engine"
        )


def _seals(_: Layout) -> Iterator[Finding]:
    try:
        listed = TrustStore.load(None, allow_test_authority=False).listed
    except VaultError as error:
        yield _broken(f"the list of seal authorities cannot be read: {error}", "see docs/seals.md")
        return
    if listed is None or not listed.vouches_for(datetime.now(UTC).date()):
        yield _warning("the list of seal authorities is out of date", "bring the newer one, see docs/seals.md")
    else:
        until = "closed" if listed.next_update is None else f"good until {listed.next_update:%Y-%m-%d}"
        yield _ok(f"seal authorities are those of list {listed.sequence}, {until}")


def _folders(layout: Layout) -> Iterator[Finding]:
    if not layout.state.is_dir():
        yield _ok("there is no state folder yet; the first start makes it")
        return
    # Passing through without reading is what root grants when it lends the cluster to « nobody ».
    may = {layout.state: PASSABLE}
    open_ones = [path for path in _private(layout) if stat.S_IMODE(path.lstat().st_mode) & ~may.get(path, 0o700)]
    for path in open_ones:
        yield _broken(f"other accounts may enter or read {path}", f"chmod go= {path}")
    if not open_ones:
        yield _ok("the state folder, its secrets and its keys are closed to other accounts")


def _private(layout: Layout) -> Iterator[Path]:
    yield layout.state
    for folder in (layout.secrets, layout.keys, layout.run, layout.logs, layout.objects_data):
        if folder.is_dir():
            yield folder
    if os.access(layout.secrets, os.R_OK | os.X_OK):
        yield from layout.secrets.iterdir()


def _keys(layout: Layout) -> Iterator[Finding]:
    public, private = layout.keys / local.PUBLIC_NAME, layout.keys / local.PRIVATE_NAME
    if not private.exists():
        return
    try:
        state = local.LocalMasterKey.load(public, private).state()
    except VaultError as error:
        yield _broken(f"the master key: {error}", "put the key files back from their own backup; see docs/keys.md")
    else:
        yield _ok(f"the master key is a local keyset, {state}; production keeps it in OpenBao")


def _account(_: Layout) -> Iterator[Finding]:
    if os.geteuid() != 0:
        yield _ok("PostgreSQL runs under your own account")
    elif works(MAPPED, {}):
        yield _ok("you are root; PostgreSQL runs in a user namespace")
    elif nobody() is not None:
        yield _warning(
            "you are root and user namespaces are closed here; PostgreSQL would run as « nobody »",
            "better run this as a plain user",
        )
    else:
        yield _broken(
            "you are root; there is neither a user namespace nor an account nobody", "run this as a plain user"
        )


def _disk(layout: Layout) -> Iterator[Finding]:
    place = layout.state if layout.state.is_dir() else layout.state.parent
    if not place.is_dir():
        yield _broken(f"{place} does not exist", "make that folder")
        return
    usage = shutil.disk_usage(place)
    what = f"{usage.free // 1_000_000} MB free on the disk"
    if usage.free < TOO_FEW_BYTES or usage.free / usage.total < TOO_SMALL_SHARE:
        yield _broken(what, "make room: the object store refuses to write below 1 % of free disk")
    elif usage.free < ENOUGH_BYTES:
        yield _warning(what, "make room soon")
    else:
        yield _ok(what)


def _limits(_: Layout) -> Iterator[Finding]:
    granted = available_limits()
    found = {
        f"Landlock (version {granted.landlock})": granted.landlock > 0,
        "a system-call filter": granted.seccomp,
        "no new privileges": granted.no_new_privileges,
    }
    for limit, there in found.items():
        if there:
            yield _ok(f"parsers of strangers' files are limited by {limit}")
        else:
            yield _warning(f"parsers of strangers' files run without {limit}", "use a newer kernel or another machine")
    # Optional: the limits above do without it, and a container may forbid it.
    around = (
        "runs inside bubblewrap"
        if bubble.granted()
        else "runs without bubblewrap, which is not here or may do nothing here"
    )
    yield _ok(f"their reader {around}")


def _running(layout: Layout) -> Iterator[Finding]:
    state = read_state(layout)
    if not lock.is_held(layout):
        yield from _stopped(layout)
    elif state is None:
        yield _warning("a system is only just starting", "look again in a moment")
    else:
        for part in state.parts:
            what = f"{part.name}: {part.status}, {part.health}, started again {part.restarts} times"
            if part.status is Status.READY:
                yield _ok(what)
            else:
                to_do = f"read {layout.log(part.name)}; its end:\n{tail(layout.log(part.name), 4)}"
                yield (_broken if part.waited else _warning)(what, to_do)


def _stopped(layout: Layout) -> Iterator[Finding]:
    state = read_state(layout)
    left = [part.name for part in state.parts if part.lifeline and part.lifeline.alive()] if state else []
    if left:
        yield _warning(f"a supervisor was killed and left {', '.join(left)} running", "« make down » or « make up »")
    elif state is not None and state.failure:
        yield _broken(f"the last start failed: {state.failure}", "mend that, then « make up »")
    else:
        yield _ok("nothing runs")


def _ports(layout: Layout) -> Iterator[Finding]:
    if lock.is_held(layout):
        return
    for name, port in PortBook(layout).recorded().items():
        if not is_free(port):
            yield _warning(
                f"port {port} of {name} is taken by another program", "nothing: the next start takes another"
            )


def _stores(layout: Layout) -> Iterator[Finding]:
    if not lock.is_held(layout):
        return
    objects, port = recorded_objects(layout), PortBook(layout).recorded().get("postgres")
    if objects is None or port is None:
        yield _warning("the ports are not chosen yet", "wait until the start is over")
        return
    checks = (("PostgreSQL", Postgres(layout, port, SAME).check), ("the object store", objects.check))
    for name, check in checks:
        try:
            check()
        except NotAnswering as error:
            yield _broken(f"{name}: {error}", f"read the logs in {layout.logs}")
        except StackError as error:
            yield _broken(str(error), "put the secret back, or begin with an empty state folder")
        else:
            yield _ok(f"{name} answers")


def _troubles(layout: Layout) -> Iterator[Finding]:
    if not lock.is_held(layout):
        return
    try:
        found = troubles(addresses(layout))
    except (StackError, VaultError, SQLAlchemyError) as error:
        # Before the first migration there is nothing to ask; what does not answer is said above.
        yield _warning(f"what waits could not be asked: {type(error).__name__}", "look again in a moment")
        return
    for one in found:
        yield (_broken if one.grave else _warning)(one.what, one.to_do)
    if not found:
        yield _ok("no paper, job or object gives trouble")


class _Told(BaseSettings):
    """What doctor is told as the worker is."""

    model_config = SettingsConfigDict(extra="ignore")

    profile: str = Field(default="", validation_alias="UNEFOIS_PROFILE")
    copies: Path | None = Field(
        default=None, validation_alias=AliasChoices("UNEFOIS_ERASURES_COPY", "VAULT_ERASURES_COPY")
    )


def _erasures(layout: Layout) -> Iterator[Finding]:
    told = _Told()
    if told.copies is None:
        what = "erasures.log lies on this machine only"
        to_do = "VAULT_ERASURES_COPY names a folder of another machine; see docs/backup.md"
        yield (
            _warning(what, to_do) if told.profile == "production" else _ok(f"{what}; production wants it elsewhere too")
        )
    elif not told.copies.is_dir():
        yield _broken(f"{told.copies} is no folder: nothing is erased until it is back", "mount it, or make it")
    elif layout.state.is_dir() and told.copies.stat().st_dev == layout.state.stat().st_dev:
        yield _warning(
            f"{told.copies} lies on the same disk as erasures.log", "mount a folder of another machine there"
        )
    else:
        yield _ok(f"erasures are copied to {told.copies} as they are logged")
