"""All made papers: every kind in its layouts and forms, from seeds; the same call gives the same bytes."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

from connectors.sandbox.papers import SealAuthority
from contracts.documents import MediaType
from tests.assets.papers import (
    benefits,
    civil,
    held_back,
    housing,
    identity,
    school,
    statements,
    strangers,
    taxes,
    work,
)
from tests.assets.papers.case import Case, Layout
from tests.assets.papers.drawing import Paper
from tests.assets.papers.forms import Form, in_form

LAYOUTS: dict[str, Layout] = {
    name: layout
    for room in (housing, taxes, benefits, civil, identity, school, statements, work, strangers)
    for name, layout in room.LAYOUTS.items()
}
"""Every layout by its name."""
HELD_BACK: dict[str, Layout] = held_back.LAYOUTS
"""Other wordings, which the reading was not made on."""


@dataclass(frozen=True)
class Specimen:
    """A paper in one form, and the truth about it."""

    paper: Paper
    form: Form
    seed: int

    @property
    def media_type(self) -> MediaType:
        return MediaType.JPEG if self.form is Form.PHOTO else MediaType.PDF

    def content(self) -> bytes:
        return in_form(self.form, self.paper.pdf, seed=self.seed)


def paper(layout: str, seed: int = 1, authority: SealAuthority | None = None) -> Paper:
    """Return one paper of a layout."""
    return (LAYOUTS | HELD_BACK)[layout](Case.of(_seed(layout, seed), authority))


def specimens(
    forms: Sequence[Form] = tuple(Form),
    *,
    layouts: Iterable[str] = tuple(LAYOUTS),
    of_each: int = 1,
    first: int = 1,
    authority: SealAuthority | None = None,
) -> Iterator[Specimen]:
    """Return ``of_each`` papers of each of ``layouts`` in each of ``forms``, from seed ``first`` on."""
    for layout in layouts:
        for seed in islice(count(first), of_each):
            made = paper(layout, seed, authority)
            for form in forms:
                yield Specimen(made, form, _seed(f"{layout}{form}", seed))


def _seed(layout: str, seed: int) -> int:
    return zlib.crc32(layout.encode()) + seed
