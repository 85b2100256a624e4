"""Names compared as civil status compares them: accents, hyphens, particles and order of tokens set aside.

Lenient enough to see that a bill is a person's; a child is found only by :func:`match_key`, which is exact.
"""

import re
import unicodedata
from collections.abc import Iterable

_SEPARATORS = re.compile(r"[^A-Z0-9]+")
_TITLES = frozenset({"M", "MR", "MME", "MLLE", "MADAME", "MONSIEUR"})


def fold(text: str) -> str:
    """Return ``text`` in capitals without accents, words separated by one space."""
    expanded = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    plain = "".join(c for c in unicodedata.normalize("NFKD", expanded) if not unicodedata.combining(c))
    return _SEPARATORS.sub(" ", plain.upper()).strip()


def tokens(text: str) -> frozenset[str]:
    """Return the words of a name as printed on a paper, titles left out."""
    return frozenset(fold(text).split()) - _TITLES


def names_person(printed: str, *, family_names: Iterable[str], given_names: Iterable[str]) -> bool:
    """Tell whether ``printed`` can be this person: one of the family names whole, and one given name."""
    words = tokens(printed)
    return all(any(_whole(name, words) for name in names) for names in (family_names, given_names))


def _whole(name: str, words: frozenset[str]) -> bool:
    # A name of which nothing is left (« M », another script) is in every list of words, and names nobody.
    wanted = tokens(name)
    return bool(wanted) and wanted <= words


def same_civil_name(family_name: str, given_names: str, other_family_name: str, other_given_names: str) -> bool:
    """Tell whether two records can name one person exactly: same family name, given names in the same order.

    One record may hold fewer given names than the other, but at least the first. Strict where
    :func:`names_person` is lenient, because a person is attached to another by it.
    """
    ours, theirs = fold(given_names), fold(other_given_names)
    if not ours or not theirs or not fold(family_name) or fold(family_name) != fold(other_family_name):
        return False
    return ours == theirs or ours.startswith(theirs + " ") or theirs.startswith(ours + " ")


def match_key(family_name: str, given_names: Iterable[str], born_on: str) -> str:
    """Return what two records of one person have in common: folded names in order, and the date of birth."""
    return "|".join((fold(family_name), " ".join(fold(name) for name in given_names), born_on))
