"""The letters a target can hold: names spelled in them, and which names lost something on the way."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

_SPELLED = {
    "Œ": "OE", "œ": "oe", "Æ": "AE", "æ": "ae", "ẞ": "SS", "ß": "ss", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l",
    "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "TH", "þ": "th", "\u0131": "i", "\u2019": "'", "\u2018": "'",
    "\u02bc": "'", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " ",
}  # fmt: skip
"""What decomposition does not take apart, spelled as French civil registries do."""


@dataclass(frozen=True, slots=False)
class Repertoire:
    """The characters a field may hold, how many, and what separates words where a space may not."""

    allowed: str
    longest: int
    upper: bool = False
    separator: str = " "

    @cached_property
    def _fits(self) -> re.Pattern[str]:
        return re.compile(f"[{self.allowed}]")

    def write(self, text: str) -> str:
        """Return ``text`` as the target can hold it; the same where it fits. What no letter stands for is left out.

        The original stays with us: the way back is the pseudonym, never the name.
        """
        composed = unicodedata.normalize("NFC", text).strip()
        plain = "".join(map(self._letter, composed))
        joined = re.sub(f"{re.escape(self.separator)}+", self.separator, plain).strip(self.separator)
        return joined[: self.longest].rstrip(self.separator)

    def _letter(self, letter: str) -> str:
        wanted = letter.upper() if self.upper else letter
        if self._fits.fullmatch(wanted):
            return wanted
        spelled = "".join(_SPELLED.get(each, each) for each in letter)
        if spelled == letter:
            spelled = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
        spelled = spelled.upper() if self.upper else spelled
        return "".join(each if self._fits.fullmatch(each) else self.separator for each in spelled)


ASCII_UPPER_38 = Repertoire("A-Z.", 38, upper=True, separator=".")
"""Capital letters and dots, 38 at most: what the oldest software of this kind takes for a family name."""
LATIN_80 = Repertoire("A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff' .-", 80)
"""The letters of ISO-8859-1, 80 at most."""


@dataclass(frozen=True, slots=True)
class Written:
    """A name as it was written, and whether something of it was lost."""

    text: str
    lost: bool


def spell(text: str, repertoire: Repertoire) -> Written:
    """Return a name as ``repertoire`` can hold it, and whether that is another one."""
    written = repertoire.write(text)
    return Written(written, written != unicodedata.normalize("NFC", text))
