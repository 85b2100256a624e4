"""Bringing partners and agreements in line with their files: first what would change, then, in one step, that and no more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from contracts.identifiers import new_uuid
from hub.partners.registry import AgreementFile, PartnerFile, agreement_in
from hub.partners.tables import AGREEMENT, PARTNER
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry


@dataclass(frozen=True, slots=True)
class Changed:
    """One field that becomes another, as an operator reads it; of keys only their names."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that applying a file does."""

    step: str
    """``partner_added``, ``partner_changed``, ``agreement_in_force``, ``agreement_changed`` or ``agreement_retracted``."""
    slug: str
    reference: str = ""
    fields: tuple[Changed, ...] = ()

    def words(self) -> list[str]:
        """Return it in words, a line for the change and one for each field."""
        what = f"agreement {self.reference} of {self.slug}" if self.reference else f"partner {self.slug}"
        said = self.step.partition("_")[2].replace("_", " ")
        return [f"{what}: {said}", *(f"    {one.name}: {one.before} → {one.after}" for one in self.fields)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A partner as its file says, with the keys it proves itself with."""

    file: PartnerFile
    keys: Sequence[Mapping[str, Any]] = field(default=())

    def facts(self) -> dict[str, Any]:
        """Return the columns that the file decides."""
        facts = self.file.model_dump(mode="json", exclude={"siret", "keys", "agreements"})
        return facts | {"jwks": {"keys": [dict(key) for key in (*self.file.keys, *self.keys)]}}


def plan(tx: ReadTx, wanted: Wanted) -> list[Change]:
    """Return what applying a file would change; nothing once it was applied."""
    file = wanted.file
    known = tx.execute(select(PARTNER).where(PARTNER.c.siret == file.siret)).mappings().one_or_none()
    changes = []
    if known is None:
        changes.append(Change("partner_added", file.slug))
    else:
        fields = _differences(known, wanted.facts())
        changes += [Change("partner_changed", file.slug, fields=fields)] if fields else []
    current = {reference: agreement_in(row) for reference, row in _current(tx, file.siret).items()}
    stated = {one.reference: one for one in file.agreements}
    changes += [Change("agreement_retracted", file.slug, one) for one in current if one not in stated]
    for reference, agreement in stated.items():
        if reference not in current:
            changes.append(Change("agreement_in_force", file.slug, reference))
        elif fields := _differences(_columns(current[reference]), _columns(agreement)):
            changes.append(Change("agreement_changed", file.slug, reference, fields))
    return changes


def apply(
    tx: WriteTx, wanted: Wanted, *, wrap_secret: Callable[[], bytes | None], actor: Actor, now: datetime
) -> list[Change]:
    """Bring one partner in line with its file; return what changed, each of which the journal keeps.

    ``wrap_secret`` gives the webhook secret wrapped under the master key; it is asked only for a new partner, so that
    a second run does not change the secret a partner already has. A suspension outlives a change of the file.
    """
    file = wanted.file
    changes, rows = plan(tx, wanted), _current(tx, file.siret)
    stated = {one.reference: one for one in file.agreements}
    for change in changes:
        if change.step == "partner_added":
            row = {"siret": file.siret, "webhook_secret_wrapped": wrap_secret(), "recorded_at": now}
            tx.execute(insert(PARTNER).values(**row, **wanted.facts()))
        elif change.step == "partner_changed":
            tx.execute(update(PARTNER).where(PARTNER.c.siret == file.siret).values(**wanted.facts()))
        else:
            _put(tx, file.siret, rows.get(change.reference), stated.get(change.reference), now=now)
        append(tx, _entry(actor, file.siret, change))
    return changes


def _put(
    tx: WriteTx, siret: str, before: Mapping[Any, Any] | None, after: AgreementFile | None, *, now: datetime
) -> None:
    kept: dict[str, Any] = {}
    if before is not None:
        kept = {name: before[name] for name in ("suspended_at", "suspended_reason")}
        tx.execute(update(AGREEMENT).where(AGREEMENT.c.agreement_id == before["agreement_id"]).values(retracted_at=now))
    if after is not None:
        row = {"agreement_id": new_uuid(), "siret": siret, "recorded_at": now, **kept}
        tx.execute(insert(AGREEMENT).values(**row, **_columns(after)))


def _current(tx: ReadTx, siret: str) -> dict[str, Mapping[Any, Any]]:
    rows = tx.execute(select(AGREEMENT).where(AGREEMENT.c.siret == siret, AGREEMENT.c.retracted_at.is_(None)))
    return {row["reference"]: row for row in rows.mappings()}


def _columns(agreement: AgreementFile) -> dict[str, Any]:
    plain = agreement.model_dump(mode="json")
    dates = {name: getattr(agreement, name) for name in ("valid_from", "valid_until")}
    return {**plain, **dates}


def _differences(before: Mapping[Any, Any], after: Mapping[str, Any]) -> tuple[Changed, ...]:
    return tuple(
        Changed(name, _shown(before[name]), _shown(value)) for name, value in after.items() if before[name] != value
    )


def _shown(value: object) -> str:
    if isinstance(value, Mapping) and "keys" in value:
        return ", ".join(str(key.get("kid")) for key in value["keys"]) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_shown(one) for one in value) or "none"
    if isinstance(value, Mapping):
        return " ".join(_shown(one) for one in value.values())
    return "none" if value is None else str(value)


def _entry(actor: Actor, siret: str, change: Change) -> JournalEntry:
    detail: dict[str, Any] = {"step": change.step, "partner": change.slug}
    if change.reference:
        detail["agreement"] = change.reference
    if change.fields:
        # Which fields, and not what stands in them: an address may name somebody.
        detail["fields"] = [one.name for one in change.fields]
    return JournalEntry(JournalAct.PARTNER, actor, recipient=siret, detail=detail)
