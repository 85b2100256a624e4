"""The words of reading: names of the typed values a paper may carry, whoever reads or judges them."""

from enum import StrEnum


class Field(StrEnum):
    """Names of typed values.

    Dates are ISO 8601, amounts whole euros, parts written with a point (« 2.5 »), school years « 2026-2027 », months
    « 2026-10 ». Values from a seal are in capitals without accents, as sealed; values read from a page are as printed.
    A NIR or a tax number is never among them.
    """

    ISSUED_ON = "issued_on"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    REFERENCE = "reference"
    """The issuer's own reference of the paper (contract, notice, judgment)."""

    HOLDER_NAME = "holder_name"
    """Whom the paper is made out to, as printed; where known also in its parts."""
    HOLDER_FAMILY_NAME = "holder_family_name"
    HOLDER_USAGE_NAME = "holder_usage_name"
    HOLDER_FIRST_NAMES = "holder_first_names"
    HOLDER_BORN_ON = "holder_born_on"
    STREET = "street"
    POSTCODE = "postcode"
    TOWN = "town"

    DECLARANT_1 = "declarant_1"
    DECLARANT_2 = "declarant_2"
    REFERENCE_INCOME = "reference_income"
    PARTS = "parts"
    INCOME_YEAR = "income_year"

    QUOTIENT_FAMILIAL = "quotient_familial"
    QUOTIENT_MONTH = "quotient_month"
    CHILDREN = "children"
    """Children of a household: « FAMILY/given names/born on », with « | » and no space between two children."""

    CHILD_FAMILY_NAME = "child_family_name"
    CHILD_FIRST_NAMES = "child_first_names"
    CHILD_BORN_ON = "child_born_on"
    CHILD_BIRTHPLACE = "child_birthplace"
    PARENT_1_FAMILY_NAME = "parent_1_family_name"
    PARENT_1_FIRST_NAMES = "parent_1_first_names"
    PARENT_2_FAMILY_NAME = "parent_2_family_name"
    PARENT_2_FIRST_NAMES = "parent_2_first_names"

    AUTHORITY = "authority"
    """Parental authority by a judgment: ``joint``, ``sole`` or ``withdrawn``, of :attr:`HOLDER_NAME`."""
    CHILD_RESIDENCE = "child_residence"
    """Where a judgment places the child: ``alternating``, or the name of the parent as printed."""
    HOST_NAME = "host_name"
    HOSTED_NAME = "hosted_name"
    SCHOOL_NAME = "school_name"
    SCHOOL_UAI = "school_uai"
    SCHOOL_YEAR = "school_year"
    NET_PAY = "net_pay"
    PAY_MONTH = "pay_month"
    DTP_LAST_DOSE_ON = "dtp_last_dose_on"
    """Last dose against diphtheria, tetanus and poliomyelitis."""
    DTP_NEXT_DOSE_ON = "dtp_next_dose_on"
    DIED_ON = "died_on"
    TARIFF_BAND = "tariff_band"
    """Of a decision, as are the next two; what we propose is never a value of a paper."""
    DECIDED_BY = "decided_by"
    WEEKS = "weeks"
    """``even`` or ``odd`` where it holds in every second week only."""
    STATEMENT = "statement"
    """What a sworn statement declares, as printed."""
