"""The scanner that is always there: our own yara-x rules, compiled once in the limited child's server."""

from functools import cache
from pathlib import Path

import yara_x

from vault.ingest.reasons import Reason
from vault.ingest.rule_files import NAME, RULES, rule_texts, rules_version
from vault.ingest.scanning import Scan


class RuleScanner:
    """Scans with the rules of a folder; bounded by the limits of the process it runs in."""

    def __init__(self, folder: Path = RULES) -> None:
        """Compile every ``*.yar`` of ``folder``; raises ``yara_x.CompileError`` for a rule that is none."""
        compiler = yara_x.Compiler(error_on_slow_pattern=False)
        for name, text in rule_texts(folder):
            compiler.add_source(text, origin=name)
        self._rules = compiler.build()
        self.version = rules_version(folder)

    def scan(self, data: bytes) -> Scan:
        """Return what the rules find in ``data``."""
        try:
            # No timeout of its own: it would need a thread, which a fork does not inherit, and the child has limits.
            found = self._rules.scan(data).matching_rules
        except yara_x.ScanError:
            return Scan(NAME, Reason.NOT_SCANNED, self.version)
        kinds = {value for rule in found for name, value in rule.metadata if name == "kind"}
        if not found:
            return Scan(NAME, Reason.READ, self.version)
        # A rule that says nothing of its kind counts as the worse of the two.
        active = kinds == {Reason.ACTIVE_CONTENT.value}
        return Scan(NAME, Reason.ACTIVE_CONTENT if active else Reason.MALWARE, self.version)


@cache
def own_rules() -> RuleScanner:
    """Return the scanner with the rules that come with this code."""
    return RuleScanner()
