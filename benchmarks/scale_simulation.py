"""Ten thousand samples against AWS's documented rates, on a virtual clock.

The calls of a sample are recorded in the emulator (`call_trace`). In the simulation, every sample
makes them in this order; a call that finds its bucket empty is throttled, and repeated as its
caller does. Calls of a function that no run waits for take none of the run's time.
"""

import heapq
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from benchmarks.call_trace import STATES, Call, recorded
from benchmarks.results import table
from benchmarks.settings import Settings
from benchmarks.token_buckets import (
    EVENTS,
    INDEX_PARTITION,
    QUOTAS,
    SUBMISSIONS,
    Bucket,
    Retries,
    of_botocore,
    of_state,
)
from seqstack.domain.cohort_plan import start_delays
from seqstack.tools.registry import Tool

TITLE = "Ten thousand samples, simulated"
TOOLS: Sequence[Tool] = ()
PACKAGES = ("moto",)

SUBMIT = "batch:submitjob"
_ASIDE = {"account_job", "account_runs", "notify_run_end"}
_BY_EVENTS = {*_ASIDE, "track_job"}
_LATENCY = 0.02  # seconds of a call
_WAIT = 1.0  # a longer gap is a job's time
_SHORTEST, _LONGEST = 0.5, 1.5  # of a job, times the recorded one
_SECONDS = 3600
_SCENARIOS = (
    (10_000, 100, True),
    (10_000, 1_000, True),
    (10_000, 10_000, True),
    (10_000, 10_000, False),
)
_QUICK = ((20, 5, True), (20, 20, False))


@dataclass
class Outcome:
    """What became of the samples of a simulation; times are in seconds since the first start."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    started: int = 0
    ended: int = 0
    failed: int = 0
    jobs: int = 0
    last_first_job: float = 0
    last_end: float = 0
    lost: Counter[str] = field(default_factory=Counter)

    def bucket(self, name: str) -> Bucket | None:
        """The bucket of a load; None if no limit is documented."""
        if name not in self.buckets:
            quota = INDEX_PARTITION if name.startswith("By") else QUOTAS.get(name)
            if quota is None:
                return None
            self.buckets[name] = Bucket(quota)
        return self.buckets[name]


def retries_of(call: Call) -> Retries:
    """The pauses before the repetitions of a throttled call, in its caller's order."""
    if call.api == "states:StartExecution":
        return of_state("secondary_analysis", "RunStep")
    if call.caller == STATES:
        return of_state("run_batch_job", "SubmitJob")
    if call.caller in _BY_EVENTS:
        return of_botocore().then(EVENTS)
    state = {
        "submit_job": ("run_batch_job", "SubmitJob"),
        "validate_input": ("secondary_analysis", "ValidateInput"),
        "finish_run": ("secondary_analysis", "FinishRun"),
    }[call.caller]
    inner = SUBMISSIONS if call.api == SUBMIT else of_botocore()
    return inner.then(of_state(*state))


