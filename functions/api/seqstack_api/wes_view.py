"""Convert runs to the models of the Workflow Execution Service."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from seqstack.domain.errors import OutOfMemoryError, SpotReclaimedError, ToolFailedError
from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
from seqstack.domain.words import JobState, RunState, StepName
from seqstack.domain.written_objects import WrittenObject
from seqstack_api import wes_service
from seqstack_api.wes_models import (
    Log,
    Output,
    RunLog,
    RunRequest,
    TaskLog,
    WesRunSummary,
    WesState,
)

_TIME = "%Y-%m-%dT%H:%M:%SZ"  # the standard's own format
_OF_THE_EXECUTOR = {ToolFailedError.__name__, OutOfMemoryError.__name__}
_HAS_A_HOST = {JobState.STARTING, JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED}


def state_of_run(run: RunRow) -> WesState:
    """A run's state, from the run's own row only."""
    match run.state:
        case RunState.RUNNING:
            return WesState.RUNNING
        case RunState.SUCCEEDED:
            return WesState.COMPLETE
        case RunState.ABORTED:
            return WesState.CANCELED
        case RunState.QC_FAILED:
            return WesState.EXECUTOR_ERROR
        case _:
            return _state_of_failure(run.failure.error if run.failure else "")


def _state_of_failure(error: str) -> WesState:
    if error == SpotReclaimedError.__name__:
        return WesState.PREEMPTED
    return WesState.EXECUTOR_ERROR if error in _OF_THE_EXECUTOR else WesState.SYSTEM_ERROR


def state_of(history: RunHistory) -> WesState:
    """A run's state: QUEUED until its input is checked, INITIALIZING until a job has a host.

    CANCELING lasts until the last job of an aborted run has ended.
    """
    state = state_of_run(history.run)
    if state is WesState.CANCELED and history.has_open_rows:
        return WesState.CANCELING
    if state is not WesState.RUNNING:
        return state
    if not history.steps:
        return WesState.QUEUED
    has_begun = any(job.state in _HAS_A_HOST or job.batch_attempts for job in history.jobs)
    is_reused = any(step.reused_from for step in history.steps)
    return WesState.RUNNING if has_begun or is_reused else WesState.INITIALIZING


def summary_of(run: RunRow) -> WesRunSummary:
    """A run in a list."""
    return WesRunSummary(
        run_id=run.run_id,
        state=state_of_run(run),
        start_time=_of_text(run.started_at),
        end_time=_of_text(run.ended_at),
        tags=dict(run.tags),
    )


def run_log_of(
    history: RunHistory,
    document: Mapping[str, Any],
    address: str,
    outputs: Mapping[StepName, Iterable[WrittenObject]],
) -> RunLog:
    """A run with its input `document`; `address` is where the service answers."""
    run = history.run
    params = {key: value for key, value in document.items() if key != "tags"}
    log = Log(
        name=run.workflow,
        cmd=[],
        start_time=_of_text(run.started_at),
        end_time=_of_text(run.ended_at),
        stdout="",
        stderr="",
        system_logs=[f"{run.failure.error}: {run.failure.cause}"] if run.failure else [],
    )
    return RunLog(
        run_id=run.run_id,
        request=RunRequest(
            workflow_params=params,
            workflow_type=wes_service.WORKFLOW_TYPE,
            workflow_type_version=wes_service.WORKFLOW_TYPE_VERSION,
            workflow_url=run.workflow,
            tags=_tags_of(document, run),
        ),
        state=state_of(history),
        run_log=log,
        task_logs_url=f"{address}{wes_service.PREFIX}/runs/{run.run_id}/tasks",
        outputs={
            str(step): [
                Output(
                    location=str(item.stored.uri),
                    version_id=item.stored.version_id or None,
                    state=item.state,
                )
                for item in items
            ]
            for step, items in outputs.items()
        },
    )


def _tags_of(document: Mapping[str, Any], run: RunRow) -> dict[str, str]:
    """The requested tags; of a refused input, only those that the standard allows."""
    given = document.get("tags", run.tags)
    texts = given if isinstance(given, Mapping) else {}
    return {name: value for name, value in texts.items() if isinstance(value, str)}


def tasks_of(history: RunHistory, address: str) -> list[TaskLog]:
    """The tasks of a run: each try of each step, and each step that was reused."""
    tasks = []
    for step in history.steps:
        jobs = [job for job in history.jobs if job.key.step == step.step]
        tasks += [_task_of(step, job, address) for job in jobs]
        if step.reused_from:
            tasks.append(_reused(step))
    return tasks


def _task_of(step: StepRow, job: JobRow, address: str) -> TaskLog:
    log = f"{address}/runs/{job.key.run_id}/logs/{step.step}?attempt={job.key.attempt}"
    return TaskLog(
        id=f"{step.step}-{job.key.attempt}",
        name=step.step,
        cmd=[step.plan.tool, *step.plan.command],
        start_time=_of_milliseconds(job.started_at),
        end_time=_of_milliseconds(job.stopped_at),
        stdout=log,  # a container's two streams are in one log
        stderr=log,
        exit_code=job.exit_code,
        system_logs=[f"{job.failure.error}: {job.failure.cause}"] if job.failure else [],
    )


def _reused(step: StepRow) -> TaskLog:
    return TaskLog(
        id=f"{step.step}-0",
        name=step.step,
        cmd=[],
        stdout="",
        stderr="",
        system_logs=[f"reused from run {step.reused_from}"],
    )


def _of_text(moment: str) -> str | None:
    return datetime.fromisoformat(moment).astimezone(UTC).strftime(_TIME) if moment else None


def _of_milliseconds(moment: int | None) -> str | None:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime(_TIME) if moment else None
