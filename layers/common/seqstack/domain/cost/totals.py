"""Sums of costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, and the number of attempts without a known cost, which they leave out."""

    usd: Decimal = Decimal(0)
    unpriced_attempts: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.usd + other.usd, self.unpriced_attempts + other.unpriced_attempts)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.usd - other.usd, self.unpriced_attempts - other.unpriced_attempts)

    @classmethod
    def total(cls, costs: Iterable[Self]) -> "Cost":
        """The sum."""
        return sum(costs, Cost())
