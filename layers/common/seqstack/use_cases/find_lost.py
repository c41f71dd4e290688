"""Find runs that have succeeded, but whose results were deleted or replaced since."""

from collections.abc import Iterable

from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState
from seqstack.use_cases.ports import FindObjects


def lost_runs(runs: Iterable[RunRow], find_objects: FindObjects) -> frozenset[str]:
    """The ids of runs that have succeeded and whose report is gone, or is another run's now.

    The report stands for all results: each run in a folder writes it anew, and `seqstack delete`
    deletes it with them. A run without one is taken as whole: it has just ended, or is older than
    reports. One request for each report.
    """
    reports = {
        run.run_id: run.report for run in runs if run.state is RunState.SUCCEEDED and run.report
    }
    if not reports:
        return frozenset()
    found = find_objects(report.uri for report in reports.values())
    return frozenset(
        run_id
        for run_id, report in reports.items()
        if (found.sizes.get(report.uri), found.etags.get(report.uri)) != (report.size, report.etag)
    )
