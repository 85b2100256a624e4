"""A name in its two parts, told apart by the capitals that French administrations write family names in."""

from collections.abc import Sequence

from vault.ingest.fields.found import Found, trimmed
from vault.ingest.folding import plain
from vault.ingest.words import Word

_CIVILITIES = frozenset({"M", "MME", "MLLE", "MONSIEUR", "MADAME", "ET"})


def parted(words: Sequence[Word]) -> tuple[Found, Found] | None:
    """Return family name and given names; nothing where capitals do not tell, or stand on both sides.

    The family name stands first (« MARTIN Lina ») or last (« Lina, Rose MARTIN »).
    """
    kept = [word for word in words if plain(word.text) and plain(word.text) not in _CIVILITIES]
    first = next((at for at, word in enumerate(kept) if not is_capital(word)), len(kept))
    last = len(kept) - next((at for at, word in enumerate(reversed(kept)) if not is_capital(word)), len(kept))
    if first and last == len(kept):
        family, given = kept[:first], kept[first:]
    elif not first and last < len(kept):
        family, given = kept[last:], kept[:last]
    else:
        return None
    if not given or not all(_is_given(word) for word in given):
        return None
    return Found(trimmed(family), tuple(family)), Found(trimmed(given), tuple(given))


def is_capital(word: Word) -> bool:
    """Tell whether ``word`` is written in capitals only."""
    letters = [letter for letter in word.text if letter.isalpha()]
    return len(letters) > 1 and all(letter.isupper() for letter in letters)


def _is_given(word: Word) -> bool:
    """Tell whether ``word`` has a capital where its parts begin and nowhere else; one misread in part has not."""
    parts = word.text.replace("'", "-").replace("\u2019", "-").split("-")
    return word.text[0].isupper() and all(part[1:] == part[1:].lower() for part in parts)
