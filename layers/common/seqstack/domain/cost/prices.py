"""The price of an instance type over time."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

SPOT_HISTORY = "spotHistory"  # EC2's DescribeSpotPriceHistory
ON_DEMAND_LIST = "pricing"  # the Pricing API's GetProducts
_MS_PER_HOUR = Decimal(3_600_000)
_LONG_AGO = 0


@dataclass(frozen=True, slots=True)
class PriceChange:
    """From `at` (ms since the epoch) on, the instance costs `usd_per_hour`."""

    at: int
    usd_per_hour: Decimal


@dataclass(frozen=True, slots=True)
class HourlyPrice:
    """A price that is valid until the next change; the changes are in order of time.

    `source` is where it is from: `spotHistory`, `pricing`, or `packagedTable <date>`.
    """

    changes: tuple[PriceChange, ...]
    source: str

    @classmethod
    def constant(cls, usd_per_hour: Decimal, source: str) -> "HourlyPrice":
        """A price that never changes, as on-demand prices do not within a job."""
        return cls((PriceChange(_LONG_AGO, usd_per_hour),), source)

    def covers(self, moment: int) -> bool:
        """True if the price at that time (ms) is known."""
        return bool(self.changes) and self.changes[0].at <= moment

    def of_period(self, start: int, stop: int) -> Decimal:
        """The cost of a whole instance from `start` to `stop` (ms), each period at its own price.

        A Spot instance pays the price in effect, by the second:
        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-instances.html

        Raises:
            ValueError: the price at the start is not known.
        """
        if not self.covers(start):
            raise ValueError(f"no price is known at {start}")
        ends = [*(later.at for _, later in pairwise(self.changes)), stop]
        amount = Decimal(0)
        for change, end in zip(self.changes, ends, strict=True):
            held = min(end, stop) - max(change.at, start)
            if held > 0:
                amount += change.usd_per_hour * held / _MS_PER_HOUR
        return amount


@dataclass(frozen=True, slots=True)
class KnownPrice:
    """A price from AWS, and the time (ms) until which its changes are known."""

    price: HourlyPrice
    known_until: int

    def covers(self, start: int, stop: int) -> bool:
        """True if the price of that period is known."""
        return self.price.covers(start) and stop <= self.known_until
