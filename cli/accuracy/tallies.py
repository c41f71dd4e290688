"""Recall and precision, of all alleles and of each stratum."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from cli.accuracy.alleles import Kind
from cli.accuracy.matching import Compared, Outcome
from cli.accuracy.regions import Regions

_LENGTHS = (1, 2, 6, 16, 50)
_DEPTHS = (0, 5, 10, 20, 30, 100)
_Z = 1.96  # of a confidence of 95 %


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of a count, with its 95 % confidence interval by Wilson's score."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Of one; None if there is nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its bounds, of one; None if there is nothing.

        E. B. Wilson, 1927, https://doi.org/10.1080/01621459.1927.10502953.
        """
        if not self.whole:
            return None
        n, share = self.whole, self.part / self.whole
        centre = share + _Z**2 / (2 * n)
        spread = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        low, high = ((centre + sign * spread) / (1 + _Z**2 / n) for sign in (-1, 1))
        return max(0.0, low), min(1.0, high)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of alleles.

    Attributes:
        true: of the truth.
        found: of the truth, called with the same genotype.
        called: of the calls.
        right: of the calls, true with the same genotype.
        other_genotypes: of the truth, called with another genotype; neither found nor right.
    """

    true: int
    found: int
    called: int
    right: int
    other_genotypes: int

    @classmethod
    def of(cls, compared: Iterable[Compared]) -> Self:
        """Count."""
        true = found = called = right = other = 0
        for each in compared:
            is_matched = each.outcome is Outcome.MATCHED
            if each.is_true:
                true, found = true + 1, found + is_matched
                other += each.outcome is Outcome.OTHER_GENOTYPE
            else:
                called, right = called + 1, right + is_matched
        return cls(true, found, called, right, other)

    @property
    def recall(self) -> Rate:
        """The share of the truth that was found."""
        return Rate(self.found, self.true)

    @property
    def precision(self) -> Rate:
        """The share of the calls that is right."""
        return Rate(self.right, self.called)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of recall and precision; None if one of them is."""
        recall, precision = self.recall.value, self.precision.value
        if recall is None or precision is None:
            return None
        return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the alleles."""

    by: str
    name: str
    tally: Tally


def strata(compared: Iterable[Compared], named: Mapping[str, Regions]) -> list[Stratum]:
    """All alleles, and those of each type, indel length, depth and set of regions.

    Strata without alleles are left out. An allele can be in several sets of regions.
    """
    parts: dict[tuple[str, str], list[Compared]] = {("all", "all"): []}
    parts |= {("type", kind): [] for kind in Kind}
    parts |= {("indel length", name): [] for name in _names(_LENGTHS, " bp")}
    parts |= {("depth", name): [] for name in (*_names(_DEPTHS, "x"), "unknown")}
    parts |= {("regions", name): [] for name in named}
    for each in compared:
        allele = each.allele
        places = [("all", "all"), ("type", allele.kind)]
        if allele.length:
            places.append(("indel length", _name(_LENGTHS, " bp", allele.length)))
        places.append(
            ("depth", "unknown" if each.depth is None else _name(_DEPTHS, "x", each.depth))
        )
        places += [
            ("regions", name) for name, of in named.items() if of.has(each.contig, allele.pos)
        ]
        for place in places:
            parts[place].append(each)
    return [
        Stratum(by, name, Tally.of(part))
        for (by, name), part in parts.items()
        if part or by == "all"
    ]


def _names(lows: Sequence[int], unit: str) -> list[str]:
    """The names of ranges that begin with these numbers; the last one is open."""
    ends = [after - 1 for after in lows[1:]]
    closed = [
        f"{low}-{end}" if end > low else str(low) for low, end in zip(lows, ends, strict=False)
    ]
    return [*(f"{each}{unit}" for each in closed), f"{lows[-1]}{unit} and more"]


def _name(lows: Sequence[int], unit: str, value: int) -> str:
    """The name of the range that has the value."""
    return _names(lows, unit)[bisect_right(lows, value) - 1]
