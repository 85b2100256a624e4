"""What the operator does with partners: plan, apply, list, suspend, stop; and who was reached when something leaked."""

import json
from dataclasses import asdict
from typing import Any

from pydantic import Field, SecretStr

from connectors.webhook.signature import new_secret
from hub.partners.applying import Change, Wanted
from hub.partners.checking import faults_of
from hub.partners.listing import KnownAgreement, KnownPartner, known_partner, known_partners
from hub.partners.registry import read_partners
from hub.partners.suspending import resume, resume_releases, stop_releases, suspend
from hub.persons.agents import OPERATOR
from hub.requirements.catalogue import load
from orchestration.stack.addresses import addresses
from orchestration.stack.layout import Layout
from orchestration.stack.partner_rows import PARTNERS, partner_files, put_in_force
from orchestration.stack.places import Places
from vault.bootstrap import master_key, utc_now
from vault.db import Database
from vault.settings import MasterKeySettings


class ApplyingSettings(MasterKeySettings):
    """What applying partners' files outside the one-machine system is told: the owner, and a key that may wrap."""

    owner_url: SecretStr = Field(validation_alias="UNEFOIS_OWNER_URL")
    places: dict[str, str] = Field(default_factory=dict, validation_alias="HUB_PLACES")
    """What ``{name}`` stands for in partners' addresses."""


def file_faults() -> list[str]:
    """Return what is wrong with the partners' files: file, field and rule."""
    return faults_of(PARTNERS, load())


def planned(layout: Layout, db: Database) -> list[str]:
    """Return in words what applying the files would change, and who has no file; changes nothing."""
    from orchestration.stack.provision import planned_partners

    with db.read() as tx:
        return _in_words(planned_partners(Places.recorded(layout), tx)) + _without_file(
            known_partners(tx, now=utc_now())
        )


def applied(layout: Layout) -> list[str]:
    """Bring partners and agreements in line with their files; return in words what changed."""
    from orchestration.stack.provision import apply_partners

    return _in_words(apply_partners(Places.recorded(layout), addresses(layout)))


def applied_as_told() -> list[str]:
    """Do that to the database that the environment names; return in words what changed.

    A new partner's webhook secret is known to nobody until « unefois partner rotate-webhook-secret » makes one to hand
    over. Raises as :func:`applied`.
    """
    told: dict[str, str] = {}
    settings = ApplyingSettings(**told)  # type: ignore[arg-type]  # everything comes from the environment
    wanted = []
    for file in partner_files():
        url = file.webhook_url and file.webhook_url.format_map(settings.places)
        wanted.append(Wanted(file.model_copy(update={"webhook_url": url}), ()))
    db = Database.connect(settings.owner_url.get_secret_value(), pool_size=1)
    try:
        return _in_words(put_in_force(db, wanted, master_key(settings), lambda _: new_secret()))
    finally:
        db.close()


def put_suspension(db: Database, slug: str, *, reason: str | None, agreement: str | None) -> bool:
    """Suspend a partner or one agreement for ``reason``, or resume it where there is none; tell whether that was new."""
    with db.transaction() as tx:
        if reason is None:
            return resume(tx, slug, actor=OPERATOR, agreement=agreement)
        return suspend(tx, slug, reason=reason, actor=OPERATOR, now=utc_now(), agreement=agreement)


def put_stop(db: Database, *, reason: str | None) -> bool:
    """Stop every release to partners for ``reason``, or let them go on where there is none; tell whether that was new."""
    with db.transaction() as tx:
        if reason is None:
            return resume_releases(tx, actor=OPERATOR, now=utc_now())
        return stop_releases(tx, reason=reason, actor=OPERATOR, now=utc_now())


def listed(db: Database) -> list[str]:
    """Return one line for each partner."""
    with db.read() as tx:
        return [_line(one) for one in known_partners(tx, now=utc_now())]


def shown(db: Database, slug: str) -> dict[str, Any]:
    """Return all of one partner but its secrets; raises :class:`~hub.errors.NothingHere`."""
    with db.read() as tx:
        found = known_partner(tx, slug, now=utc_now())
    return {**asdict(found), "agreements": [_agreement(one) for one in found.agreements]}


def as_json(told: object) -> str:
    """Return what was found as one JSON document; moments as ISO 8601."""
    return json.dumps(told, ensure_ascii=False, indent=1, default=str)


def _in_words(changes: list[Change]) -> list[str]:
    return [line for change in changes for line in change.words()]


def _without_file(known: list[KnownPartner]) -> list[str]:
    slugs = {file.slug for file in read_partners(PARTNERS)}
    return [f"partner {one.slug}: has no file and stays as it is; suspend it" for one in known if one.slug not in slugs]


def _line(one: KnownPartner) -> str:
    standing = f"suspended: {one.suspended_reason or 'no reason given'}" if one.suspended_at else "active"
    stated = ", ".join(f"{a.stated.reference} {a.standing} until {a.stated.valid_until}" for a in one.agreements)
    return f"{one.slug:<20} {one.siret}  {standing}; {stated or 'no agreement'}"


def _agreement(one: KnownAgreement) -> dict[str, Any]:
    told = {"standing": one.standing, "in_force_since": one.in_force_since}
    told |= {"suspended_at": one.suspended_at, "suspended_reason": one.suspended_reason}
    return told | one.stated.model_dump(mode="json")
