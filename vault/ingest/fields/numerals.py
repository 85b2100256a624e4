"""Numbers written out in French, as civil status writes its dates."""

from collections.abc import Sequence

from vault.ingest.fields.sheet import alike

_WORDS = {
    "UN": 1, "UNE": 1, "DEUX": 2, "TROIS": 3, "QUATRE": 4, "CINQ": 5, "SIX": 6, "SEPT": 7, "HUIT": 8, "NEUF": 9,
    "DIX": 10, "ONZE": 11, "DOUZE": 12, "TREIZE": 13, "QUATORZE": 14, "QUINZE": 15, "SEIZE": 16, "VINGT": 20,
    "VINGTS": 20, "TRENTE": 30, "QUARANTE": 40, "CINQUANTE": 50, "SOIXANTE": 60,
}  # fmt: skip
_HUNDRED, _THOUSAND = frozenset({"CENT", "CENTS"}), frozenset({"MIL", "MILLE"})
_FOUR_SCORE = 80


def number_of(words: Sequence[str]) -> int:
    """Return the number that ``words`` (capitals, without accents) spell out; 0 where they spell none."""
    total, current = 0, 0
    for word in words:
        if word == "ET":
            continue
        if word in _THOUSAND:
            total, current = total + max(current, 1) * 1000, 0
        elif word in _HUNDRED:
            current = max(current, 1) * 100
        else:
            value = _value_of(word)
            if not value:
                return 0
            four_score = value == 20 and current % 100 == 4
            current += _FOUR_SCORE - 4 if four_score else value
    return total + current


def _value_of(word: str) -> int:
    if word in _WORDS:
        return _WORDS[word]
    return next((value for known, value in _WORDS.items() if alike(known, word)), 0)
