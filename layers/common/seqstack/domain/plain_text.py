"""Text from outside: which characters are no text, and how it is shown without harm.

Characters that control what shows it (a terminal, a browser) or that nobody sees are refused where
text comes in, and replaced where it goes out, in case it has come another way: from a tool, an
object, an answer.
"""

import logging
import re
import unicodedata
from collections.abc import Iterator

# Control (C0, DEL, C1) and format characters (bidi, zero width, tags), halves of a surrogate pair,
# line and paragraph separators: https://www.unicode.org/reports/tr44/#General_Category_Values
_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# The other characters that show nothing: Default_Ignorable_Code_Point of
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What stands in place of a character that is no text."""


def refusal(text: str) -> str | None:
    """Why the text can't be taken: its first character that is no text, as U+XXXX; None if none."""
    for place, character in _not_text(text):
        known = unicodedata.name(character, "a control character")
        return (
            f"holds U+{ord(character):04X} ({known}) as character {place + 1}, which does not show "
            "as text; leave it out"
        )
    return None


def one_line(text: str) -> str:
    """The text in one line: only its tabs are left of what is no text."""
    return _replaced(text, "\t")


def harmless(text: str) -> str:
    """The text in its lines: only its tabs and line feeds are left of what is no text."""
    return _replaced(text, "\t\n")


class HarmlessFormatter(logging.Formatter):
    """Log lines as `logging.Formatter` makes them: messages hold what tools and services say."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, in its lines."""
        return harmless(super().format(record))


def _replaced(text: str, kept: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if one in kept or not _is_not_text(one) else REPLACEMENT for one in text)


def _not_text(text: str) -> Iterator[tuple[int, str]]:
    return ((place, one) for place, one in enumerate(text) if _is_not_text(one))


def _is_not_text(character: str) -> bool:
    return unicodedata.category(character) in _CATEGORIES or bool(_INVISIBLE.match(character))
