"""Ways of doing the same thing, measured in turn, and the spread of what they took."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and extremes of repeated measurements."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """The spread of at least one value."""
        values = sorted(values)
        return cls(statistics.median(values), values[0], values[-1])

    def text(self, form: str = ".1f", unit: str = "") -> str:
        """The median, with the extremes in brackets if they differ from it as written."""
        middle, least, most = (format(each, form) for each in (self.median, self.least, self.most))
        unit = f" {unit}" if unit else ""
        return f"{middle}{unit}" + (f" ({least} to {most})" if least != most else "")


def in_turn[T](ways: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Do everything once in each round, so that what disturbs the machine disturbs all alike.

    Each round begins with the next one, so that none always follows the same one.

    Returns:
        What each gave, in the order of the rounds.
    """
    results: dict[str, list[T]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            results[name].append(ways[name]())
    return results


def ratios(values: Sequence[float], bases: Sequence[float]) -> Spread:
    """The spread of each value over the base of the same round."""
    return Spread.of(value / base for value, base in zip(values, bases, strict=True))
