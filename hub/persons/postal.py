"""The address that printed letters go to: sealed when it is told, and opened nowhere but where the letter is made."""

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from hub.errors import InvalidValue
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.kept_values import forget_value, keep_value, kept_since, open_kept_value

PLACE = "postal_address"
LINE_MAX = 38
"""Characters of a line of a postal address (NF Z10-011)."""
_LINE = re.compile(r"[0-9A-Za-z\u00c0-\u017f .,'’()/°-]+")
_POSTCODE = re.compile(r"[0-9]{5}")


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where a letter goes, without the name; ``extra`` is the stairs, the flat or with whom."""

    street: str = field(repr=False)
    postcode: str = field(repr=False)
    town: str = field(repr=False)
    extra: str = field(default="", repr=False)

    def faults(self) -> list[str]:
        """Return the fields that no envelope takes."""
        found = [name for name in ("street", "town") if not _writable(getattr(self, name))]
        if self.extra and not _writable(self.extra):
            found.append("extra")
        if len(f"{self.postcode} {self.town}") > LINE_MAX and "town" not in found:
            found.append("town")
        return [*found, *(() if _POSTCODE.fullmatch(self.postcode) else ("postcode",))]

    def lines(self) -> tuple[str, ...]:
        """Return the lines below the name, as the post wants them."""
        return tuple(filter(None, (self.extra, self.street, f"{self.postcode} {self.town.upper()}")))


def keep_address(tx: WriteTx, custody: Custody, person_id: UUID, address: PostalAddress, *, now: datetime) -> None:
    """Seal where somebody's letters go; raises :class:`InvalidValue` for what no envelope takes."""
    if wrong := address.faults():
        raise InvalidValue(f"address: {', '.join(wrong)}")
    keep_value(tx, custody, person_id, PLACE, json.dumps(asdict(address), ensure_ascii=False).encode(), now=now)


def forget_address(tx: WriteTx, person_id: UUID) -> None:
    """Let go of where somebody's letters go; harmless where it is not known."""
    forget_value(tx, person_id, PLACE)


def address_since(tx: ReadTx, person_id: UUID) -> datetime | None:
    """Return since when it is known where somebody's letters go, and not where that is."""
    return kept_since(tx, person_id, PLACE)


def postal_address_of(custody: Custody, tx: ReadTx, person_id: UUID) -> PostalAddress | None:
    """Return where somebody's letters go; needs the right to unwrap, which no door has."""
    found = open_kept_value(custody, tx, person_id, PLACE)
    return None if found is None else PostalAddress(**json.loads(found))


def _writable(line: str) -> bool:
    return bool(line.strip()) and len(line) <= LINE_MAX and _LINE.fullmatch(line) is not None
