"""Write the report of an ended run, and its RO-Crate, beside its results."""

from collections.abc import Callable
from datetime import datetime

from seqstack.domain.errors import MissingOutputError, UnknownRunError
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import RunHistory, utc_text
from seqstack.domain.results import CRATE, CRATE_FILES, CRATE_WORKFLOW, QC_PLOTS, REPORT
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from seqstack.domain.workflow_names import JOINT_CALLING_NAME
from seqstack.report.crate import metadata_text, workflow_text
from seqstack.report.page import report_page
from seqstack.report.plots import MOST_BYTES
from seqstack.report.run_crate import run_crate
from seqstack.use_cases.ports import ReadWritten, ReportLedger

type WritePage = Callable[[S3Uri, str, StoredObject | None], StoredObject | None]


def report_run(
    run_id: str,
    ledger: ReportLedger,
    write_page: WritePage,
    read_written: ReadWritten,
    now: datetime,
) -> StoredObject | None:
    """Write the report and RO-Crate of an ended run, also in place of its own earlier ones.

    A later run of the sample writes to the same places; its files are not replaced.

    Returns:
        The report; None for a run that is unknown or running, has no steps (its input was refused,
        or all was there already), or whose report was replaced.
    """
    try:
        history = ledger.history(run_id)
    except UnknownRunError:
        return None
    run = history.run
    if not run.state.is_terminal or not history.steps or not run.results_folder:
        return None
    place = S3Uri.parse(f"s3://{run.results_folder}{REPORT}")
    page = report_page(history, utc_text(now), _plots(history, read_written))
    written = write_page(place, page, run.report)
    if written:
        ledger.record_report(run_id, written, _write_crate(history, written, write_page))
    return written


def _write_crate(
    history: RunHistory, report: StoredObject, write_page: WritePage
) -> list[StoredObject]:
    """The files of the run's RO-Crate; those that a later run has replaced stay as they were."""
    run = run_crate(history, report)
    earlier = {item.uri: item for item in history.run.crate}
    texts = {CRATE_WORKFLOW: workflow_text(run), CRATE: metadata_text(run)}
    places = {S3Uri.parse(f"s3://{history.run.results_folder}{key}"): key for key in CRATE_FILES}
    written = (
        write_page(uri, texts[key], earlier.get(uri)) or earlier.get(uri)
        for uri, key in places.items()
    )
    return [item for item in written if item]


def _plots(history: RunHistory, read_written: ReadWritten) -> bytes | str | None:
    """The run's plots, or why it has none; None for a workflow that makes none."""
    step = next((row for row in history.steps if row.step == Step.AGGREGATE_QC), None)
    if step is None or history.run.workflow == JOINT_CALLING_NAME:
        return None
    if not step.written:
        return f"{step.step}, the step that draws them, has not succeeded"
    found = (item for item in step.written if item.uri.key.endswith(f"/{QC_PLOTS}"))
    stored = next(found, None)
    if stored is None:
        return f"an earlier version of SeqStack did {step.step}"
    try:
        return read_written(stored, MOST_BYTES)
    except MissingOutputError as error:
        return str(error)
