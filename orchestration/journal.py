"""Verifying the journal of a one-machine system, whole or one proof at a time, and having its heads stamped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from connectors.errors import StampNotGranted, StampRefused, StampsUnavailable
from connectors.time_stamps.tokens import Trust, verify_token
from hub.bootstrap import read_settings, time_stamps
from hub.releases.receipts import FORMAT as RECEIPT_FORMAT
from hub.releases.receipts import verify_receipt
from hub.settings import HubSettings
from hub.stamping import Stamped, stamp_head, verify_stamps
from orchestration.stack import environment
from orchestration.stack.addresses import addresses
from orchestration.stack.layout import Layout
from orchestration.stack.places import Places
from vault.bootstrap import utc_now
from vault.db import Database, ReadTx
from vault.journal.proofs import CONSISTENCY_FORMAT, consistency_proof, proof_for, verify_consistency, verify_proof
from vault.journal.signing import HeadVerifier, parse_note
from vault.journal.stamps import all_stamps, newest_stamp
from vault.journal.verify import verify_journal
from vault.settings import VaultSettings
from vault.standing import Purpose, standing

PROFILE = "demo"
"""Of the operator's own process, which starts nothing."""
HEAD, TOKEN = ".head", ".tst"
"""How the files of a head and of its time-stamp end."""


def verify_all(
    layout: Layout, public_key: Path, published: Path | None = None, roots: Path | None = None
) -> tuple[str, bool]:
    """Recompute everything, and against a head published outside; return what was found in words, and whether it holds.

    The time-stamps are held to ``roots``, or else to those of the state folder's own sandbox. Raises :class:`~connectors.errors.StampRootsUnreadable` where there are time-stamps and no ``roots``.
    """
    note = None if published is None else published.read_text(encoding="utf-8")
    with _reading(layout) as tx:
        report = verify_journal(tx, _verifier(public_key), published=note)
        stamped = (
            Stamped(0, None)
            if newest_stamp(tx) is None
            else verify_stamps(all_stamps(tx), _trust(roots or own_roots(layout)))
        )
    counts = f"{report.sequenced} entries sequenced, {report.waiting} waiting, {report.heads} signed heads"
    fault = report.fault or stamped.fault
    if fault:
        return f"THE JOURNAL DOES NOT HOLD: {fault} ({counts})", False
    return f"the journal holds: {counts}; {_dated(stamped)}", True


def check_stamps(folder: Path, public_key: Path, roots: Path) -> tuple[str, bool]:
    """Check offline what :func:`write_stamps` wrote: heads signed by this key, each dated by its time-stamp.

    Raises :class:`~vault.journal.errors.ProofMalformed` and :class:`~connectors.errors.StampRootsUnreadable`.
    """
    key, trust, many = _verifier(public_key), _trust(roots), 0
    for path in sorted(folder.glob(f"*{TOKEN}")):
        note = path.with_suffix(HEAD).read_text(encoding="utf-8")
        if not key.accepts(parse_note(note)):
            return f"{path.stem}: the head is not signed by this key", False
        try:
            verify_token(path.read_bytes(), note.encode(), trust)
        except StampRefused as refused:
            return f"{path.stem}: {refused}", False
        many += 1
    return f"{many} time-stamps hold", many > 0


def write_stamps(layout: Layout, folder: Path) -> int:
    """Write each stamped head as it is published, and its time-stamp beside it; return how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    many = 0
    with _reading(layout) as tx:
        for head, stamp in all_stamps(tx):
            (folder / f"{head.tree_size}{HEAD}").write_text(head.note(), encoding="utf-8")
            (folder / f"{head.tree_size}{TOKEN}").write_bytes(stamp.token)
            many += 1
    return many


def stamp_now(layout: Layout | None) -> tuple[str, bool]:
    """Have the newest head stamped, by the settings of a state folder or those of the environment; say what came of it."""
    if layout is None:
        vault, hub = read_settings()
    else:
        told = environment.pipelines(PROFILE, Places.recorded(layout), addresses(layout))
        vault = VaultSettings(**environment.fields(told, "VAULT_", PROFILE))
        hub = HubSettings(**environment.fields(told, "HUB_", PROFILE))
    authority = time_stamps(hub)
    if authority is None:
        return "no authority is told: HUB_STAMPS_URL", False
    database = Database.connect(vault.database_url.get_secret_value(), pool_size=1)
    try:
        stamp = stamp_head(database, authority, now=utc_now())
    except (StampsUnavailable, StampNotGranted, StampRefused) as error:
        return f"nothing is stamped: {type(error).__name__}: {error}", False
    finally:
        database.close()
    if stamp is None:
        return "the newest signed head is stamped already", True
    return f"head {stamp.tree_size} is stamped: {stamp.stamped_at.isoformat()}, number {stamp.serial}", True


def own_roots(layout: Layout) -> Path:
    """Return the roots of the authority that the sandbox of a state folder plays."""
    return layout.state / "sandbox" / "time-stamps" / "root.pem"


def check_proof(proof: Path, public_key: Path) -> tuple[str, bool]:
    """Check one proof file or reuse receipt offline."""
    text = proof.read_text(encoding="utf-8")
    kinds = ((CONSISTENCY_FORMAT, verify_consistency), (RECEIPT_FORMAT, verify_receipt))
    verify = next((check for name, check in kinds if name in text), verify_proof)
    verdict = verify(text, _verifier(public_key))
    return ("the proof holds" if verdict.holds else f"the proof does not hold: {verdict.fails}"), verdict.holds


@standing(purpose=Purpose.AUDIT)
def proof_of(layout: Layout, entry: str) -> str:
    """Return the inclusion proof of one entry; raises as :func:`vault.journal.proofs.proof_for` does."""
    with _reading(layout) as tx:
        return proof_for(tx, UUID(entry))


def consistency_of(layout: Layout, first: int, second: int) -> str:
    """Return the proof between two signed heads; raises as :func:`vault.journal.proofs.consistency_proof` does."""
    with _reading(layout) as tx:
        return consistency_proof(tx, first, second)


def _verifier(public_key: Path) -> HeadVerifier:
    return HeadVerifier.from_text(public_key.read_text(encoding="utf-8"))


def _trust(roots: Path) -> Trust:
    return Trust.read(None, roots)


def _dated(stamped: Stamped) -> str:
    if stamped.newest is None:
        return "no head is stamped by an authority"
    return f"{stamped.many} stamped by an authority, the newest {stamped.newest:%Y-%m-%d %H:%M} UTC"


@contextmanager
def _reading(layout: Layout) -> Iterator[ReadTx]:
    # The pipelines' login reads the journal and can change nothing of it.
    database = Database.connect(addresses(layout).dsn("unefois_pipelines", driver="psycopg"), pool_size=1)
    try:
        with database.read() as tx:
            yield tx
    finally:
        database.close()
