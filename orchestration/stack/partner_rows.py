"""Partners' files put in force: the rows of partners, agreements and webhooks, on one machine and on many."""

from collections.abc import Callable, Sequence
from functools import partial

from hub.errors import PartnerFilesRefused
from hub.partners.applying import Change, Wanted, apply
from hub.partners.checking import faults_of
from hub.partners.registry import PartnerFile, read_partners, secret_context
from hub.partners.webhooks import ensure_webhook
from hub.persons.agents import OPERATOR
from hub.requirements.catalogue import load
from orchestration.stack.layout import CODE_ROOT
from vault.bootstrap import utc_now
from vault.crypto.keyring import MasterKey, hold_version
from vault.db import Database

PARTNERS = CODE_ROOT / "contracts" / "partners"


def partner_files() -> list[PartnerFile]:
    """Return the partners' files; raises :class:`PartnerFilesRefused` where one is wrong."""
    if faults := faults_of(PARTNERS, load()):
        raise PartnerFilesRefused("\n".join(faults))
    return list(read_partners(PARTNERS))


def put_in_force(
    database: Database, wanted: Sequence[Wanted], master: MasterKey, webhook_secret: Callable[[str], str]
) -> list[Change]:
    """Bring partners and agreements in line with what is wanted, all or nothing; return what changed.

    ``webhook_secret`` makes the secret of a partner that is new, by its slug.
    """
    changes: list[Change] = []
    with database.transaction() as tx:
        hold_version(tx)
        for one in wanted:
            secret = partial(_wrapped_secret, one.file, master, webhook_secret)
            changes += apply(tx, one, wrap_secret=secret, actor=OPERATOR, now=utc_now())
            ensure_webhook(tx, one.file.siret, master.wrap, now=utc_now())
    return changes


def _wrapped_secret(partner: PartnerFile, master: MasterKey, webhook_secret: Callable[[str], str]) -> bytes:
    return master.wrap(webhook_secret(partner.slug).encode(), secret_context(partner.siret))
