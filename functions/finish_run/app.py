"""Close a run, or one step of it, in the ledger.

Invoked by
- a workflow in FinishRun, when every step succeeded: closes the run with its results;
- workflows and `run_batch_job` in RecordFailure, with the error that a Catch received: closes the
  run (or, with `step`, the step) with the original failure, and returns it for the Fail state.

Raises:
    QcFailedError: every step succeeded, but a metric misses its gate; the run is closed.
    MissingOutputError: every step succeeded, but a result object is missing.
    ResultsReplacedError: every step succeeded, but a result was overwritten by another object.
    ResultsInUseError: the execution was redriven, and another run now uses its results folder.
    UnknownRunError: the ledger has no such run.
    TransientServiceError: AWS could not answer now; the caller retries.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.executions import Executions
from seqstack.adapters.object_identity import look_at_written
from seqstack.adapters.objects import (
    mark_intermediate,
    mark_parts,
    read_start,
    read_written,
    write,
    write_once,
)
from seqstack.adapters.settings import FunctionSettings
from seqstack.adapters.state_machine_events import (
    RunEndEvent,
    RunFailed,
    RunSucceeded,
    StepFailed,
)
from seqstack.domain.errors import QcFailedError
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.domain.workflow_names import PREPARE_REFERENCE_NAME
from seqstack.use_cases.close_run import set_expiry
from seqstack.use_cases.finish_run import (
    finish_successful_run,
    record_run_failure,
    record_step_failure,
)
from seqstack.use_cases.hold_results import reopen_run, wake_waiting
from seqstack.use_cases.publish_reference import publish_reference
from seqstack.wiring.services import Services

logger = Logger(use_rfc3339=True)


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """The variables of `finish_run`."""

    expire_finished_runs_after_days: int


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=RunEndEvent)
def lambda_handler(event: RunEndEvent, _context: LambdaContext) -> dict[str, Any]:
    """Return the run's results, or `error` and `cause` of its failure."""
    settings, now = Settings.from_environment(), datetime.now(UTC)
    services = Services(settings)
    days = settings.expire_finished_runs_after_days
    match event.root:
        case RunSucceeded() as succeeded:
            return _close_succeeded(succeeded, days, now, services)
        case StepFailed() as failed:
            return _close_step(failed, services)
        case RunFailed() as failed:
            run, caught = failed.as_row(now), failed.error.as_failure()
            return _close_failed(run, caught, days, now, services)


def _close_succeeded(
    succeeded: RunSucceeded, days: int, now: datetime, services: Services
) -> dict[str, Any]:
    run_id, ledger = succeeded.run_id, services.ledger
    logger.append_keys(runId=run_id)
    # if the run was closed, no step of the redriven execution has opened it again
    reopen_run(run_id, succeeded.redrive, now, ledger, Executions(ledger))
    run, outputs = finish_successful_run(
        run_id,
        now,
        ledger,
        look_at_written,
        mark_intermediate,
        mark_parts,
        services.step_memory.written_by,
        read_written,
    )
    if run.workflow == PREPARE_REFERENCE_NAME:
        publish_reference(run, outputs, now, read_start, write_once, write)
    wake_waiting(run_id, ledger, services.tokens)
    set_expiry(run_id, days, now, ledger)
    if run.failure:
        logger.error("Run missed a gate", sampleId=run.sample_id)
        raise QcFailedError(run.failure.cause)
    logger.info("Run succeeded", sampleId=run.sample_id)
    return {
        "runId": run_id,
        "sampleId": run.sample_id,
        "outputs": {step: [str(item.uri) for item in made] for step, made in outputs.items()},
    }


def _close_step(failed: StepFailed, services: Services) -> dict[str, Any]:
    logger.append_keys(runId=failed.run_id, step=failed.step)
    caught = failed.error.as_failure()
    failure = record_step_failure(failed.run_id, failed.step, caught, services.ledger)
    logger.error("Step failed", error=failure.error)
    return _shown(failure)


def _close_failed(
    run: RunRow, caught: Failure, days: int, now: datetime, services: Services
) -> dict[str, Any]:
    logger.append_keys(runId=run.run_id)
    failure, closed_now = record_run_failure(run, caught, services.ledger)
    if closed_now:
        wake_waiting(run.run_id, services.ledger, services.tokens)
        set_expiry(run.run_id, days, now, services.ledger)
        logger.error("Run did not succeed", state=run.state, error=failure.error)
        services.metrics.count_run_end(replace(run, failure=failure))
    return _shown(failure)


def _shown(failure: Failure) -> dict[str, Any]:
    return {"error": failure.error, "cause": failure.cause}
