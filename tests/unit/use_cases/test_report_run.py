"""The report of an ended run, over fakes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seqstack.domain.errors import MissingOutputError
from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step
from seqstack.domain.workflow_names import JOINT_CALLING_NAME, SECONDARY_ANALYSIS_NAME
from seqstack.use_cases.ports import ReadWritten
from seqstack.use_cases.report_run import report_run
from tests.support.builders import RUN_ID, run_row, step_row
from tests.support.fakes.ledger import FakeLedger

NOW = datetime(2025, 6, 2, 14, tzinfo=UTC)
PLACE = S3Uri("results", "NA12878/report/run.html")
PLOTS = StoredObject(S3Uri("results", "NA12878/qc/plots.json"), 300, "p", "", "v7")
METRICS = replace(PLOTS, uri=S3Uri("results", "NA12878/qc/metrics.json"))


class Pages:
    """Places for pages, as S3 has them; `pages` are the reports."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.others: dict[str, str] = {}
        self.there: dict[S3Uri, StoredObject] = {}
        self.writes = 0

    def write(self, uri: S3Uri, page: str, replaced: StoredObject | None) -> StoredObject | None:
        if replaced and replaced != self.there.get(uri):
            return None
        if uri == PLACE:
            self.pages.append(page)
        else:
            self.others[uri.key] = page
        self.writes += 1
        self.there[uri] = StoredObject(uri, len(page), f"etag{self.writes}")
        return self.there[uri]


def unread(stored: StoredObject, _most_bytes: int) -> bytes:
    raise AssertionError(stored)


@pytest.fixture
def ledger() -> FakeLedger:
    ledger = FakeLedger()
    ledger.open_run(run_row(results_folder="results/NA12878/"), [step_row()])
    return ledger


def end(ledger: FakeLedger) -> None:
    ledger.finish_run(run_row(state=RunState.FAILED, ended_at="2025-06-02T13:00:00.000Z"))


def test_ended_run_gets_its_report_beside_its_results(ledger: FakeLedger) -> None:
    end(ledger)
    pages = Pages()

    written = report_run(RUN_ID, ledger, pages.write, unread, NOW)

    assert written
    assert written.uri == PLACE
    assert ledger.run(RUN_ID).report == written
    assert "failed" in pages.pages[0]


def test_second_report_replaces_the_runs_own(ledger: FakeLedger) -> None:
    end(ledger)
    pages = Pages()
    report_run(RUN_ID, ledger, pages.write, unread, NOW)

    again = report_run(RUN_ID, ledger, pages.write, unread, NOW)

    assert again
    assert ledger.run(RUN_ID).report == again
    assert len(pages.pages) == 2


def test_crate_is_written_beside_the_provenance_and_kept_with_the_report(
    ledger: FakeLedger,
) -> None:
    end(ledger)
    pages = Pages()

    report_run(RUN_ID, ledger, pages.write, unread, NOW)

    names = [f"NA12878/provenance/ro-crate-{name}.json" for name in ("metadata", "workflow")]
    assert sorted(pages.others) == names
    assert sorted(each.uri.key for each in ledger.run(RUN_ID).crate) == names
    assert "FailedActionStatus" in pages.others[names[0]]


def test_crate_of_a_later_run_stays(ledger: FakeLedger) -> None:
    end(ledger)
    pages = Pages()
    report_run(RUN_ID, ledger, pages.write, unread, NOW)
    own = ledger.run(RUN_ID).crate
    for each in own:
        pages.write(each.uri, "of a later run", None)

    report_run(RUN_ID, ledger, pages.write, unread, NOW)

    assert set(pages.others.values()) == {"of a later run"}
    assert ledger.run(RUN_ID).crate == own


def test_report_of_a_later_run_stays(ledger: FakeLedger) -> None:
    end(ledger)
    pages = Pages()
    own = report_run(RUN_ID, ledger, pages.write, unread, NOW)
    pages.write(PLACE, "of a later run", None)

    assert report_run(RUN_ID, ledger, pages.write, unread, NOW) is None

    assert pages.pages[-1] == "of a later run"
    assert ledger.run(RUN_ID).report == own


def test_running_run_has_no_report(ledger: FakeLedger) -> None:
    pages = Pages()

    assert report_run(RUN_ID, ledger, pages.write, unread, NOW) is None
    assert pages.pages == []


def test_run_that_was_refused_has_no_folder_for_a_report() -> None:
    ledger = FakeLedger()
    ledger.write_rejected_run(replace(run_row(state=RunState.FAILED), results_folder=""))

    assert report_run(RUN_ID, ledger, Pages().write, unread, NOW) is None


def test_run_that_found_all_there_already_leaves_the_report_of_the_one_that_made_it() -> None:
    ledger = FakeLedger()
    ledger.open_run(run_row(results_folder="results/NA12878/"), [])
    end(ledger)
    pages = Pages()

    assert report_run(RUN_ID, ledger, pages.write, unread, NOW) is None
    assert pages.pages == []


def test_run_that_nobody_knows_has_no_report() -> None:
    assert report_run("unknown", FakeLedger(), Pages().write, unread, NOW) is None


def reported(
    *written: StoredObject, read: ReadWritten = unread, workflow: str = SECONDARY_ANALYSIS_NAME
) -> str:
    """The page of a run whose last step has written some objects."""
    ledger = FakeLedger()
    steps = [step_row(), step_row(Step.AGGREGATE_QC, written=written)]
    row = run_row(results_folder="results/NA12878/", workflow=workflow)
    ledger.open_run(row, steps)
    end(ledger)
    pages = Pages()
    report_run(RUN_ID, ledger, pages.write, read, NOW)
    return pages.pages[0]


def test_report_has_the_plots_that_the_run_itself_has_written() -> None:
    asked = []

    def read(stored: StoredObject, most_bytes: int) -> bytes:
        asked.append((stored, most_bytes))
        return b'{"plots": [], "missing": [{"title": "Depth", "why": "nothing was read"}]}'

    page = reported(METRICS, PLOTS, read=read)

    assert "Depth: nothing was read" in page
    assert asked == [(PLOTS, 400_000)]


def test_report_of_a_run_that_ended_before_its_plots_says_so() -> None:
    page = reported()

    assert "There are no plots: aggregateQc, the step that draws them, has not succeeded." in page


def test_report_of_a_run_that_an_earlier_version_made_says_so() -> None:
    page = reported(METRICS)

    assert "There are no plots: an earlier version of SeqStack did aggregateQc." in page


def test_report_of_a_cohorts_joint_run_misses_no_plots() -> None:
    assert "There are no plots" not in reported(METRICS, workflow=JOINT_CALLING_NAME)


def test_report_of_plots_that_are_gone_says_so() -> None:
    def read(stored: StoredObject, _most_bytes: int) -> bytes:
        raise MissingOutputError(f"{stored.uri} was deleted")

    page = reported(PLOTS, read=read)

    assert "There are no plots: s3://results/NA12878/qc/plots.json was deleted." in page


def test_report_of_a_workflow_without_plots_does_not_speak_of_them(ledger: FakeLedger) -> None:
    end(ledger)
    pages = Pages()
    report_run(RUN_ID, ledger, pages.write, unread, NOW)

    assert "plots" not in pages.pages[0].partition("<body>")[2]
