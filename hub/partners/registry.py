"""Partners and agreements: what their files have to state, and which agreements are in force."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from sqlalchemy import bindparam, select

from connectors.errors import TokenRefused
from connectors.jose import public_part
from contracts.answers import Gives
from contracts.decisions import DecisionKind
from contracts.documents import EvidenceType, Grade
from contracts.grounds import Instrument, Purpose
from contracts.identifiers import Siret, is_siret
from hub.errors import NothingHere, PartnerFilesRefused
from hub.partners.tables import AGREEMENT, PARTNER
from vault.db import ReadTx
from vault.ready import Asked, Ready

OURS_ALONE = frozenset({Instrument.OWN_COPY, Instrument.AGENT_CHECK, Instrument.CONVENTION})
"""Grounds that no agreement gives."""


def _siret(value: object) -> object:
    if not isinstance(value, str) or not is_siret(value):
        raise ValueError("not a SIRET: 14 digits with a right sum")
    return value


SiretText = Annotated[str, BeforeValidator(_siret)]
Sentence = Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Address = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(_Entry):
    """A body as controller or processor (RGPD 26, 28)."""

    siret: SiretText
    name: Sentence


class Deliberation(_Entry):
    """The decision of an assembly that the exchange rests on."""

    number: Annotated[str, Field(min_length=2, max_length=60)]
    date: date


class Habilitation(_Entry):
    """The right to reuse a national source, as its owner gave it (DataPass)."""

    number: Annotated[str, Field(min_length=1, max_length=40)]
    source: Sentence
    """Which source, and whose: the published list names it (CRPA L.114-8 III)."""
    scopes: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9_]{2,60}$")], ...], Field(min_length=1)]


class OnBehalf(_Entry):
    """A treatment, or a role of habilitated agents, that may stand behind a request (CRPA R.114-9-6)."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,59}$")]
    name_fr: Sentence
    """As the family reads it."""


class AgreementFile(_Entry):
    """What a convention lets a partner have: never more than all of its fields allow together."""

    reference: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,39}$")]
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    services: Annotated[tuple[str, ...], Field(min_length=1)]
    evidence_types: Annotated[tuple[EvidenceType, ...], Field(min_length=1)]
    minimum_grade: Grade
    gives: Gives
    """The most it lets the partner have: signed answers alone, or documents too."""
    instrument: Instrument
    """The article the exchange rests on."""
    controller: Party
    processor: Party
    deliberation: Deliberation
    habilitation: Habilitation | None = None
    treatments: tuple[OnBehalf, ...] = ()
    agent_roles: tuple[OnBehalf, ...] = ()
    retention_months: Annotated[int, Field(ge=1, le=600)]
    """How long the partner keeps what it got."""
    decides: tuple[DecisionKind, ...] = ()
    """Kinds of decision that the partner may send back about the lines it decides."""
    originals: tuple[EvidenceType, ...] = ()
    """Kinds of paper it may have byte for byte where the catalogue says that a rule asks for the original."""
    valid_from: date
    valid_until: date

    @model_validator(mode="after")
    def _whole(self) -> "AgreementFile":
        if self.instrument in OURS_ALONE:
            raise ValueError("instrument: no agreement rests on it")
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until: before valid_from")
        if not (self.treatments or self.agent_roles):
            raise ValueError("treatments, agent_roles: at least one stands behind each request (CRPA R.114-9-6)")
        if not set(self.originals) <= set(self.evidence_types) or (self.originals and self.gives is not Gives.DOCUMENT):
            raise ValueError("originals: of papers that it gives as documents")
        for name in ("treatments", "agent_roles"):
            _once(name, [one.id for one in getattr(self, name)])
        return self


