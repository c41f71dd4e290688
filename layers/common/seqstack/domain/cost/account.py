"""The account of a job: the host, usage and cost of each of Batch's attempts."""

from dataclasses import dataclass, replace
from decimal import Decimal

from seqstack.domain.cost.batch_attempts import Asked, BatchAttempt
from seqstack.domain.cost.hosts import Host, InstanceShape
from seqstack.domain.cost.money import usd
from seqstack.domain.cost.prices import HourlyPrice
from seqstack.domain.cost.totals import Cost
from seqstack.domain.cost.usage import Usage


@dataclass(frozen=True, slots=True)
class AttemptAccount:
    """One attempt; unknown values are None, or an unknown host.

    `cost_usd` is the attempt's share of its host for the seconds that its container ran.
    """

    attempt: BatchAttempt
    asked: Asked
    host: Host
    usage: Usage | None
    cost_usd: Decimal | None
    price_source: str = ""

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names, as in the ledger, of unknown values."""
        ran = self.attempt.started_at is not None
        facts = {
            "instanceType": self.host.instance_type,
            "purchaseOption": self.host.purchase_option,
            "availabilityZone": self.host.availability_zone,
            "peakMemoryBytes": self.usage or not ran,
            "cpuSeconds": self.usage or not ran,
            "costUsd": self.cost_usd is not None,
        }
        return tuple(name for name, fact in facts.items() if not fact)

    @property
    def cost(self) -> Cost:
        """The known cost, for sums."""
        return Cost(unpriced_attempts=1) if self.cost_usd is None else Cost(self.cost_usd)

    def filled_from(self, older: "AttemptAccount") -> "AttemptAccount":
        """This account, with unknown values filled in from an older account of the same attempt."""
        is_priced = self.cost_usd is not None
        return replace(
            self,
            host=self.host if self.host.is_known else older.host,
            usage=self.usage or older.usage,
            cost_usd=self.cost_usd if is_priced else older.cost_usd,
            price_source=self.price_source if is_priced else older.price_source,
        )


@dataclass(frozen=True, slots=True)
class JobAccount:
    """Every attempt of a job, failed ones included."""

    attempts: tuple[AttemptAccount, ...] = ()

    @property
    def cost(self) -> Cost:
        """The sum over the attempts."""
        return Cost.total(one.cost for one in self.attempts)

    @property
    def is_complete(self) -> bool:
        """True if nothing is unknown."""
        return not any(one.unknown for one in self.attempts)

    def filled_from(self, older: "JobAccount | None") -> "JobAccount":
        """This account, with unknown values filled in from an older account of the same job."""
        known = {one.attempt.number: one for one in older.attempts} if older else {}
        return JobAccount(
            tuple(
                one.filled_from(known[one.attempt.number]) if one.attempt.number in known else one
                for one in self.attempts
            )
        )


def account_attempt(
    attempt: BatchAttempt,
    asked: Asked,
    host: Host,
    shape: InstanceShape | None,
    price: HourlyPrice | None,
    usage: Usage | None,
) -> AttemptAccount:
    """Charge an attempt the larger of its vCPU and memory shares of its host, per second.

    A container that never started is charged nothing.
    """
    if attempt.started_at is None:
        return AttemptAccount(attempt, asked, host, usage, Decimal(0))
    if shape is None or price is None or not price.covers(attempt.started_at):
        return AttemptAccount(attempt, asked, host, usage, None)
    share = shape.share_of(asked.vcpus, asked.memory_mib)
    charged_until = attempt.started_at + attempt.run_seconds * 1000
    cost = usd(share * price.of_period(attempt.started_at, charged_until))
    return AttemptAccount(attempt, asked, host, usage, cost, price.source)
