"""Close a run, or one step of it, in the ledger.

Invoked by
- `secondary_analysis` in FinishRun, when every step succeeded: closes the run with its results;
- both state machines in RecordFailure, with what a Catch received: closes the run (or, with
  `step`, the step) with the real failure inside, and returns that for the Fail state;
- EventBridge, when an execution of `secondary_analysis` was aborted, timed out or failed before
  it could record that itself.

Raises:
    MissingOutputError: every step succeeded, and yet a result object is not there.
    TransientServiceError: AWS could not answer now; the caller retries.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from seqstack.adapters import settings
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.objects import missing_objects
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState, Step
from seqstack.use_cases.finish_run import (
    finish_successful_run,
    record_run_failure,
    record_step_failure,
)

logger = Logger()
metrics = Metrics()


class CaughtError(BaseModel):
    """What a Catch puts at `$.error`."""

    error: str = Field(alias="Error")
    cause: str = Field(alias="Cause", default="")

    def as_failure(self) -> Failure:
        """The same as a value of the domain."""
        return Failure(self.error, self.cause)


class RunEnded(BaseModel):
    """The end of a run, or of one step, as a state machine tells it."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    run_id: str
    step: Step | None = None
    error: CaughtError | None = None
    execution_arn: str = ""
    started_at: str = ""


class ExecutionDetail(BaseModel):
    """The part of an execution's status change that is used; times in ms since the epoch."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    execution_arn: str
    name: str
    status: RunState
    start_date: int
    error: str | None = None
    cause: str | None = None


class ExecutionStatusChange(EventBridgeModel):
    """EventBridge's envelope around an execution."""

    detail: ExecutionDetail


class FinishRunEvent(RootModel[ExecutionStatusChange | RunEnded]):
    """Any of the callers' events."""


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@event_parser(model=FinishRunEvent)
def lambda_handler(event: FinishRunEvent, _context: LambdaContext) -> dict[str, Any]:
    """Return the run's results, or `error` and `cause` of its failure."""
    ledger = Ledger(settings.ledger_table())
    match event.root:
        case ExecutionStatusChange(detail=detail):
            logger.append_keys(runId=detail.name)
            failure = Failure(
                detail.error or f"Execution{detail.status.title().replace('_', '')}",
                detail.cause or f"the execution ended as {detail.status}",
            )
            return _close_failed(_row_of(detail), failure, ledger)
        case RunEnded(step=Step() as step, error=CaughtError() as caught) as ended:
            logger.append_keys(runId=ended.run_id, step=step)
            failure = record_step_failure(ended.run_id, step, caught.as_failure(), ledger)
            logger.error("Step failed", error=failure.error)
            return _shown(failure)
        case RunEnded(error=CaughtError() as caught) as ended:
            logger.append_keys(runId=ended.run_id)
            run = RunRow(
                run_id=ended.run_id,
                sample_id="",
                state=RunState.FAILED,
                started_at=ended.started_at or _now(),
                execution_arn=ended.execution_arn,
                ended_at=_now(),
            )
            return _close_failed(run, caught.as_failure(), ledger)
        case RunEnded(run_id=run_id):
            logger.append_keys(runId=run_id)
            run, outputs = finish_successful_run(run_id, _now(), ledger, missing_objects)
            _let_expire(run_id, ledger)
            logger.info("Run succeeded")
            metrics.add_metric("RunSucceeded", MetricUnit.Count, 1)
            return {
                "runId": run_id,
                "sampleId": run.sample_id,
                "outputs": {step: [str(uri) for uri in uris] for step, uris in outputs.items()},
            }


def _close_failed(run: RunRow, caught: Failure, ledger: Ledger) -> dict[str, Any]:
    failure, closed_now = record_run_failure(run, caught, ledger)
    if closed_now:
        _let_expire(run.run_id, ledger)
        logger.error("Run did not succeed", state=run.state, error=failure.error)
        metrics.add_metric("RunFailed", MetricUnit.Count, 1)
    return _shown(failure)


def _row_of(detail: ExecutionDetail) -> RunRow:
    return RunRow(
        run_id=detail.name,
        sample_id="",
        state=detail.status,
        started_at=datetime.fromtimestamp(detail.start_date / 1000, UTC).isoformat(),
        execution_arn=detail.execution_arn,
        ended_at=_now(),
    )


def _let_expire(run_id: str, ledger: Ledger) -> None:
    if days := settings.days_until_expiry():
        ledger.expire_run(run_id, int((datetime.now(UTC) + timedelta(days=days)).timestamp()))


def _shown(failure: Failure) -> dict[str, Any]:
    return {
        "error": failure.error[: Failure.MAX_ERROR_CHARACTERS],
        "cause": failure.cause[-Failure.MAX_CAUSE_CHARACTERS :],
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
