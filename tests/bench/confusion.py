"""What reading makes of the made papers: which kind is taken for which, and how often each field is exact."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from connectors.sandbox.papers import create_authority
from contracts.documents import EvidenceType, Grade
from tests.assets.papers.case import TODAY
from tests.assets.papers.corpus import HELD_BACK, LAYOUTS, Specimen, specimens
from tests.assets.papers.forms import Form
from tests.bench.measuring import Row
from vault.ingest import ocr
from vault.ingest.engines import Wanted
from vault.ingest.folding import plain
from vault.ingest.ocr import Engine
from vault.ingest.reader import read
from vault.ingest.reading import Reading
from vault.seals.trust import TrustStore

SEED = 101
"""Of the papers read here; those that the phrases and labels were tried on have small ones."""
REPORT = Path("build") / "reading_confusion.txt"
SEALED = frozenset({"electricity", "notice"})
"""Layouts that carry a seal."""
_UNKNOWN = EvidenceType.UNKNOWN


class _Tally:
    """Counts of one form."""

    def __init__(self) -> None:
        self.kinds: Counter[tuple[EvidenceType, EvidenceType]] = Counter()
        self.fields: Counter[tuple[str, str]] = Counter()
        self.sure_but_wrong = 0
        self.wrongly_sealed = 0
        self.seals: Counter[bool] = Counter()

    def add(self, specimen: Specimen, reading: Reading) -> None:
        self.kinds[specimen.paper.evidence_type, reading.evidence_type] += 1
        wrong_kind = reading.evidence_type is not specimen.paper.evidence_type
        self.wrongly_sealed += wrong_kind and reading.grade is Grade.SEALED
        if specimen.paper.layout in SEALED:
            self.seals[reading.grade is Grade.SEALED] += 1
        for name, value in specimen.paper.fields.items():
            got = reading.fields.get(name)
            exact = got is not None and plain(got) == plain(value)
            self.fields[name, "exact" if exact else "missing" if got is None else "wrong"] += 1
            place = reading.places.get(name)
            self.sure_but_wrong += got is not None and not exact and place is not None and place.confidence >= 0.9

    @property
    def right(self) -> int:
        return sum(count for (true, told), count in self.kinds.items() if true is told)

    @property
    def mistaken(self) -> int:
        """Papers taken for another kind; one that is taken for none is not among them."""
        return sum(count for (true, told), count in self.kinds.items() if told not in {true, _UNKNOWN})

    def of(self, word: str) -> int:
        return sum(count for (_, told), count in self.fields.items() if told == word)


def reading_confusion() -> Iterator[Row]:
    """Read every layout in every form, and the wordings that were held back; print both tables."""
    # What is told here is what is read, not how soon: a busy machine must not make pages illegible.
    ocr._PAGE_MILLISECONDS = 60_000
    engine = ocr.engine(Wanted())
    name = "no engine" if engine is None else engine.name
    lines = [f"reading_confusion, {name}"]
    for group, layouts in (("", tuple(LAYOUTS)), ("_held_back", tuple(HELD_BACK))):
        tallies = _read_all(layouts, engine)
        for form, tally in tallies.items():
            yield from _rows(f"{form}{group}", tally)
            lines += ["", f"{form}{group}: kinds (rows: what it is, columns: what it was taken for)", *_matrix(tally)]
        lines += ["", f"fields{group} (exact / wrong / missing)", *_by_field(tallies)]
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines), flush=True)


def _read_all(layouts: tuple[str, ...], engine: Engine | None) -> dict[Form, _Tally]:
    with tempfile.TemporaryDirectory() as folder:
        authority = create_authority(Path(folder))
        trust = TrustStore.load(Path(folder) / "trust", allow_test_authority=True)
        tallies = {form: _Tally() for form in Form}
        for specimen in specimens(layouts=layouts, first=SEED, authority=authority):
            reading = read(specimen.content(), specimen.media_type, trust=trust, today=TODAY, engine=engine)
            tallies[specimen.form].add(specimen, reading)
    return tallies


def _rows(name: str, tally: _Tally) -> Iterator[Row]:
    papers, values = sum(tally.kinds.values()), sum(tally.fields.values())
    yield Row(f"kinds_{name}", _share(tally.right, papers), "%", repetitions=papers)
    mistakes = f"{tally.wrongly_sealed} of them with the grade of a seal"
    held = not tally.wrongly_sealed
    yield Row(f"mistaken_{name}", float(tally.mistaken), "papers", "0 sealed", held, repetitions=papers, note=mistakes)
    if tally.seals:
        yield Row(
            f"seals_held_{name}", _share(tally.seals[True], tally.seals.total()), "%", repetitions=tally.seals.total()
        )
    note = f"{tally.of('wrong')} wrong ({tally.sure_but_wrong} of them sure), {tally.of('missing')} missing"
    yield Row(f"fields_{name}", _share(tally.of("exact"), values), "%", repetitions=values, note=note)


def _share(part: int, whole: int) -> float:
    return round(100 * part / max(whole, 1), 1)


def _matrix(tally: _Tally) -> Iterator[str]:
    kinds = [kind for kind in EvidenceType if any(kind in pair for pair in tally.kinds)]
    yield " " * 24 + "".join(f"{number:>4}" for number in range(1, len(kinds) + 1))
    for number, true in enumerate(kinds, start=1):
        cells = "".join(f"{tally.kinds[true, told] or '.':>4}" for told in kinds)
        yield f"{number:>2} {true.value:<21}{cells}"


def _by_field(tallies: dict[Form, _Tally]) -> Iterator[str]:
    names = sorted({name for tally in tallies.values() for name, _ in tally.fields})
    yield " " * 24 + "".join(f"{form:>14}" for form in tallies)
    for name in names:
        cells = (
            " / ".join(str(tally.fields[name, word]) for word in ("exact", "wrong", "missing"))
            for tally in tallies.values()
        )
        yield f"{name:<24}" + "".join(f"{cell:>14}" for cell in cells)
