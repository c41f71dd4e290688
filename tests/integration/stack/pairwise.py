"""A few combinations of values in which every two values of two parameters meet."""

from collections.abc import Mapping, Sequence
from itertools import combinations, product

type Pair = frozenset[tuple[str, str]]


def pairwise(values: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Combinations that hold every pair: each the one that holds most of those not yet held."""
    missing = {
        frozenset({(one, first), (other, second)})
        for one, other in combinations(values, 2)
        for first, second in product(values[one], values[other])
    }
    chosen = []
    while missing:
        combination = _best(values, missing)
        missing -= _pairs(combination)
        chosen.append(combination)
    return chosen


def _best(values: Mapping[str, Sequence[str]], missing: set[Pair]) -> dict[str, str]:
    first = dict(min(missing, key=sorted))
    for name in sorted(values, key=lambda name: -len(values[name])):
        if name not in first:
            held = {value: len(_pairs({**first, name: value}) & missing) for value in values[name]}
            first[name] = max(values[name], key=lambda value: held[value])
    return {name: first[name] for name in values}


def _pairs(combination: Mapping[str, str]) -> set[Pair]:
    return {frozenset(pair) for pair in combinations(combination.items(), 2)}
