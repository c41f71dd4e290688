"""The ledger's costs of a period beside AWS's bill, and the bill shared out over the runs.

What the ledger does not charge to runs is in the bill: idle time and start of hosts, their volumes,
storage, logs. It is shared out in proportion to what the ledger does charge: the cost of hosts by
jobs, that of orchestration's services by orchestration, all else by both. So the shares' sum is the
bill.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cli.bill.lines import BillLine
from cli.costs import By
from cli.shapes.runs import RunSummary


class Kind(StrEnum):
    """What a service's cost is shared out by."""

    HOSTS = "hosts"
    ORCHESTRATION = "orchestration"
    OTHER = "other"


_KINDS = {
    "AmazonEC2": Kind.HOSTS,
    "AmazonEBS": Kind.HOSTS,
    "AmazonStates": Kind.ORCHESTRATION,
    "AWSLambda": Kind.ORCHESTRATION,
    "AmazonDynamoDB": Kind.ORCHESTRATION,
    "AmazonSNS": Kind.ORCHESTRATION,
    "AWSEvents": Kind.ORCHESTRATION,
}
_TAGS = {By.RUN: "seqstackrunid", By.COHORT: "seqstackcohortid", By.PROJECT: "seqstackproject"}
_KEYS: Mapping[By, Callable[[RunSummary], str]] = {
    By.RUN: lambda run: run["runId"],
    By.SAMPLE: lambda run: run["sampleId"] or "",
    By.COHORT: lambda run: run["cohortId"] or "",
    By.PROJECT: lambda run: run["project"] or "",
}
_STEPS_BESIDE = "orchestration"


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the bill, in US dollars."""

    name: str
    kind: Kind
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """What a key costs by the ledger, its share of the bill, and what the bill has with its tag.

    `tagged_usd` is None where the bill has no such tag.
    """

    key: str
    runs: int
    ledger_usd: Decimal
    bill_usd: Decimal
    tagged_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The services of the bill, the ledger's costs by kind, and the shares, whose sum is the bill.

    `unshared_usd` is what no run has a cost for: all of the bill if the ledger has none.
    """

    services: tuple[Service, ...]
    ledger: Mapping[Kind, Decimal]
    shares: tuple[Share, ...]
    unshared_usd: Decimal

    @property
    def bill_usd(self) -> Decimal:
        """The sum of the bill."""
        return sum((each.usd for each in self.services), Decimal(0))


def reconcile(lines: Iterable[BillLine], runs: Sequence[RunSummary], by: By) -> Reconciliation:
    """Compare a bill with the costs of the runs of its period, and share it out."""
    by_product: dict[str, Decimal] = defaultdict(Decimal)
    tagged: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        by_product[line.product] += line.usd
        if key := line.tags.get(_TAGS.get(by, "")):
            tagged[key] += line.split_usd or line.usd
    services = tuple(
        Service(name, _KINDS.get(name, Kind.OTHER), usd)
        for name, usd in sorted(by_product.items(), key=lambda item: (-item[1], item[0]))
    )
    costs: dict[str, dict[Kind, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    numbers: dict[str, int] = defaultdict(int)
    for run in runs:
        key = _KEYS[by](run)
        numbers[key] += 1
        for kind, usd in _costs(run).items():
            costs[key][kind] += usd
    ledger = {kind: sum((own[kind] for own in costs.values()), Decimal(0)) for kind in Kind}
    billed = {kind: sum((s.usd for s in services if s.kind is kind), Decimal(0)) for kind in Kind}
    shares = tuple(
        Share(
            key,
            numbers[key],
            own[Kind.OTHER],
            sum((_part(billed[kind], own[kind], ledger[kind]) for kind in Kind), Decimal(0)),
            tagged.get(key, Decimal(0)) if tagged else None,
        )
        for key, own in costs.items()
    )
    unshared = sum((billed[kind] for kind in Kind if not ledger[kind]), Decimal(0))
    ordered = tuple(sorted(shares, key=lambda each: (-each.bill_usd, each.key)))
    return Reconciliation(services, ledger, ordered, unshared)


def reconciliation_document(found: Reconciliation, by: By) -> dict[str, object]:
    """The comparison for programs, in US dollars."""
    return {
        "by": by,
        "billUsd": float(found.bill_usd),
        "ledgerUsd": {str(kind): float(usd) for kind, usd in found.ledger.items()},
        "unsharedUsd": float(found.unshared_usd),
        "services": [
            {"service": each.name, "kind": each.kind, "billUsd": float(each.usd)}
            for each in found.services
        ],
        "shares": [
            {
                by: each.key or None,
                "runs": each.runs,
                "ledgerUsd": float(each.ledger_usd),
                "billUsd": float(each.bill_usd),
                "taggedUsd": None if each.tagged_usd is None else float(each.tagged_usd),
            }
            for each in found.shares
        ],
    }


def _costs(run: RunSummary) -> dict[Kind, Decimal]:
    """What the ledger has for a run; `other` is the whole, by which the rest is shared."""
    of_steps = {step: Decimal(str(usd)) for step, usd in run["costUsdByStep"].items()}
    beside = of_steps.pop(_STEPS_BESIDE, Decimal(0))
    jobs = sum(of_steps.values(), Decimal(0))
    return {Kind.HOSTS: jobs, Kind.ORCHESTRATION: beside, Kind.OTHER: jobs + beside}


def _part(billed: Decimal, own: Decimal, whole: Decimal) -> Decimal:
    return billed * own / whole if whole else Decimal(0)
