"""Find runs that have succeeded, but whose results are void: gone, replaced, or of older inputs."""

from collections.abc import Iterable

from seqstack.domain.objects_found import ABSENT
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState
from seqstack.use_cases.ports import FindObjects


def void_runs(
    runs: Iterable[RunRow], find_objects: FindObjects, inputs_since: str
) -> frozenset[str]:
    """The ids of runs that have succeeded and count no more.

    They are those that started before an input was written, the last one at `inputs_since` (in the
    format of `utc_text`), and those whose report is gone, or is another run's now.

    The report stands for all results: each run in a folder writes it anew, and `seqstack delete`
    deletes it with them. A run without one is taken as whole: it has just ended, or is older than
    reports. So is one whose report can't be read, as in an archive. One request for each report.
    """
    done = [run for run in runs if run.state is RunState.SUCCEEDED]
    older = {run.run_id for run in done if run.started_at < inputs_since}
    reports = {run.run_id: run.report for run in done if run.report and run.run_id not in older}
    if not reports:
        return frozenset(older)
    found = find_objects(report.uri for report in reports.values())
    lost = {
        run_id
        for run_id, report in reports.items()
        if found.wrong.get(report.uri) == ABSENT
        or found.sizes.get(report.uri, report.size) != report.size
        or found.etags.get(report.uri, report.etag) != report.etag
    }
    return frozenset(older | lost)
