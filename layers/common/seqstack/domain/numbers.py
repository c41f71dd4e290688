"""Numbers in texts from outside.

Python's `int` and `float` also take digits of other scripts, '1_2', ' 12 ' and 'nan'.
"""

import re

_WHOLE = re.compile("[0-9]{1,18}")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")


def whole_number(text: str) -> int:
    """The number that up to 18 digits say.

    Raises:
        ValueError: the text is anything else.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no whole number")
    return int(text)


def decimal_number(text: str) -> float:
    """The number that digits say, with a decimal point or without.

    Raises:
        ValueError: the text is anything else, such as 'nan' or '1e5'.
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no number")
    return float(text)
