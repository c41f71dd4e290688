"""The orchestration of a run: transitions, calls of functions, requests."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

from seqstack.domain.cost.money import usd


@dataclass(frozen=True, slots=True)
class Orchestration:
    """Counts of one run. Table units are DynamoDB's request units, indexes included.

    `messages` are notifications of the run's end. Events of AWS services on EventBridge are free.
    """

    transitions: int = 0
    invocations: int = 0
    messages: int = 0
    lambda_gb_seconds: Decimal = Decimal(0)
    table_reads: int = 0
    table_writes: int = 0
    s3_reads: int = 0
    s3_writes: int = 0

    def usd(self, prices: Mapping[str, Decimal]) -> Decimal:
        """The cost at the packaged prices, without free tiers."""
        return usd(sum(self.parts(prices).values(), Decimal(0)))

    def parts(self, prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """US dollars by the name of the count."""
        return {
            name: Decimal(getattr(self, name)) * prices[price] for name, price in _PRICES.items()
        }

    def as_document(self) -> dict[str, Any]:
        """The counts as JSON."""
        return {_camel(one.name): getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` has written."""
        counts = {one.name: Decimal(document[_camel(one.name)]) for one in fields(cls)}
        seconds = counts.pop("lambda_gb_seconds")
        whole: dict[str, Any] = {name: int(count) for name, count in counts.items()}
        return cls(**whole, lambda_gb_seconds=seconds)


_PRICES = {
    "transitions": "stateTransition",
    "invocations": "lambdaRequest",
    "messages": "message",
    "lambda_gb_seconds": "lambdaGbSecond",
    "table_reads": "tableReadUnit",
    "table_writes": "tableWriteUnit",
    "s3_reads": "s3Read",
    "s3_writes": "s3Write",
}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
