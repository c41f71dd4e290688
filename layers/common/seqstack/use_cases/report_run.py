"""Write the report of an ended run beside its results."""

from collections.abc import Callable
from datetime import datetime

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import utc_text
from seqstack.domain.results import REPORT
from seqstack.domain.s3uri import S3Uri
from seqstack.report.page import report_page
from seqstack.use_cases.ports import ReportLedger

type WritePage = Callable[[S3Uri, str, StoredObject | None], StoredObject | None]


def report_run(
    run_id: str, ledger: ReportLedger, write_page: WritePage, now: datetime
) -> StoredObject | None:
    """Write the report of an ended run, also in place of an earlier report of the same run.

    A later run of the sample writes to the same place; its report is not replaced.

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
    written = write_page(place, report_page(history, utc_text(now)), run.report)
    if written:
        ledger.record_report(run_id, written)
    return written
