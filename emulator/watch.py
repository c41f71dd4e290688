"""Start a run, follow it to its end, and fetch its results."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from cli.screen.views import RunView, StepView
from seqstack.adapters.job_logs import newest_progress
from seqstack.adapters.ledger import Ledger
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.progress import Progress
from seqstack.domain.qc.headline import headline
from seqstack.domain.reads.parts import is_of_part
from seqstack.domain.records import JobRow, RunRow, StepRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState
from seqstack.use_cases.show_runs import show_progress
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

LOOK_SECONDS = 0.4
"""How long a run is left alone between two looks at it."""

_SETTLE_SECONDS = 5.0
_REPORT_SECONDS = 60.0


class Stack(Protocol):
    """Protocol of a deployed stack; `emulator.stack.Emulator` implements it."""

    @property
    def outputs(self) -> dict[str, str]: ...  # noqa: D102 - the stack's, by name

    def client(self, service: str) -> Any: ...  # noqa: D102 - a boto3 client


def start_run(
    stack: Stack,
    run_id: str,
    document: Mapping[str, Any],
    workflow: str = SECONDARY_ANALYSIS.name,
) -> str:
    """Start a workflow; return the execution's ARN."""
    output = "".join(word.capitalize() for word in workflow.split("_"))
    answer = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs[f"{output}StateMachineArn"],
        name=run_id,
        input=json.dumps(document),
    )
    return str(answer["executionArn"])


def _wait() -> None:
    time.sleep(LOOK_SECONDS)


def follow_run(
    stack: Stack,
    ledger: Ledger,
    execution_arn: str,
    show: Callable[[RunView], None],
    wait: Callable[[], None] = _wait,
) -> RunView:
    """Show the run until its execution has ended; return the last view.

    `wait` waits until there may be something new. If an execution ends without success, `stop_jobs`
    closes its open rows a moment later.
    """
    ended_at: float | None = None
    while True:
        execution = stack.client("stepfunctions").describe_execution(executionArn=execution_arn)
        view = _look(stack, ledger, execution)
        show(view)
        if view.has_ended:
            ended_at = ended_at or time.monotonic()
            closed = all(step.has_ended for step in view.steps)
            if closed or time.monotonic() - ended_at > _SETTLE_SECONDS:
                return view
        wait()


def stop_run(stack: Stack, execution_arn: str) -> None:
    """Stop a run; `stop_jobs` then ends its jobs."""
    stack.client("stepfunctions").stop_execution(
        executionArn=execution_arn, error="Interrupted", cause="stopped by the user"
    )


def fetch_results(s3: Any, ledger: Ledger, run_id: str, folder: Path) -> list[Path]:
    """Copy only the objects that a run has written to `folder`, with the same paths.

    Results of parts are left out: they are in the step's that has joined them.

    Waits for the run's report, which is written a moment after the run's end.

    `s3` is an S3 client, or has its `download_file`.
    """
    try:
        history = ledger.history(run_id)
    except UnknownRunError:  # it ended before it was in the ledger
        return []
    written = [
        item for row in history.steps for item in row.written if not is_of_part(row.step, item.uri)
    ]
    written += awaited_report(ledger, history.run)
    if not written:  # a run whose input was refused has no results folder
        return []
    root = ResultLayout(S3Uri.parse(history.run.results), history.run.sample_id).root
    fetched = []
    for item in written:
        path = folder / item.uri.key.removeprefix(root.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        version = {"VersionId": item.version_id} if item.version_id else {}
        s3.download_file(item.uri.bucket, item.uri.key, str(path), ExtraArgs=version)
        fetched.append(path)
    return fetched


def awaited_report(ledger: Ledger, run: RunRow) -> list[StoredObject]:
    """The report of an ended run, and its RO-Crate; nothing if there is none after a while."""
    until = time.monotonic() + _REPORT_SECONDS
    while run.report is None and run.tools and run.results_folder and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        run = ledger.run(run.run_id)
    return [run.report, *run.crate] if run.report else []


def _look(stack: Stack, ledger: Ledger, execution: dict[str, Any]) -> RunView:
    state = RunState(execution["status"])
    view = RunView(execution["name"], "", state, started_at=execution.get("startDate"))
    if state.is_terminal:
        view = replace(view, ended_at=execution.get("stopDate"))
    if state.is_terminal and state is not RunState.SUCCEEDED:
        error, cause = execution.get("error", state), execution.get("cause", "")
        view = replace(view, error=error, cause=cause)
    try:
        history = ledger.history(execution["name"])
    except UnknownRunError:  # not validated yet, or refused
        return view

    def read(log_streams: Collection[str]) -> Mapping[str, Progress]:
        now = time.time_ns() // 1_000_000
        group = stack.outputs["JobLogGroupName"]
        return newest_progress(group, log_streams, now, stack.client("logs"))

    progress = show_progress(history, read)
    steps = (
        _step(row, [job for job in history.jobs if job.key.step == row.step], progress)
        for row in history.steps
    )
    warnings = (
        f"{origin}: {each.code}: {each.message}"
        for origin, found in history.run.warnings.items()
        for each in found
    )
    # an execution whose run is QC_FAILED is FAILED, a moment later
    misses_gate = view.has_ended and history.run.state is RunState.QC_FAILED
    return replace(
        view,
        state=history.run.state if misses_gate else view.state,
        quality=headline(history.run.metrics),
        sample_id=history.run.sample_id,
        subject=f"{history.run.workflow} {history.run.subject}".strip(),
        steps=tuple(steps),
        warnings=tuple(warnings),
    )


def _step(row: StepRow, jobs: list[JobRow], progress: Mapping[JobKey, Progress]) -> StepView:
    started = [job.started_at for job in jobs if job.started_at is not None]
    ended = [job.stopped_at for job in jobs if job.stopped_at is not None]
    return StepView(
        row.step,
        row.plan.tool,
        row.state,
        row.attempt,
        _moment(min(started)) if started else None,
        _moment(max(ended)) if started and len(ended) == len(jobs) else None,
        reused_from=row.reused_from,
        progress=progress.get(jobs[-1].key) if jobs else None,
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
