"""Both state machines, played by hand: which function they call next, and where its end leads.

A model of statemachine/*.asl.json, state by state. The real ones run in tests/integration/workflow
and in `make chaos`; this one can be stopped, repeated and redriven at every point.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from seqstack.domain.errors import TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import ATTEMPTS_PER_REDRIVE, JobKey
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import RunState, Step
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.integration.histories.calls import Invocation, Killed
from tests.integration.histories.telling import COHORT, COHORT_SIZE
from tests.support.builders import SOURCE_BUCKET, exome_input

RETRIES = 6
_MACHINE = "arn:aws:states:us-east-1:123456789012:execution:secondary_analysis-dev"
_CAUGHT_FOR_ANOTHER_TRY = {
    "States.Timeout", "SpotReclaimedError", "OutOfMemoryError", "ImagePullError",
    "ContainerNotRunError", "StuckInQueueError", "HolderChangedError",
}  # fmt: skip
_AFTER = {step.name: step.after for step in SECONDARY_ANALYSIS.steps}


class At(Enum):
    """Where an execution stands."""

    VALIDATE = auto()
    STEPS = auto()
    FINISH = auto()
    SUBMIT = auto()  # also AwaitJob: the same call
    WAIT = auto()
    ASK = auto()
    RECORD = auto()
    DONE = auto()
    FAILED = auto()
    STOPPED = auto()


ENDED = {At.DONE, At.FAILED, At.STOPPED}


@dataclass
class StepExecution:
    """One execution of run_batch_job."""

    run: "RunExecution"
    step: Step
    redrive: int
    at: At = At.SUBMIT
    attempt: int = 1
    token: str = ""
    retries: int = 0
    error: Failure = field(default_factory=lambda: Failure("", ""))
    busy: Invocation | None = None

    @property
    def key(self) -> JobKey:
        number = self.redrive * ATTEMPTS_PER_REDRIVE + self.attempt
        return JobKey(self.run.run_id, self.step, number)

    def go(self, at: At) -> None:
        self.at, self.retries = at, 0

    def call(self, token: str) -> tuple[str, dict[str, Any]]:
        """The function that the state calls, and its payload."""
        job: dict[str, Any] = {"runId": self.run.run_id, "step": str(self.step)}
        if self.at is At.RECORD:
            error = {"Error": self.error.error, "Cause": self.error.cause}
            return "finish_run", {**job, "error": error}
        job |= {"attempt": self.attempt, "redrive": self.redrive}
        if self.at is At.ASK:
            return "get_job_status", job
        self.at, self.token = At.WAIT, token
        return "submit_job", {**job, "taskToken": token}

    def take(self, asked: At, token: str, call: Invocation) -> None:
        """Go where the end of the call leads, if the state that made it still is the state."""
        if self.at is not asked:
            return
        if self.at is At.WAIT:
            if call.error and self.token == token:
                self._retry_or(call.error, At.SUBMIT)
        elif self.at is At.ASK:
            if call.error:
                self._retry_or(call.error, At.ASK)
            else:
                self._check(call.result)
        elif self.at is At.RECORD:
            if call.error:
                self._retry_or(call.error, At.RECORD)
            else:
                self.error = Failure(call.result["error"], call.result["cause"])
                self.go(At.FAILED)

    def answered(self, failure: Failure | None) -> None:
        """The token was answered."""
        if failure is None:
            self.go(At.DONE)
        elif failure.error in _CAUGHT_FOR_ANOTHER_TRY:
            self.go(At.ASK)
        else:
            self.error = failure
            self.go(At.RECORD)

    def _retry_or(self, error: BaseException, state: At) -> None:
        if isinstance(error, (Killed, TransientServiceError)) and self.retries < RETRIES:
            self.at = state
            self.retries += 1
            return
        self.error = Failure(type(error).__name__, str(error))
        self.go(At.FAILED if state is At.RECORD else At.RECORD)

    def _check(self, job: Mapping[str, Any]) -> None:
        if job["status"] == "SUCCEEDED":
            self.go(At.DONE)
        elif job["canRetry"]:
            self.attempt += 1
            self.go(At.SUBMIT)
        elif job["status"] == "FAILED":
            self.error = Failure(job["error"], job["cause"])
            self.go(At.RECORD)
        else:
            self.go(At.SUBMIT)


@dataclass
class RunExecution:
    """One execution of secondary_analysis, with those that it started."""

    run_id: str
    publish: Callable[[str, dict[str, Any]], None]
    sample: str
    reads: str
    at: At = At.VALIDATE
    was_at: At = At.VALIDATE  # when it ended
    status: RunState = RunState.RUNNING
    redrive: int = 0
    retries: int = 0
    steps: dict[Step, StepExecution] = field(default_factory=dict)
    error: Failure = field(default_factory=lambda: Failure("", ""))
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    stopped_at: datetime | None = None
    busy: Invocation | None = None

    @property
    def arn(self) -> str:
        return (
            f"arn:aws:states:us-east-1:123456789012:execution:secondary_analysis-dev:{self.run_id}"
        )

    def go(self, at: At) -> None:
        self.at, self.retries = at, 0

    def call(self, _token: str) -> tuple[str, dict[str, Any]]:
        run = {"runId": self.run_id}
        if self.at is At.FINISH:
            return "finish_run", {**run, "redrive": self.redrive}
        run |= {"executionArn": self.arn, "startedAt": utc_text(self.started_at)}
        if self.at is At.VALIDATE:
            whose: dict[str, Any] = {"sampleId": self.sample}
            if self.sample == self.run_id:
                whose |= {"cohortId": COHORT, "cohortSize": COHORT_SIZE}
            reads = {
                f"fastq{end}S3Path": f"s3://{SOURCE_BUCKET}/{self.reads}_{end}.fastq.gz"
                for end in (1, 2)
            }
            return "validate_input", {**run, "input": exome_input(**whose, **reads)}
        error = {"Error": self.error.error, "Cause": self.error.cause}
        return "finish_run", {**run, "error": error, "redrive": self.redrive}

    def take(self, asked: At, _token: str, call: Invocation) -> None:
        if self.status.is_terminal or self.at is not asked:
            return
        if call.error:
            is_passing = isinstance(call.error, (Killed, TransientServiceError))
            if is_passing and self.retries < RETRIES:
                self.retries += 1
                return
            self.error = Failure(type(call.error).__name__, str(call.error))
            if self.at is At.RECORD:
                self.end(RunState.FAILED)
            else:
                self.go(At.RECORD)
        elif self.at is At.VALIDATE:
            self.go(At.STEPS)
        elif self.at is At.FINISH:
            self.end(RunState.SUCCEEDED)
        else:
            self.end(RunState.FAILED)

    def advance(self) -> None:
        """Start the steps whose time has come, or leave them behind."""
        if self.at is not At.STEPS:
            return
        failed = [step for step in self.steps.values() if step.at is At.FAILED]
        if failed:
            self.error = failed[0].error
            self._stop_steps()
            self.go(At.RECORD)
            return
        done = {step for step, one in self.steps.items() if one.at is At.DONE}
        if done == set(SECONDARY_ANALYSIS.step_names):
            self.go(At.FINISH)
        for step, needs in _AFTER.items():
            if step not in self.steps and done.issuperset(needs):
                self.steps[step] = StepExecution(self, step, self.redrive)

    def end(self, status: RunState) -> None:
        """End the execution; Step Functions sends an event of every end without success."""
        self.status, self.stopped_at = status, datetime.now(UTC)
        self.was_at = self.at
        self._stop_steps()
        self.at = At.DONE if status is RunState.SUCCEEDED else At.STOPPED
        detail: dict[str, Any] = {
            "executionArn": self.arn,
            "stateMachineArn": "arn",
            "name": self.run_id,
            "status": str(status),
            "startDate": int(self.started_at.timestamp() * 1000),
            "stopDate": int(self.stopped_at.timestamp() * 1000),
            "redriveCount": self.redrive,
        }
        if status is RunState.FAILED:
            detail |= {"error": self.error.error, "cause": self.error.cause}
        self.publish("notify_run_end", detail)
        if status is not RunState.SUCCEEDED:
            self.publish("stop_jobs", detail)

    def start_again(self) -> None:
        """RedriveExecution: successful steps stay, all others start again."""
        self.redrive += 1
        self.status, self.stopped_at, self.busy = RunState.RUNNING, None, None
        self.steps = {step: one for step, one in self.steps.items() if one.at is At.DONE}
        self.go(At.STEPS)

    def _stop_steps(self) -> None:
        for step in self.steps.values():
            if step.at not in ENDED:
                step.at = At.STOPPED


class Executions:
    """All executions, and the port that the sweep asks."""

    def __init__(self) -> None:
        self.runs: dict[str, RunExecution] = {}
        self._tokens = itertools.count(1)

    def new_token(self) -> str:
        return f"token-{next(self._tokens)}"

    @property
    def steps(self) -> list[StepExecution]:
        return [step for run in self.runs.values() for step in run.steps.values()]

    def going_on(self) -> frozenset[str]:
        running = [one for one in self.runs.values() if one.stopped_at is None]
        return frozenset(one.arn for one in running)

    def redriven_in_vain(self, ended_after: str) -> dict[str, int]:
        ended = [one for one in self.runs.values() if one.stopped_at is not None]
        in_vain = [one for one in ended if one.status is not RunState.SUCCEEDED]
        return {one.run_id: one.redrive for one in in_vain if one.redrive}

    def end_of(self, run: RunRow, now: str) -> RunRow | None:
        execution = next(one for one in self.runs.values() if one.arn == run.execution_arn)
        if execution.stopped_at is None:
            return None
        failure = None
        if execution.status is not RunState.SUCCEEDED:
            failure = Failure(execution.error.error or "ExecutionAborted", execution.error.cause)
        return RunRow(
            run_id=run.run_id,
            sample_id=run.sample_id,
            state=execution.status,
            started_at=run.started_at,
            execution_arn=run.execution_arn,
            ended_at=utc_text(execution.stopped_at),
            failure=failure,
            redrive=execution.redrive,
        )


@dataclass
class Tokens:
    """Step Functions' side of the task tokens."""

    executions: Executions
    accepted: list[tuple[str, JobKey, Failure | None]] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)

    def succeed(self, token: str, output: Mapping[str, object]) -> bool:
        return self._answer(token, None)

    def fail(self, token: str, failure: Failure) -> bool:
        return self._answer(token, failure)

    def _answer(self, token: str, failure: Failure | None) -> bool:
        self.sent[token] += 1
        for step in self.executions.steps:
            if step.at is At.WAIT and step.token == token:
                self.accepted.append((token, step.key, failure))
                step.answered(failure)
                return True
        return False
