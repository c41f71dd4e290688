"""The simulation of scale, against what a token bucket allows by hand."""

import pytest

from benchmarks.call_trace import Call
from benchmarks.scale_simulation import SUBMIT, Simulation, retries_of
from benchmarks.token_buckets import Bucket, Quota, Retries, of_botocore, of_state


def call(caller: str, api: str, after: float = 0, **loads: float) -> Call:
    return Call(after, caller, api, {api: 1.0, **loads})


JOB = call("submit_job", SUBMIT)
END = call("finish_run", "dynamodb:write", after=3600)


def test_bucket_gives_its_size_at_once_and_then_its_rate() -> None:
    bucket = Bucket(Quota(10, 2, "none"))

    taken = [second for second in (0,) * 12 + (1, 1, 1, 6) if _take(bucket, second)]

    assert taken == [0] * 10 + [1, 1, 6]
    assert bucket.peak == 10


def _take(bucket: Bucket, now: float) -> bool:
    if not bucket.has(1, now):
        return False
    bucket.take(1, now)
    return True


def test_no_more_jobs_are_submitted_than_the_documented_rate_allows() -> None:
    outcome = Simulation([JOB, END], samples=500, concurrency=500).run()

    # 50 at once, and 50 in each second after it
    assert outcome.last_first_job > (500 - 50) / 50
    assert outcome.buckets[SUBMIT].peak <= 100
    assert (outcome.jobs, outcome.ended, outcome.failed) == (500, 500, 0)
    assert not outcome.lost


def test_samples_wait_for_those_that_are_running() -> None:
    outcome = Simulation([JOB, END], samples=10, concurrency=1).run()

    assert outcome.last_end > 10 * 0.5 * 3600
    assert outcome.last_first_job > 9 * 0.5 * 3600
    assert outcome.buckets[SUBMIT].throttled == 0


def test_run_fails_only_after_every_retry_of_its_caller() -> None:
    greedy = call("submit_job", SUBMIT, **{"ByState RUNNING": 1e9})  # no partition allows it

    outcome = Simulation([greedy, END], samples=3, concurrency=3).run()

    assert (outcome.failed, outcome.ended, outcome.jobs) == (3, 3, 0)
    assert outcome.lost == {"submit_job": 3}
    tries = 3 * (1 + len(retries_of(greedy).pauses))
    assert outcome.buckets["ByState RUNNING"].throttled == tries


def test_run_does_not_wait_for_its_account() -> None:
    account = call("account_runs", "states:GetExecutionHistory", **{"ByState RUNNING": 1e9})

    outcome = Simulation([JOB, account, END], samples=2, concurrency=2).run()

    assert (outcome.failed, outcome.ended) == (0, 2)
    assert outcome.lost == {"account_runs": 2}


def test_retries_are_those_of_the_code_and_of_the_state_machines() -> None:
    assert of_botocore() == Retries((1.0, 2.0, 4.0))  # four tries
    assert of_state("cohort", "RunSample").pauses[:3] == (2.0, 4.0, 8.0)
    inner, outer = Retries((1.0,)), Retries((60.0, 120.0))
    assert inner.then(outer) == Retries((1.0, 60.0, 1.0, 120.0, 1.0))


@pytest.mark.parametrize("seed", [1, 2])
def test_same_seed_gives_the_same_outcome(seed: int) -> None:
    one, other = (Simulation([JOB, END], 50, 10, seed).run() for _ in range(2))

    assert (one.last_end, one.jobs) == (other.last_end, other.jobs)
