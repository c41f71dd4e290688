"""Untrusted text: refuse or replace control and invisible characters.

Characters that control a terminal or browser, or are invisible, are refused in inputs and replaced
in outputs, because text also comes from tools, objects and answers.
"""

import logging
import re
import unicodedata
from collections.abc import Iterator

# Control (C0, DEL, C1) and format characters (bidi, zero width, tags), halves of a surrogate pair,
# line and paragraph separators: https://www.unicode.org/reports/tr44/#General_Category_Values
_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Other invisible characters: Default_Ignorable_Code_Point of
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""The replacement of such a character."""


def refusal(text: str) -> str | None:
    """Why the text is refused: its first such character, as U+XXXX; None if it has none."""
    if _is_plain(text):
        return None
    for place, character in _not_text(text):
        known = unicodedata.name(character, "a control character")
        return (
            f"holds U+{ord(character):04X} ({known}) as character {place + 1}, which does not show "
            "as text; leave it out"
        )
    return None


def one_line(text: str) -> str:
    """The text in one line: all such characters except tabs are replaced."""
    return _replaced(text, "\t")


def harmless(text: str) -> str:
    """The text in its lines: all such characters except tabs and line feeds are replaced."""
    return _replaced(text, "\t\n")


class HarmlessFormatter(logging.Formatter):
    """A `logging.Formatter` for untrusted text: messages quote tools and services."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record; it may have several lines."""
        return harmless(super().format(record))


def _replaced(text: str, kept: str) -> str:
    if _is_plain(text):
        return text
    return "".join(one if one in kept or not _is_not_text(one) else REPLACEMENT for one in text)


def _is_plain(text: str) -> bool:
    """Whether the text surely has no such character: most texts, and a look at once."""
    return text.isascii() and text.isprintable()


def _not_text(text: str) -> Iterator[tuple[int, str]]:
    return ((place, one) for place, one in enumerate(text) if _is_not_text(one))


def _is_not_text(character: str) -> bool:
    return unicodedata.category(character) in _CATEGORIES or bool(_INVISIBLE.match(character))
