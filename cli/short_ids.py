"""Run ids, abbreviated: any beginning that only one run's id has, or a beginning and an end."""

from collections.abc import Iterable

from cli.errors import CliError, ExitCode

LEAST = 6
"""The shortest beginning that stands for an id, so that a slip stops no run."""
NEWEST = 1000
"""How many runs' ids are compared."""
GAP = "…"
"""Stands for the middle of an id."""
_USUAL = 26  # characters of an id such as 20260102-030405-9f3a1c0b, and what fits a table
_SHORTENED = 12
_END = 4
_SHOWN = 5


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """Each id; if it is long, the part of it that no other of them has.

    That is its beginning, or where many begin so, as runs that repeat another, beginning and end.
    """
    every = set(ids)
    return {each: _shortest(each, every - {each}) if len(each) > _USUAL else each for each in every}


def id_that_begins(text: str, ids: Iterable[str]) -> str:
    """The one of the ids that begins with `text`, or so and ends so; empty if there is none.

    Raises:
        CliError: several begin so.
    """
    beginning, _, end = text.partition(GAP)
    found = [each for each in ids if each.startswith(beginning) and each.endswith(end)]
    if text in found:
        return text
    if len(found) > 1:
        more = ", …" if len(found) > _SHOWN else ""
        raise CliError(
            ExitCode.USAGE,
            f"{len(found)} runs begin with {text}: {', '.join(found[:_SHOWN])}{more}",
            "give more of the id",
        )
    return found[0] if found else ""


def _shortest(each: str, others: set[str]) -> str:
    for length in range(_SHORTENED, _USUAL):
        if not any(other.startswith(each[:length]) for other in others):
            return each[:length]
    beginning = each[:_SHORTENED]
    alike = [other for other in others if other.startswith(beginning)]
    for length in range(_END, _USUAL - _SHORTENED):
        if not any(other.endswith(each[-length:]) for other in alike):
            return f"{beginning}{GAP}{each[-length:]}"
    return each