class PartnerFile(_Entry):
    """A public body we exchange with."""

    siret: SiretText
    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    name: Sentence
    legal_category: Annotated[str, Field(pattern=r"^[478]\d{3}$")] | None = None
    """INSEE, catégories juridiques, niveau III, where it is known: a body under public law, or one charged with a
    public service (CRPA L.100-3)."""
    contact: Address
    """Who looks after the partner's programmes."""
    security_contact: Address | None = None
    data_protection_contact: Address | None = None
    webhook_url: str | None = None
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 1200
    keys: tuple[dict[str, str], ...] = ()
    """Public JWKs the partner proves itself with; two of them while one takes the other's place."""
    agreements: tuple[AgreementFile, ...] = ()

    @field_validator("keys")
    @classmethod
    def _are_public_keys(cls, keys: tuple[dict[str, str], ...]) -> tuple[dict[str, str], ...]:
        for key in keys:
            try:
                if public_part(key) != key:
                    raise ValueError("a member too many; a private one must never lie here")
            except TokenRefused:
                raise ValueError("not a public JWK for ES256, EdDSA or PS256") from None
            if not key.get("kid"):
                raise ValueError("a key without kid")
        _once("keys", [key["kid"] for key in keys])
        return keys

    @model_validator(mode="after")
    def _whole(self) -> "PartnerFile":
        _once("agreements", [one.reference for one in self.agreements])
        if self.agreements and not (self.security_contact and self.data_protection_contact):
            raise ValueError("security_contact, data_protection_contact: needed where there is an agreement")
        return self


def read_partners(folder: Path) -> list[PartnerFile]:
    """Read every ``*.toml`` of ``folder``; raises :class:`PartnerFilesRefused` naming each file, field and rule."""
    files, faults = read_files(folder)
    if faults:
        raise PartnerFilesRefused("\n".join(faults))
    return [file for _, file in files]


def read_files(folder: Path) -> tuple[list[tuple[str, PartnerFile]], list[str]]:
    """Return the files that can be read, by name, and in words what is wrong with the others."""
    files: list[tuple[str, PartnerFile]] = []
    faults: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            files.append((path.name, PartnerFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            faults.append(f"{path.name}: {error}")
        except ValidationError as error:
            for fault in error.errors(include_input=False, include_url=False):
                place = ".".join(map(str, fault["loc"])) or "file"
                faults.append(f"{path.name}: {place}: {fault['msg'].removeprefix('Value error, ')}")
    for name in ("siret", "slug"):
        faults += _shared(name, [(where, getattr(file, name)) for where, file in files])
    return files, faults


def secret_context(siret: str) -> bytes:
    """Return what a partner's wrapped webhook secret is bound to."""
    return f"unefois/webhook-secret/v1/{siret}".encode()


def siret_of(tx: ReadTx, slug: str) -> Siret:
    """Return the SIRET of the partner whose file is called ``slug``; raises :class:`NothingHere`."""
    found: str | None = tx.execute(select(PARTNER.c.siret).where(PARTNER.c.slug == slug)).scalar_one_or_none()
    if found is None:
        raise NothingHere(f"no partner is called {slug}")
    return Siret(found)


def agreements_of(tx: ReadTx, siret: Siret, *, on: date) -> list[AgreementFile]:
    """Return the agreements of a partner that are in force; none for a suspended one, and no suspended one."""
    (found,) = tx.rows(look_in_force(siret, on=on))
    return agreements_in(found)


def look_in_force(siret: Siret, *, on: date) -> Asked:
    """Return the look of :func:`agreements_of`, to be sent with others."""
    return _IN_FORCE, {"siret": siret, "day": on}


def agreements_in(rows: Sequence[Any]) -> list[AgreementFile]:
    """Return what that look found."""
    return [agreement_in(row._asdict()) for row in rows]


_IN_FORCE = Ready(
    select(AGREEMENT)
    .join(PARTNER, PARTNER.c.siret == AGREEMENT.c.siret)
    .where(
        AGREEMENT.c.siret == bindparam("siret"),
        AGREEMENT.c.retracted_at.is_(None),
        AGREEMENT.c.suspended_at.is_(None),
        AGREEMENT.c.valid_from <= bindparam("day"),
        AGREEMENT.c.valid_until >= bindparam("day"),
        PARTNER.c.suspended_at.is_(None),
    )
)


def agreement_in(row: Mapping[Any, Any]) -> AgreementFile:
    """Return what a row that is not retracted states."""
    return AgreementFile.model_validate({name: row[name] for name in AgreementFile.model_fields})


def _once(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} twice")


def _shared(what: str, said: Sequence[tuple[str, str]]) -> list[str]:
    first: dict[str, str] = {}
    return [
        f"{where}: {what}: that of {first[value]} too"
        for where, value in said
        if first.setdefault(value, where) != where
    ]
