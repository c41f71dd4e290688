"""Parse numbers in untrusted text.

Python's `int` and `float` also accept digits of other scripts, '1_2', ' 12 ' and 'nan'.
"""

import re

_WHOLE = re.compile("[0-9]{1,18}")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")


def whole_number(text: str) -> int:
    """Parse a whole number of at most 18 digits.

    Raises:
        ValueError: the text is anything else.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a whole number")
    return int(text)


def decimal_number(text: str) -> float:
    """Parse a decimal number without sign and exponent.

    Raises:
        ValueError: the text is anything else, such as 'nan' or '1e5'.
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a number")
    return float(text)
