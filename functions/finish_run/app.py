"""Close a run, or one step of it, in the ledger.

Invoked by
- a workflow in FinishRun, when every step succeeded: closes the run with its results;
- workflows and `run_batch_job` in RecordFailure, with what a Catch received: closes the run (or,
  with `step`, the step) with the real failure inside, and returns that for the Fail state.

Raises:
    MissingOutputError: every step succeeded, and yet a result object is not there.
    ResultsReplacedError: every step succeeded, and something else lies where a result was written.
    ResultsInUseError: the execution was redriven, and another run has its results folder by now.
    UnknownRunError: the ledger has no such run.
    TransientServiceError: AWS could not answer now; the caller retries.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters import settings
from seqstack.adapters.executions import Executions
from seqstack.adapters.expiry import let_expire
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.metrics import count_run_end
from seqstack.adapters.object_identity import look_at_written, read_provenance, stored_objects
from seqstack.adapters.objects import mark_intermediate
from seqstack.adapters.run_end_event import (
    RunEndEvent,
    RunFailed,
    RunSucceeded,
    StepFailed,
)
from seqstack.adapters.step_cache import StepCache
from seqstack.adapters.task_tokens import TaskTokens
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.use_cases.finish_run import (
    finish_successful_run,
    record_run_failure,
    record_step_failure,
)
from seqstack.use_cases.hold_results import reopen_run, wake_waiting
from seqstack.use_cases.step_memory import StepMemory

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=RunEndEvent)
def lambda_handler(event: RunEndEvent, _context: LambdaContext) -> dict[str, Any]:
    """Return the run's results, or `error` and `cause` of its failure."""
    ledger, now = Ledger(settings.ledger_table()), datetime.now(UTC)
    match event.root:
        case RunSucceeded() as succeeded:
            return _close_succeeded(succeeded, now, ledger)
        case StepFailed() as failed:
            return _close_step(failed, ledger)
        case RunFailed() as failed:
            return _close_failed(failed.as_row(now), failed.error.as_failure(), now, ledger)


def _close_succeeded(succeeded: RunSucceeded, now: datetime, ledger: Ledger) -> dict[str, Any]:
    run_id = succeeded.run_id
    logger.append_keys(runId=run_id)
    # of an execution that had ended here no step has opened the run again
    reopen_run(run_id, succeeded.redrive, now, ledger, Executions())
    table = settings.ledger_table()
    noted = ledger.note_tool_versions
    memory = StepMemory(stored_objects, read_provenance, StepCache(table), noted)
    run, outputs = finish_successful_run(
        run_id, now, ledger, look_at_written, mark_intermediate, memory.written_by
    )
    wake_waiting(run_id, ledger, TaskTokens())
    let_expire(run_id, now, ledger)
    logger.info("Run succeeded", sampleId=run.sample_id)
    return {
        "runId": run_id,
        "sampleId": run.sample_id,
        "outputs": {step: [str(item.uri) for item in made] for step, made in outputs.items()},
    }


def _close_step(failed: StepFailed, ledger: Ledger) -> dict[str, Any]:
    logger.append_keys(runId=failed.run_id, step=failed.step)
    failure = record_step_failure(failed.run_id, failed.step, failed.error.as_failure(), ledger)
    logger.error("Step failed", error=failure.error)
    return _shown(failure)


def _close_failed(run: RunRow, caught: Failure, now: datetime, ledger: Ledger) -> dict[str, Any]:
    logger.append_keys(runId=run.run_id)
    failure, closed_now = record_run_failure(run, caught, ledger)
    if closed_now:
        wake_waiting(run.run_id, ledger, TaskTokens())
        let_expire(run.run_id, now, ledger)
        logger.error("Run did not succeed", state=run.state, error=failure.error)
        count_run_end(replace(run, failure=failure))
    return _shown(failure)


def _shown(failure: Failure) -> dict[str, Any]:
    return {"error": failure.error, "cause": failure.cause}
