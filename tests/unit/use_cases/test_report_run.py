"""The report of an ended run, over fakes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState
from seqstack.use_cases.report_run import report_run
from tests.support.builders import RUN_ID, run_row, step_row
from tests.support.fakes.ledger import FakeLedger

NOW = datetime(2025, 6, 2, 14, tzinfo=UTC)
PLACE = S3Uri("results", "NA12878/report/run.html")


class Pages:
    """One place for pages, as S3 has it."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.there: StoredObject | None = None

    def write(self, uri: S3Uri, page: str, replaced: StoredObject | None) -> StoredObject | None:
        if replaced and replaced != self.there:
            return None
        self.pages.append(page)
        self.there = StoredObject(uri, len(page), f"etag{len(self.pages)}")
        return self.there


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

    written = report_run(RUN_ID, ledger, pages.write, NOW)

    assert written
    assert written.uri == PLACE
    assert ledger.run(RUN_ID).report == written
    assert "failed" in pages.pages[0]


def test_second_report_replaces_the_runs_own(ledger: FakeLedger) -> None:
    end(ledger)
    pages = Pages()
    report_run(RUN_ID, ledger, pages.write, NOW)

    again = report_run(RUN_ID, ledger, pages.write, NOW)

    assert again
    assert ledger.run(RUN_ID).report == again
    assert len(pages.pages) == 2


def test_report_of_a_later_run_stays(ledger: FakeLedger) -> None:
    end(ledger)
    pages = Pages()
    own = report_run(RUN_ID, ledger, pages.write, NOW)
    pages.write(PLACE, "of a later run", None)

    assert report_run(RUN_ID, ledger, pages.write, NOW) is None

    assert pages.pages[-1] == "of a later run"
    assert ledger.run(RUN_ID).report == own


def test_running_run_has_no_report(ledger: FakeLedger) -> None:
    pages = Pages()

    assert report_run(RUN_ID, ledger, pages.write, NOW) is None
    assert pages.pages == []


def test_run_that_was_refused_has_no_folder_for_a_report() -> None:
    ledger = FakeLedger()
    ledger.write_rejected_run(replace(run_row(state=RunState.FAILED), results_folder=""))

    assert report_run(RUN_ID, ledger, Pages().write, NOW) is None


def test_run_that_found_all_there_already_leaves_the_report_of_the_one_that_made_it() -> None:
    ledger = FakeLedger()
    ledger.open_run(run_row(results_folder="results/NA12878/"), [])
    end(ledger)
    pages = Pages()

    assert report_run(RUN_ID, ledger, pages.write, NOW) is None
    assert pages.pages == []


def test_run_that_nobody_knows_has_no_report() -> None:
    assert report_run("unknown", FakeLedger(), Pages().write, NOW) is None
