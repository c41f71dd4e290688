"""AWS's documented limits of rates, as token buckets, and how callers retry."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqstack.adapters.aws import _CONFIG
from seqstack.adapters.batch import _PAUSES

_STEP_FUNCTIONS = "Step Functions: quotas"
_MACHINES = Path(__file__).parent.parent / "statemachine"
_FUNCTION_SECONDS = 0.4  # mean of a call, as in docs/costs.md
_ROW_KB = 4
"""Assumed size of a run's row, of which tests write one KB: with metrics, warnings, images."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A bucket of `size` tokens that gets `rate` more each second."""

    size: float
    rate: float
    source: str


# us-east-1, us-west-2 and eu-west-1; half or less elsewhere
QUOTAS = {
    "states:StartExecution": Quota(1_300, 300, _STEP_FUNCTIONS),
    "states:DescribeExecution": Quota(300, 15, _STEP_FUNCTIONS),
    "states:GetExecutionHistory": Quota(400, 20, _STEP_FUNCTIONS),
    "states:SendTaskSuccess": Quota(3_000, 500, _STEP_FUNCTIONS),
    "batch:submitjob": Quota(50, 50, "re:Post: Batch requests"),
    "batch:describejobs": Quota(50, 50, "re:Post: Batch requests"),
    "batch:describejobdefinitions": Quota(50, 50, "re:Post: Batch requests"),
    "batch:describejobqueues": Quota(50, 50, "re:Post: Batch requests"),
    "batch:listjobs": Quota(50, 50, "re:Post: Batch requests"),
    # 1,000 concurrent executions of functions
    "lambda:Invoke": Quota(1_000, 1_000 / _FUNCTION_SECONDS, "Lambda: quotas"),
    "s3:GET": Quota(5_500, 5_500, "S3: performance"),
    "s3:HEAD": Quota(5_500, 5_500, "S3: performance"),
    "s3:PUT": Quota(3_500, 3_500, "S3: performance"),
}
# of a partition, in units of tests' rows; five minutes of unused capacity are kept for bursts
INDEX_PARTITION = Quota(300 * 1_000 / _ROW_KB, 1_000 / _ROW_KB, "DynamoDB: partitions")


@dataclass
class Bucket:
    """A bucket in the simulation, and the most that was taken of it in one second."""

    quota: Quota
    tokens: float = 0
    at: float = 0
    throttled: int = 0
    by_second: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tokens = self.quota.size

    def has(self, tokens: float, now: float) -> bool:
        """Whether so many tokens are there."""
        more = (now - self.at) * self.quota.rate
        self.tokens, self.at = min(self.quota.size, self.tokens + more), now
        return self.tokens >= tokens

    def take(self, tokens: float, now: float) -> None:
        """Take them."""
        self.tokens -= tokens
        self.by_second[int(now)] = self.by_second.get(int(now), 0) + tokens

    @property
    def peak(self) -> float:
        """The most tokens of a second."""
        return max(self.by_second.values(), default=0)


@dataclass(frozen=True, slots=True)
class Retries:
    """The longest pause, in seconds, before each repetition; the real one is random below it."""

    pauses: tuple[float, ...]

    def then(self, outer: "Retries") -> "Retries":
        """Each try of `outer` makes the tries of this one."""
        each = [pause for one in outer.pauses for pause in (one, *self.pauses)]
        return Retries((*self.pauses, *each))


def of_botocore() -> Retries:
    """botocore's standard mode, as the process's clients have it: below 2 s, 4 s …, at most 20."""
    tries = vars(_CONFIG)["retries"]["total_max_attempts"]
    return Retries(tuple(min(20.0, 2.0**number) for number in range(tries - 1)))


def of_state(machine: str, state: str) -> Retries:
    """The `Retry` of a state for throttling, from its machine's file."""
    found = _state(json.loads((_MACHINES / f"{machine}.asl.json").read_text()), state)
    retry = found["Retry"][0]
    first, growth, most = retry["IntervalSeconds"], retry["BackoffRate"], retry["MaxDelaySeconds"]
    return Retries(
        tuple(float(min(most, first * growth**number)) for number in range(retry["MaxAttempts"]))
    )


def _state(scope: dict[str, Any], name: str) -> dict[str, Any]:
    """A state by its name, also in branches and item processors."""
    for own, state in scope["States"].items():
        if own == name:
            return dict(state)
        inner = [*state.get("Branches", []), state.get("ItemProcessor", {"States": {}})]
        for each in inner:
            if found := _state(each, name):
                return found
    return {}


# Lambda repeats a failed call of an event after one minute and two more
EVENTS = Retries((60.0, 120.0))
SUBMISSIONS = Retries(tuple(map(float, _PAUSES)))
