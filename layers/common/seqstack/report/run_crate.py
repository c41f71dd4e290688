"""An ended run of the ledger as an RO-Crate, in the folder `provenance/` of its results."""

from datetime import UTC, datetime

from seqstack.domain.container_image import ContainerImage
from seqstack.domain.manifest import StoredObject
from seqstack.domain.reads.parts import is_of_part
from seqstack.domain.records import JobRow, RunHistory, StepRow, utc_text
from seqstack.domain.results import CRATE_WORKFLOW
from seqstack.domain.words import RunState, StepState
from seqstack.report.crate import OF_A_PART, CrateFile, CrateRun, CrateStep

_NOT_FINISHED = "the run ended first"


def run_crate(history: RunHistory, report: StoredObject) -> CrateRun:
    """The run, and its report.

    Steps that were not begun are left out. What a step was asked to do is the command of its
    container; the tools' own commands are in `provenance/<step>.json`, which is among the files.
    """
    run = history.run
    folder = f"s3://{run.results_folder}provenance/"
    steps = [_step(row, history, folder) for row in history.steps if _was_begun(row)]
    written = [*((row.step, item) for row in history.steps for item in row.written), ("", report)]
    known = {
        place: CrateFile(
            place, item.size, item.sha256, OF_A_PART if is_of_part(step, item.uri) else ""
        )
        for step, item in written
        for place in [_place(str(item.uri), folder)]
    }
    read = {place: CrateFile(place) for each in steps for place in each.inputs}
    workflow = run.state_machine_version
    return CrateRun(
        subject=f"sample {run.sample_id}" if run.sample_id else run.subject or run.run_id,
        started_at=run.started_at,
        ended_at=run.ended_at,
        steps=steps,
        files=list({**read, **known}.values()),
        workflow_file=CRATE_WORKFLOW.rpartition("/")[2],
        about_workflow=(
            {"identifier": workflow, "version": workflow.rpartition(":")[2]} if workflow else {}
        ),
        error=_error(history),
        made_by={"runId": run.run_id, "workflow": run.workflow},
    )


def _was_begun(row: StepRow) -> bool:
    if row.state is StepState.STOPPED:
        return row.attempt > 0
    return row.state is not StepState.PENDING


def _step(row: StepRow, history: RunHistory, folder: str) -> CrateStep:
    jobs = [job for job in history.jobs if job.key.step == row.step]
    error = "" if row.state is StepState.SUCCEEDED else _NOT_FINISHED
    if row.failure:
        error = f"{row.failure.error}: {row.failure.cause}"
    plan = row.plan
    return CrateStep(
        name=row.step,
        tool=plan.tool,
        versions=history.run.tool_versions.get(row.step, {}),
        # without a digest there is no image in the registry: the emulator's processes
        image=ContainerImage.parse(plan.image).at(plan.image_digest) if plan.image_digest else "",
        commands=[plan.command],
        started_at=_begin(jobs),
        ended_at=_end(jobs),
        inputs=[_place(str(uri), folder) for uri in plan.inputs],
        outputs=[_place(str(item.uri), folder) for item in row.written],
        error=error,
    )


def _error(history: RunHistory) -> str:
    run = history.run
    if run.failure:
        return f"{run.failure.error}: {run.failure.cause}"
    return "" if run.state is RunState.SUCCEEDED else f"the run is {run.state}"


def _begin(jobs: list[JobRow]) -> str:
    known = [job.started_at for job in jobs if job.started_at is not None]
    return _text(min(known)) if known else ""


def _end(jobs: list[JobRow]) -> str:
    known = [job.stopped_at for job in jobs if job.stopped_at is not None]
    return _text(max(known)) if known else ""


def _text(milliseconds: int) -> str:
    return utc_text(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _place(uri: str, folder: str) -> str:
    """The path below the crate's folder, or the URI."""
    return uri.removeprefix(folder) or uri
