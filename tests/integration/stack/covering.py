"""A few combinations of values in which all values of some names meet."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

type Meeting = frozenset[tuple[str, str]]


def covering(
    values: Mapping[str, Sequence[str]], groups: Iterable[Sequence[str]]
) -> list[dict[str, str]]:
    """Combinations that hold, of each group of names, every combination of their values.

    Each is the one that holds most of those not yet held.
    """
    missing = {
        frozenset(zip(group, meeting, strict=True))
        for group in groups
        for meeting in product(*(values[name] for name in group))
    }
    chosen = []
    while missing:
        combination = _best(values, missing)
        missing -= _held(combination, missing)
        chosen.append(combination)
    return chosen


def _best(values: Mapping[str, Sequence[str]], missing: set[Meeting]) -> dict[str, str]:
    first = dict(min(missing, key=lambda meeting: (-len(meeting), sorted(meeting))))
    for name in sorted(values, key=lambda name: -len(values[name])):
        if name not in first:
            held = {value: len(_held({**first, name: value}, missing)) for value in values[name]}
            first[name] = max(values[name], key=lambda value: held[value])
    return {name: first[name] for name in values}


def _held(combination: Mapping[str, str], missing: set[Meeting]) -> set[Meeting]:
    return {meeting for meeting in missing if meeting <= combination.items()}
