"""What a body is told of lines: whose, what for, and what the papers that may go to it show; never a paper."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal

from connectors.paris_familles.commands import Tariff
from contracts.answers import canonical
from hub.exchanges.pupils import shown
from hub.requirements.families.decisions import DECIDED
from hub.school_files.loading import DECISION
from hub.school_files.tables import SATISFACTION
from vault.db import ReadTx


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """One line as a body is told of it; ``band`` is what we propose, ``tariff`` what another body decided."""

    line_id: UUID
    child_id: UUID
    payer_id: UUID
    family_name: str
    first_name: str
    born_on: date
    service: str
    school_year: str
    band: int | None = None
    tariff: Tariff | None = None

    def digest(self, reference: UUID) -> bytes:
        """Return the SHA-256 of what is said, with the body's own random name of the line: nobody can guess along it."""
        told = {
            "reference": str(reference),
            "family_name": self.family_name,
            "first_name": self.first_name,
            "born_on": self.born_on.isoformat(),
            "service": self.service,
            "school_year": self.school_year,
            "band": "" if self.band is None else str(self.band),
            "tariff": "" if self.tariff is None else self.tariff.model_dump_json(),
        }
        return hashlib.sha256(canonical(told)).digest()


def contents_of(tx: ReadTx, resting: Mapping[UUID, Collection[UUID]]) -> dict[UUID, Content]:
    """Return what is said of each line on the evidence named for it, and on none besides."""
    among = SATISFACTION.c.line_id == any_(literal(list(resting), ARRAY(Uuid)))
    rows = tx.execute(shown().where(among, SATISFACTION.c.until.is_(None)))
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        if row.evidence_id in resting[row.line_id]:
            found.setdefault(row.line_id, []).append(row)
    return {line_id: _content(rows) for line_id, rows in found.items()}


def _content(rows: list[Any]) -> Content:
    row = rows[0]
    bands = [one.tariff_band for one in rows if one.kind != DECISION and one.tariff_band is not None]
    tariffs = [_tariff(one) for one in rows if one.kind == DECISION and one.tariff_band is not None]
    return Content(
        line_id=row.line_id,
        child_id=row.child_id,
        payer_id=row.payer_id,
        family_name=row.family_name,
        first_name=row.given_names[0],
        born_on=date.fromisoformat(row.born_on),
        service=row.service,
        school_year=row.school_year,
        band=int(bands[0]) if bands else None,
        tariff=next(filter(None, tariffs), None),
    )


def _tariff(row: Any) -> Tariff | None:
    """Return what was decided, by its number; nothing of a judgement that was made before numbers were written down."""
    seen = row.decided_on
    if seen.get("decision") != DECIDED or not seen.get("reference"):
        return None
    last = date.fromisoformat(seen["valid_until"])
    return Tariff(band=row.tariff_band, number=seen["reference"], decided_by=seen["decided_by"], valid_until=last)
