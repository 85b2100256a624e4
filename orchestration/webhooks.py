"""What the operator does with a partner's webhook: give it new secrets, and turn it on again."""

from datetime import datetime
from pathlib import Path

from hub.notifications.replays import open_again
from hub.partners.registry import siret_of
from hub.partners.webhooks import rotate_credentials
from hub.persons.agents import OPERATOR
from orchestration.stack.layout import Layout, write_private
from orchestration.stack.places import Places
from vault.bootstrap import master_key, utc_now
from vault.crypto import local
from vault.crypto.keyring import MasterKey, hold_version
from vault.db import Database
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry
from vault.settings import MasterKeySettings


def wrapping_key(layout: Layout | None) -> MasterKey:
    """Return the master key of a one-machine system, or the one that the environment names where there is none."""
    if layout is not None:
        return local.LocalMasterKey.load(Places.recorded(layout).key(local.PUBLIC_NAME))
    told: dict[str, str] = {}
    return master_key(MasterKeySettings(**told))  # type: ignore[arg-type]  # everything comes from the environment


def rotate_secret(master: MasterKey, db: Database, slug: str, out: Path) -> tuple[str, datetime]:
    """Give a partner a new webhook secret and key, wrapped by ``master``; the secret is written to ``out`` only.

    Returns the new public key, and until when those before sign too. Raises :class:`NothingHere` and
    :class:`~hub.errors.WebhookNotThere`.
    """
    with db.transaction() as tx:
        siret = siret_of(tx, slug)
        hold_version(tx)
        made = rotate_credentials(tx, siret, master.wrap, now=utc_now())
        detail = {"step": "webhook_secret_rotated"}
        append(tx, JournalEntry(JournalAct.PARTNER, OPERATOR, recipient=siret, detail=detail))
        # Within the transaction: a secret that could not be written down is not put in force either.
        write_private(out, made.secret)
    return made.verifying_key, made.before_until


def turn_on(db: Database, slug: str) -> bool:
    """Have a partner's notifications sent again; false where nothing held them back. Raises as :func:`rotate_secret`."""
    with db.transaction() as tx:
        return open_again(tx, siret_of(tx, slug), actor=OPERATOR, now=utc_now())
