"""Telephone numbers as they are written down: E.164, and only ones that text messages reach."""

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from hub.errors import InvalidValue

_HOME = "FR"
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_FICTION = "63998"
"""Numbers in +33 6 39 98 are nobody's: the regulator keeps them for works of fiction (Arcep, plan national de numérotation)."""
_LONGEST = 40


def mobile_number(written: str) -> str:
    """Return a mobile number in E.164, a French one where it names no country.

    Raises :class:`InvalidValue` for what is no number, and for one that takes no text messages.
    """
    if len(written) > _LONGEST:
        raise InvalidValue("value: a telephone number")
    try:
        number = phonenumbers.parse(written, _HOME)
    except phonenumbers.NumberParseException:
        raise InvalidValue("value: a telephone number") from None
    fiction = number.country_code == 33 and str(number.national_number).startswith(_FICTION)
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise InvalidValue("value: a telephone number")
    if phonenumbers.number_type(number) not in _MOBILE and not fiction:
        raise InvalidValue("value: a mobile number")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def hinted(number: str) -> str:
    """Return a number of which its last two digits are shown: enough for its owner to know it."""
    return f"•• {number[-2:]}"