class Simulation:
    """So many samples, of which `concurrency` run at a time, each with the calls of `trace`.

    Without `is_paced`, the first ones start all at once.
    """

    def __init__(
        self,
        trace: Sequence[Call],
        samples: int,
        concurrency: int,
        seed: int = 1,
        *,
        is_paced: bool = True,
    ) -> None:
        self._trace, self._random = trace, random.Random(seed)  # noqa: S311 - no secret
        known = {(call.caller, call.api): retries_of(call) for call in trace}
        self._retries = [known[call.caller, call.api] for call in trace]
        self._samples, self._concurrency, self._is_paced = samples, concurrency, is_paced
        self._waiting: list[tuple[float, int, int, int]] = []
        self._order = count()
        self._has_job = set[int]()
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Let time pass until nothing is left to do."""
        for delay in start_delays(self._samples, self._concurrency)[: self._concurrency]:
            self._start(float(delay) if self._is_paced else 0.0)
        waiting = self._waiting
        tries: Counter[tuple[int, int]] = Counter()
        while waiting:
            now, _, sample, at = heapq.heappop(waiting)
            call, is_aside = self._trace[at], self._trace[at].caller in _ASIDE
            pauses = self._retries[at].pauses
            if self._took(call, now):
                if call.api == SUBMIT:
                    self._submitted(sample, now)
            elif tries[sample, at] < len(pauses):
                pause = self._random.uniform(0, pauses[tries[sample, at]])
                tries[sample, at] += 1
                self._push(now + pause, sample, at)
                continue
            else:
                self.outcome.lost[call.caller] += 1
                if call.caller not in _BY_EVENTS:
                    self.outcome.failed += 1
                    self._end(now)
                    continue
            tries.pop((sample, at), None)
            if not is_aside:
                self._go_on(now, sample, at + 1)
        return self.outcome

    def _push(self, moment: float, sample: int, at: int) -> None:
        heapq.heappush(self._waiting, (moment, next(self._order), sample, at))

    def _start(self, now: float) -> None:
        if self.outcome.started < self._samples:
            self.outcome.started += 1
            self._go_on(now, self.outcome.started, 0)

    def _go_on(self, now: float, sample: int, at: int) -> None:
        """Make the next call that the run waits for, and those before it that it does not."""
        for index in range(at, len(self._trace)):
            call = self._trace[index]
            factor = self._random.uniform(_SHORTEST, _LONGEST)
            now += call.after * factor if call.after > _WAIT else _LATENCY
            self._push(now, sample, index)
            if call.caller not in _ASIDE:
                return
        self._end(now)

    def _end(self, now: float) -> None:
        self.outcome.ended += 1
        self.outcome.last_end = max(self.outcome.last_end, now)
        self._start(now)

    def _submitted(self, sample: int, now: float) -> None:
        self.outcome.jobs += 1
        if sample not in self._has_job:
            self._has_job.add(sample)
            self.outcome.last_first_job = now

    def _took(self, call: Call, now: float) -> bool:
        found = [(self.outcome.bucket(name), tokens) for name, tokens in call.loads.items()]
        limited = [(bucket, tokens) for bucket, tokens in found if bucket]
        short = [bucket for bucket, tokens in limited if not bucket.has(tokens, now)]
        for bucket in short:
            bucket.throttled += 1
        if not short:
            for bucket, tokens in limited:
                bucket.take(tokens, now)
        return not short


def run(settings: Settings) -> str:
    """Record a sample, and simulate the scenarios."""
    trace = recorded()
    jobs = sum(call.api == SUBMIT for call in trace)
    parts = [_calls(trace)]
    for samples, concurrency, is_paced in _QUICK if settings.is_quick else _SCENARIOS:
        outcome = Simulation(trace, samples, concurrency, is_paced=is_paced).run()
        how = f"{concurrency:,} at a time" + ("" if is_paced else ", all started at once")
        parts.append(_told(outcome, samples, how, jobs))
    return "\n\n".join(parts)


def _calls(trace: Sequence[Call]) -> str:
    made = Counter(call.api for call in trace)
    rows = [
        [api, f"{made[api]}", f"{QUOTAS[api].size:,.0f}", f"{QUOTAS[api].rate:,.0f}"]
        for api in QUOTAS
        if made[api]
    ]
    return (
        f"A sample makes {len(trace)} calls, as the emulator has recorded them; these are limited. "
        "The sources of the limits are in [docs/aws-facts.md](../docs/aws-facts.md). Jobs take "
        "half an hour to an hour and a half.\n\n"
        + table(["call", "of a sample", "bucket", "a second"], rows)
    )


def _told(outcome: Outcome, samples: int, how: str, jobs: int) -> str:
    rows = [
        [name, f"{bucket.peak:,.0f}", f"{bucket.quota.rate:,.0f}", f"{bucket.throttled:,}"]
        for name, bucket in sorted(outcome.buckets.items())
    ]
    lost = ", ".join(f"{n:,} of {caller}" for caller, n in sorted(outcome.lost.items())) or "none"
    return (
        f"### {samples:,} samples, {how}\n\n"
        f"The last sample's first job is submitted after {_hours(outcome.last_first_job)}, and the "
        f"last sample ends after {_hours(outcome.last_end)}. {outcome.jobs:,} of "
        f"{samples * jobs:,} jobs are submitted; {outcome.failed:,} runs fail. Calls given up: "
        f"{lost}.\n\n" + table(["limit", "most in a second", "refill", "throttled"], rows)
    )


def _hours(seconds: float) -> str:
    return (
        f"{seconds / _SECONDS:.2f} hours" if seconds > _SECONDS else f"{seconds / 60:.1f} minutes"
    )
