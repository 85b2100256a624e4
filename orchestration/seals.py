"""``unefois seal``: verify the seals of any files, offline, and say whose seals are believed."""

import json
import os
import stat
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Self

import typer

from contracts.documents import Outcome
from vault.documents.intake import HEAD_BYTES, real_type
from vault.ingest.child import ReaderChild, ReaderUnavailable
from vault.ingest.reasons import Reason
from vault.ingest.seals_seen import SealsSeen
from vault.seals import doc2d, names, written
from vault.seals.trust import TrustStore, common_name, is_test_root, is_test_sealer, organisation
from vault.seals.verdict import NO_SEAL, SealVerdict

MAX_FILE_BYTES = 64_000_000
NUMBER_DIGITS = 13
"""Fewest digits of a social security or tax number."""
NUMBERS_OF_THEIR_OWN = frozenset({"44", "50"})
"""Identifiers of long numbers that are no person's: reference of a tax notice, SIRET of an employer."""

app = typer.Typer(no_args_is_help=True, help="Seals: verify files offline, show whose seals are believed.")

Files = Annotated[list[Path], typer.Argument(help="PDFs, pictures, or texts that hold codes.")]
TestCa = Annotated[bool, typer.Option("--test-ca", help="Let test seals pass too; their lines say « test ».")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Folder = Annotated[
    Path | None, typer.Option("--trust", exists=True, file_okay=False, help="Newer lists, certificates, revocations.")
]


@app.command("verify")
def verify_command(
    files: Files,
    test_ca: TestCa = False,  # noqa: FBT002 - Typer reads it as a flag
    as_json: AsJson = False,  # noqa: FBT002 - the same
    trust: Folder = None,
) -> None:
    """Verify the seals of FILES; 0 when all passed, 1 otherwise. What is believed here changes nothing in the vault."""
    all_passed = True
    with Verifier(TrustStore.load(trust, allow_test_authority=test_ca)) as verifier:
        for path in files:
            checked = verifier.check(path)
            all_passed = all_passed and checked.outcome is Outcome.PASSED
            typer.echo(json.dumps(checked.plain(), ensure_ascii=False) if as_json else checked.told())
    raise typer.Exit(int(not all_passed))


@app.command("trust")
def trust_command(
    as_json: AsJson = False,  # noqa: FBT002 - Typer reads it as a flag
    trust: Folder = None,
) -> None:
    """Show the trust list, its authorities and how many certificates are here; 1 when the list is out of date."""
    shown = believed(TrustStore.load(trust, allow_test_authority=False), today=_today())
    typer.echo(json.dumps(shown, ensure_ascii=False) if as_json else _told_trust(shown))
    raise typer.Exit(int(shown["out_of_date"]))


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one file came to; ``reason`` is that of the seals, or why the file could not be looked at."""

    file: str
    outcome: Outcome
    reason: str
    seals: tuple[SealVerdict, ...] = field(default=(), repr=False)
    shown: SealVerdict | None = field(default=None, repr=False)
    test_roots: frozenset[str] = frozenset()
    """Names under which a PDF signature is a test."""

    def plain(self) -> dict[str, Any]:
        """Return the line as JSON values; several seals are listed one by one, too."""
        line: dict[str, Any] = {"file": self.file, "verdict": self.outcome.value, "reason": self.reason}
        line |= self._values(self.shown or NO_SEAL)
        if len(self.seals) > 1:
            outcomes = [{"verdict": seal.outcome.value, "reason": seal.reason.value} for seal in self.seals]
            line["seals"] = [told | self._values(seal) for told, seal in zip(outcomes, self.seals, strict=True)]
        return line

    def told(self) -> str:
        """Return the line for a reader, with what was sealed below it."""
        lines = [f"{self.outcome.value:<13} {self.file}  ({self.reason})"]
        for seal in self.seals:
            values = self._values(seal)
            test = "  TEST SEAL, PROVES NOTHING" if values["test"] else ""
            lines.append(f"  {values['document_name'] or 'signature'}: {seal.outcome.value}, {seal.reason.value}{test}")
            lines.append(f"    by {seal.authority} {seal.certificate}, sealed on {values['signed_on'] or 'no day'}")
            lines += [
                f"    {identifier:<3} {values['field_names'][identifier]}: {value}"
                for identifier, value in values["fields"].items()
            ]
            lines += [f"    {identifier:<3} {name}: masked" for identifier, name in values["masked"].items()]
        return "\n".join(map(_printable, lines))

    def _values(self, seal: SealVerdict) -> dict[str, Any]:
        code = bool(seal.document_type)
        test = is_test_sealer(seal.authority, seal.certificate) if code else seal.authority in self.test_roots
        return {
            "document_type": seal.document_type,
            "document_name": names.document_name(seal.document_type) if code else "",
            "authority": seal.authority,
            "certificate": seal.certificate,
            "test": test,
            "issued_on": None if seal.issued_on is None else seal.issued_on.isoformat(),
            "signed_on": None if seal.signed_on is None else seal.signed_on.isoformat(),
            "fields": {identifier: _masked(identifier, value) for identifier, value in seal.fields.items()},
            "field_names": {identifier: names.field_name(identifier) for identifier in seal.fields},
            "masked": {identifier: names.field_name(identifier) for identifier in seal.withheld},
        }


class Verifier:
    """Checks files one after the other; PDFs and pictures in the limited child, which starts with the first."""

    def __init__(self, trust: TrustStore, *, today: date | None = None) -> None:
        """Keep whom to trust; ``today`` is the day of the clock unless told."""
        self._trust = trust
        self._today = today or _today()
        self._child = ReaderChild(trust)
        self._test_roots = frozenset(organisation(root.subject) for root in trust.roots if is_test_root(root))

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the child."""
        self._child.close()

    def check(self, path: Path) -> Checked:
        """Return what ``path`` comes to; a file that cannot be looked at is inconclusive."""
        name = os.fsencode(path).decode("utf-8", "replace")
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                return _unlooked(name, "not_a_file")
            if found.st_size > MAX_FILE_BYTES:
                return _unlooked(name, "too_large")
            data = path.read_bytes()
        except FileNotFoundError:
            return _unlooked(name, "no_such_file")
        except (OSError, ValueError):
            return _unlooked(name, "cannot_be_read")
        return self._check_bytes(name, data)

    def _check_bytes(self, name: str, data: bytes) -> Checked:
        media_type = real_type(data[:HEAD_BYTES])
        if media_type is not None:
            try:
                seen = self._child.seals(data, media_type, today=self._today)
            except ReaderUnavailable:
                return _unlooked(name, "reader_unavailable")
            return replace(_of_paper(name, seen), test_roots=self._test_roots)
        if not written.is_text(data) and not data.startswith(written.BINARY):
            return _unlooked(name, Reason.UNSUPPORTED_TYPE.value)
        codes = written.codes_in(data)
        if not codes:
            return _unlooked(name, Reason.EMPTY.value)
        return _of_codes(name, [doc2d.verify(code, self._trust, on=self._today) for code in codes])


def believed(trust: TrustStore, *, today: date) -> dict[str, Any]:
    """Return whose seals ``trust`` believes, as JSON values; ``out_of_date`` once the list should have been replaced."""
    listed = trust.listed
    if listed is None:
        raise TypeError
    authorities = [
        {
            "authority": each.identifier,
            "operator": each.operator,
            "status": each.statuses[0].name if each.statuses else "",
            "since": each.statuses[0].since.date().isoformat() if each.statuses else None,
            "certificates": sum(
                1
                for sealer in trust.certificates
                if common_name(sealer.issuer) == each.identifier != common_name(sealer.subject)
            ),
        }
        for each in listed.authorities
    ]
    return {
        "sequence": listed.sequence,
        "issued_on": listed.issued_at.date().isoformat(),
        "next_update": None if listed.next_update is None else listed.next_update.date().isoformat(),
        "out_of_date": not listed.vouches_for(today),
        "authorities": authorities,
        "certificates": sum(each["certificates"] for each in authorities),
        "revoked": len(trust.revoked),
        "signature_roots": sum(1 for root in trust.roots if not is_test_root(root)),
    }


def _told_trust(shown: dict[str, Any]) -> str:
    state = "OUT OF DATE" if shown["out_of_date"] else "in date"
    lines = [
        f"trust list {shown['sequence']} of {shown['issued_on']}, next update {shown['next_update']}: {state}",
        f"{shown['certificates']} certificates of sealers, {shown['revoked']} revocations",
        f"{shown['signature_roots']} roots for PDF signatures",
    ]
    lines += [
        f"  {each['authority']}  {each['operator']:<34} {each['status']:<12} since {each['since']}  "
        f"{each['certificates']} certificates"
        for each in shown["authorities"]
    ]
    return "\n".join(lines)


def _unlooked(name: str, reason: str) -> Checked:
    return Checked(name, Outcome.INCONCLUSIVE, reason)


def _of_paper(name: str, seen: SealsSeen) -> Checked:
    """Return the check of one paper: its seals must not contradict each other."""
    if seen.together is None:
        return _unlooked(name, seen.reason.value)
    together = seen.together
    return Checked(name, together.outcome, together.reason.value, seen.verdicts, together)


def _of_codes(name: str, verdicts: list[SealVerdict]) -> Checked:
    """Return the check of codes somebody wrote down, of as many papers as there are codes: the worst of them."""
    order = (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.PASSED)
    worst = min(verdicts, key=lambda verdict: order.index(verdict.outcome))
    shown = worst if len(verdicts) == 1 else replace(worst, fields={}, withheld=())
    return Checked(name, worst.outcome, worst.reason.value, tuple(verdicts), shown)


def _masked(identifier: str, value: str) -> str:
    """Return ``value`` without the social security or tax numbers somebody put into a field of another name."""
    if identifier in NUMBERS_OF_THEIR_OWN or sum(map(str.isdigit, value)) < NUMBER_DIGITS:
        return value
    # It brings the parsers of papers along, and few values have so many digits.
    from vault.ingest import masking

    for start, end in sorted(masking.numbers(value), reverse=True):
        value = value[:start] + "•" * (end - start) + value[end:]
    return value


def _printable(line: str) -> str:
    """Return ``line`` without what would steer a terminal: names of signers are anybody's words."""
    return "".join(letter if letter.isprintable() else "·" for letter in line)


def _today() -> date:
    return datetime.now(UTC).date()
