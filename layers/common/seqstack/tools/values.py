"""Patterns of option values that several tools share."""

from typing import Final

from seqstack.domain.option_grammar import Refusal, Value

NUMBER_PATTERN: Final = r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,3})?"

WHOLE: Final = Value(r"[+-]?[0-9]{1,18}", "a whole number")
NUMBER: Final = Value(NUMBER_PATTERN, "a number")
NUMBERS: Final = Value(rf"{NUMBER_PATTERN}(,{NUMBER_PATTERN})*", "numbers, separated by commas")
NAME: Final = Value(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", "a name of letters, digits, '_', '.' and '-'")
NAMES: Final = Value(r"\^?[A-Za-z0-9_][A-Za-z0-9_.,-]*", "names, separated by commas")
READ_FLAGS: Final = Value(r"0[xX][0-9A-Fa-f]{1,4}|[A-Z0-9_]+(,[A-Z0-9_]+)*", "SAM flags")


def one_of(*words: str) -> Value:
    """A value that is one of `words`."""
    return Value("|".join(words), f"one of {', '.join(words)}")


def options(**kinds: tuple[Value | None, str]) -> dict[str, Value | None]:
    """Options by kind: the kind's value (None: no value) and the names of its options."""
    return {name: value for value, names in kinds.values() for name in names.split()}


def refused(set_here: str = "", names_files: str = "") -> dict[str, Refusal]:
    """Options that the workflow sets itself, and options that name files."""
    return dict.fromkeys(set_here.split(), Refusal.SET_HERE) | dict.fromkeys(
        names_files.split(), Refusal.NAMES_FILES
    )
