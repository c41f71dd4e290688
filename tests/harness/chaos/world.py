"""The deployed stack as chaos uses it: samples, runs, and the wait for their ends."""

import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from emulator.engine.batch.capacity import Capacity
from seqstack.adapters.ledger import Ledger
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from tests.harness.chaos.acts import ActingRunner, Script
from tests.harness.chaos.deliveries import Deliveries
from tests.harness.chaos.faults import RECONCILE_SECONDS
from tests.harness.emulator import Emulator
from tests.harness.job_results import ResultsWriter
from tests.harness.standing_clock import NothingHappensError, StandingClock
from tests.support.samples import sample_input, states_entered, upload_inputs

# Batch's time limits are shorter by this factor: two hours take two seconds
_BATCH_TIME_SCALE = 1 / 3600
_JOB_TIMEOUT_SECONDS = 10 * 3600
_PLENTY = Capacity(vcpus=10_000, memory_mib=100_000_000)  # no job waits for another
PARAMETERS = {
    "ReconcileSeconds": str(RECONCILE_SECONDS),
    "JobTimeoutSeconds": str(_JOB_TIMEOUT_SECONDS),
}


@dataclass
class Run:
    """A run that was started.

    `races` means that it is aborted while its end is being recorded: an end that was recorded first
    stays, so the ledger may have another end than the execution.
    """

    run_id: str
    arn: str
    status: str = "RUNNING"
    error: str = ""
    races: bool = False


class ChaosWorld:
    """One emulator for everything. Enter it as a context manager.

    Its clock stands still while any work is running, so that a slow machine changes nothing.
    """

    def __init__(self, built_template: Path, seed: int) -> None:
        self.random = Random(seed)
        self.clock = StandingClock()
        self.runner = ActingRunner(self.clock)
        self.emulator = Emulator(
            built_template,
            PARAMETERS,
            job_runner=self.runner,
            capacity=_PLENTY,
            clock=self.clock,
        )
        self._numbers = itertools.count(1)

    def __enter__(self) -> "ChaosWorld":
        self.emulator.__enter__()
        self.emulator.batch.seconds_scale = _BATCH_TIME_SCALE
        self.ledger = Ledger(
            self.emulator.outputs["LedgerTableName"],
            self.emulator.resource("dynamodb"),
        )
        self.deliveries = Deliveries(self.emulator.events.deliver, self.clock, self.ledger)
        self.emulator.events.intercept = self.deliveries.intercept
        upload_inputs(self.emulator.client("s3"))
        self.runner.results = ResultsWriter(self.emulator.client("s3"))
        return self

    def __exit__(self, *error: Any) -> None:
        self.emulator.events.intercept = lambda event: [event]
        self.emulator.close()

    def start(self, run_id: str, script: Script | None = None) -> Run:
        """Start a run of a sample of its own."""
        self.runner.scripts[run_id] = script or Script()
        answer = self.emulator.client("stepfunctions").start_execution(
            stateMachineArn=self.emulator.outputs["SecondaryAnalysisStateMachineArn"],
            name=run_id,
            input=json.dumps(self._sample(run_id)),
        )
        return Run(run_id, answer["executionArn"])

    def next_id(self) -> str:
        """An id for a new run."""
        return f"chaos{next(self._numbers):04}"

    def abort_in(self, run: Run, state: str) -> bool:
        """Stop an execution as soon as it has entered a state; False if it ended before."""
        self.clock.until(lambda: state in self._entered(run) or self.look(run))
        if self.look(run):
            return False
        states = self.emulator.client("stepfunctions")
        states.stop_execution(executionArn=run.arn, cause="chaos")
        return True

    def look(self, run: Run) -> bool:
        """Request an execution's status; True if it has ended."""
        answer = self.emulator.client("stepfunctions").describe_execution(executionArn=run.arn)
        run.status, run.error = answer["status"], answer.get("error", "")
        return run.status != "RUNNING"

    def wait(self, runs: list[Run], seconds: float) -> None:
        """Wait until all executions have ended, or so much time has passed."""
        self.until(lambda: all(self.look(run) for run in runs), seconds)

    def until(self, is_met: Callable[[], bool], seconds: float) -> None:
        """Wait until a condition holds, the time has passed, or nothing more can happen."""
        limit = self.clock.monotonic() + seconds
        with suppress(NothingHappensError):
            self.clock.until(lambda: is_met() or self.clock.monotonic() > limit)

    def jobs(self, run: Run) -> list[dict[str, Any]]:
        """Every job of a run in Batch, from DescribeJobs."""
        prefix = f"{run.run_id}-"
        ids = self.emulator.batch.read(
            lambda jobs: [j.job_id for j in jobs if j.submission.job_name.startswith(prefix)]
        )
        return self.emulator.batch.describe(ids)

    def sweep(self) -> None:
        """Run the hourly sweep."""
        self.emulator.run_schedule("SweepRunsFunctionEveryHour")

    def _entered(self, run: Run) -> set[str]:
        try:
            return set(states_entered(self.emulator.client("stepfunctions"), run.arn))
        except ClientError:
            return set()

    def _sample(self, sample_id: str) -> dict[str, Any]:
        bucket = self.emulator.outputs["ResultsBucketName"]
        layout = ResultLayout(S3Uri(bucket, "results/"), sample_id)
        return sample_input(layout) | {"cache": False}  # every run runs its own jobs
