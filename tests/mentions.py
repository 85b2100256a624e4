"""Whether an answer mentions a short number or name, told apart from the chance characters of its identifiers."""

import re


def mentions(told: str, word: str) -> bool:
    """Tell whether the word stands there by itself.

    Identifiers, tokens and hashes hold any three digits sooner or later: a plain « not in » fails by chance.
    """
    return re.search(rf"(?<![0-9A-Za-z_-]){re.escape(word)}(?![0-9A-Za-z_-])", told) is not None
