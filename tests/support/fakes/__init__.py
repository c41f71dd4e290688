"""The ports of the use cases in memory.

ledger   `FakeLedger`, of a module for each part: runs, steps, jobs, costs, claims
aws      `FakeBatch`, `FakeEnds` of executions, `FakeTokens`, `FakeLog`, `FakeTopic`, `FakeBus`
prices   `FakeMarket`, AWS's prices, and the ledger's `FakePriceCache`
results  `FakeObjects` in S3, `FakeMemory` of steps' results
references  `FakeReferences` that were prepared
"""

from tests.support.fakes.aws import FakeBatch, FakeBus, FakeEnds, FakeLog, FakeTokens, FakeTopic
from tests.support.fakes.ledger import FakeLedger
from tests.support.fakes.prices import FakeMarket, FakePriceCache
from tests.support.fakes.references import FakeReferences
from tests.support.fakes.results import FakeMemory, FakeObjects

__all__ = [
    "FakeBatch",
    "FakeBus",
    "FakeEnds",
    "FakeLedger",
    "FakeLog",
    "FakeMarket",
    "FakeMemory",
    "FakeObjects",
    "FakePriceCache",
    "FakeReferences",
    "FakeTokens",
    "FakeTopic",
]
