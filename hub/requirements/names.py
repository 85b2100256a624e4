"""Names compared as civil status compares them: accents, hyphens, particles and order of tokens set aside.

Lenient enough to see that a bill is a person's; a child is found only by :func:`match_key`, which is exact.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from enum import StrEnum

_SEPARATORS = re.compile(r"[^A-Z0-9]+")
_TITLES = frozenset({"M", "MR", "MME", "MLLE", "MADAME", "MONSIEUR"})


def fold(text: str) -> str:
    """Return ``text`` in capitals without accents, words separated by one space."""
    if text.isascii():
        return _SEPARATORS.sub(" ", text.upper()).strip()
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


class Likeness(StrEnum):
    """How much a printed name is a person's."""

    SAME = "same"
    CLOSE = "close"
    """As a hurried clerk might have written it: enough to ask an agent, never enough to pass."""
    OTHER = "other"
    UNREADABLE = "unreadable"


PARTICLES = frozenset(
    ("D", "DE", "DU", "DES", "DEL", "DELLA", "DI", "DA", "DOS", "LA", "LE", "LES", "VAN", "VON", "DER", "DEN", "TEN")
) | frozenset(("BEN", "BENT", "BINT", "IBN", "ABOU", "ABU", "AL", "EL", "AIT", "OULD", "MAC", "MC", "O", "SAINT", "ST"))
"""Words that registers write apart, join to the next, or leave out."""
_CLOSE_LETTERS = 5
"""Shorter words are different names when one letter differs (« Noé », « Zoé »)."""


def likeness(printed: str, *, family_names: Iterable[str], given_names: Iterable[str]) -> Likeness:
    """Compare a name as printed on a paper with an adult's: one of the family names whole, and one given name.

    Particles joined or apart are the same name (« Le Goff », « Legoff »); particles left out, one letter in a long word,
    or an initial for the given name are close.
    """
    words = tokens(printed)
    if not words:
        return Likeness.UNREADABLE
    family, given = tuple(family_names), tuple(given_names)
    found = [_part(family, words, _carries), _part(given, words, _carries)]
    if all(part is Likeness.SAME for part in found):
        return Likeness.SAME
    found = [_part(family, words, _resembles), _part(given, words, _resembles)]
    return Likeness.CLOSE if all(part is Likeness.SAME for part in found) else Likeness.OTHER


def child_likeness(
    family_name: str, first_names: str, *, family_names: Iterable[str], given_names: tuple[str, ...]
) -> Likeness:
    """Compare a child's names as printed with a child's civil status; the first given name decides, whole.

    Twins share everything else: « Jean » is not « Jean-Baptiste », and a paper that lists more given names than the
    register knows is only close.
    """
    words, known = tokens(family_name), tuple(family_names)
    if not words or not tokens(first_names) or not given_names:
        return Likeness.UNREADABLE
    family = _part(known, words, _carries)
    if family is not Likeness.SAME:
        near = _part(known, words, _resembles)
        family = Likeness.CLOSE if near is Likeness.SAME else Likeness.OTHER
    given = _given_likeness(_apart(first_names), tuple(name for part in given_names for name in _apart(part)))
    order = (Likeness.OTHER, Likeness.CLOSE, Likeness.SAME)
    return min(family, given, key=order.index)


def _given_likeness(printed: tuple[str, ...], known: tuple[str, ...]) -> Likeness:
    if not printed or not known:
        return Likeness.OTHER
    if printed[0] != known[0]:
        # A seal has no hyphens: « JEAN BAPTISTE » may be Jean-Baptiste, or Jean whose second name is Baptiste.
        if " ".join(printed) != " ".join(known):
            return Likeness.OTHER
        return Likeness.SAME if len(printed) > len(known) else Likeness.CLOSE
    shorter = min(len(printed), len(known))
    if printed[:shorter] != known[:shorter]:
        return Likeness.CLOSE
    return Likeness.SAME if len(printed) <= len(known) else Likeness.CLOSE


def _apart(first_names: str) -> tuple[str, ...]:
    """Return given names one by one, a compound name as one (« Jean-Philippe » is « JEAN PHILIPPE »)."""
    joined = re.sub(r"\s*[-\u2010\u2011]\s*", "\u2011", first_names)
    return tuple(filter(None, (fold(part) for part in re.split(r"[\s,;]+", joined))))


def _part(names: tuple[str, ...], words: frozenset[str], test: Callable[[str, frozenset[str]], bool]) -> Likeness:
    return Likeness.SAME if any(test(name, words) for name in names) else Likeness.OTHER


def _carries(name: str, words: frozenset[str]) -> bool:
    wanted = fold(name).split()
    meant = [word for word in wanted if word not in _TITLES]
    if not meant:
        return False
    joined = "".join(meant)
    return set(meant) <= words or (len(joined) >= _CLOSE_LETTERS and joined in words) or _joined(meant, words)


def _joined(meant: list[str], words: frozenset[str]) -> bool:
    """Tell whether a name of the register written in one word is there in two, its particle apart."""
    if len(meant) != 1:
        return False
    return any(meant[0] == particle + rest for particle in words & PARTICLES for rest in words - {particle})


def _resembles(name: str, words: frozenset[str]) -> bool:
    meant = [word for word in fold(name).split() if word not in _TITLES]
    bare = [word for word in meant if word not in PARTICLES] or meant
    return bool(bare) and all(any(_near(word, other) for other in words) for word in bare)


def _near(word: str, other: str) -> bool:
    if word == other or (len(other) == 1 and word.startswith(other)):
        return True
    return min(len(word), len(other)) >= _CLOSE_LETTERS and _one_apart(word, other)


def _one_apart(one: str, other: str) -> bool:
    """Tell whether one letter changed, added, left out or swapped with its neighbour makes one word the other."""
    if len(one) == len(other):
        places = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        swapped = len(places) == 2 and places[1] == places[0] + 1
        return len(places) <= 1 or (
            swapped and one[places[0]] == other[places[1]] and one[places[1]] == other[places[0]]
        )
    long, short = sorted((one, other), key=len, reverse=True)
    return len(long) == len(short) + 1 and any(long[:n] + long[n + 1 :] == short for n in range(len(long)))
