"""Rotating the master key of a running system, as the operator's command does it."""

from pathlib import Path

from pydantic import Field, SecretStr

from hub.partners.keys import TOKENS, Signs, TokenKeys
from hub.partners.secrets import PARTNER_PLACES
from orchestration.stack import lock
from orchestration.stack.addresses import addresses
from orchestration.stack.errors import NotRunning
from orchestration.stack.layout import Layout, write_private
from orchestration.stack.places import Places
from vault.bootstrap import master_key, utc_now
from vault.crypto import local
from vault.crypto.keyring import RotatingMasterKey
from vault.crypto.rotation import GRACE, HolderKeyPlace, rotate
from vault.db import Database, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.settings import MasterKeySettings
from vault.standing import Purpose, standing

OPERATOR = Actor(ActorKind.PROCESS, "operator")


class RotationSettings(MasterKeySettings):
    """What a rotation outside the one-machine system is told: the key with the right to rotate it, and the owner."""

    owner_url: SecretStr = Field(validation_alias="UNEFOIS_OWNER_URL")


def rotate_one_machine(layout: Layout, *, grace: float = GRACE) -> int:
    """Rotate the local keyset of a running one-machine system; return how many secrets were moved.

    Raises :class:`NotRunning`.
    """
    places = Places.recorded(layout)
    if not lock.is_held(layout):
        raise NotRunning(f"the system on {layout.state} does not run; start it, then rotate")
    master = local.LocalMasterKey.load(places.key(local.PUBLIC_NAME), places.key(local.PRIVATE_NAME))
    return _rotate(addresses(layout).dsn("unefois_owner", driver="psycopg"), master, grace=grace)


def rotate_tokens(path: Path, signs: Signs = TOKENS) -> list[str]:
    """Turn the ring of keys in ``path`` by one; return in words which key does what now.

    Raises :class:`~hub.errors.RotationUnderWay` and ``ValueError`` as :mod:`hub.partners.keys` does.
    """
    now = utc_now()
    ring = TokenKeys.parse(path.read_text(encoding="utf-8"), signs).rotated(now)
    write_private(path, ring.text())
    return ring.told(now)


def rotate_as_told() -> int:
    """Rotate the master key that the environment names; return how many secrets were moved."""
    told: dict[str, str] = {}
    settings = RotationSettings(**told)  # type: ignore[arg-type]  # everything comes from the environment
    return _rotate(settings.owner_url.get_secret_value(), master_key(settings), grace=GRACE)


@standing(purpose=Purpose.ROTATION)
def _rotate(owner_url: str, master: RotatingMasterKey, *, grace: float) -> int:
    db = Database.connect(owner_url, pool_size=1)
    try:
        return rotate(db, master, (HolderKeyPlace(), *PARTNER_PLACES), record=_journal, grace=grace)
    finally:
        db.close()


def _journal(tx: WriteTx, moved: int) -> None:
    append(tx, JournalEntry(act=JournalAct.ROTATE, actor=OPERATOR, detail={"moved": moved}))
