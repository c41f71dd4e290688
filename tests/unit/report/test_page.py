"""The report says what became of a run, and can't run or load anything."""

import inspect
from dataclasses import replace

import pytest

from seqstack.domain import errors
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunHistory
from seqstack.domain.words import RunState
from seqstack.report.advice import advice
from seqstack.report.page import report_page
from tests.support.html_page import HtmlPage
from tests.unit.report.histories import failed, qc_failed, succeeded

MADE_AT = "2025-06-02T14:25:00.000Z"
# what a page of one run may have besides the elements of other pages
ADDED = {
    "main",
    "footer",
    "caption",
    "pre",
    "code",
    "dl",
    "dt",
    "dd",
    "ul",
    "li",
    "i",
    "strong",
} | {
    "details",
    "summary",
}


def page(history: RunHistory) -> HtmlPage:
    return HtmlPage(report_page(history, MADE_AT))


def test_report_of_a_success_says_what_came_out_and_what_it_took() -> None:
    text = page(succeeded()).text

    assert "NA12878 succeeded" in text
    assert "All 2 steps succeeded in 2 h 23 min for $0.6300." in text
    assert "only 61 % of the reads align (fewReadsAligned)" in text
    assert "c6i.4xlarge, Spot" in text
    assert "11.2 GiB (40%)" in text
    assert "bwa 0.7.18" in text
    assert "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" in text


def test_report_shows_each_metric_with_its_gate() -> None:
    text = page(qc_failed()).text

    assert "NA12878 missed a quality gate" in text
    assert "What to do: Look at the metrics that miss their gates" in text
    assert "1,000,000 reads, 97.0% aligned, targets 12.2x." in text
    assert "meanTargetDepth12.25xat least 30xmissedmean depth" in text
    assert "alignedRate0.97at least 0.9met" in text
    assert "titvnot measuredat most 9missed" in text


def test_report_without_gates_shows_only_what_was_measured() -> None:
    history = succeeded()
    measured = replace(history.run, metrics={"meanDepth": 31.26})

    text = page(replace(history, run=measured)).text

    assert "meanDepth31.26xmean depth of the reference" in text
    assert "verdict" not in text
    assert "Quality" not in page(history).text


def test_report_shows_every_attempt_of_batch_and_which_failed() -> None:
    text = page(succeeded()).text

    assert "1.1 (failed)" in text
    assert "1.2" in text
    assert "1.2 (failed)" not in text


def test_files_are_linked_beside_the_report() -> None:
    links = [value for name, value in page(succeeded()).attributes if name == "href"]

    assert links == [
        "../bam/sorted.bam",
        "../provenance/align.json",
        "../vcf/variants/variants.vcf.gz",
    ]


def test_quality_links_to_the_accuracy_that_is_measured_later() -> None:
    found = page(qc_failed())
    links = [value for name, value in found.attributes if name == "href"]

    assert links[0] == "../accuracy/accuracy.html"
    assert "once seqstack validate has written it beside these files" in found.text


def test_report_of_a_failure_says_first_what_failed_and_what_to_do() -> None:
    text = page(failed()).text

    assert "align failed; 0 of 2 steps succeeded" in text
    error, advised, cause, timeline = map(
        text.index, ("ToolFailedError", "What to do: ", "exit status 65", "Timeline")
    )
    assert error < advised < cause < timeline


@pytest.mark.parametrize("state", [RunState.ABORTED, RunState.TIMED_OUT, RunState.RUNNING])
def test_report_of_a_run_without_jobs_and_files_has_no_empty_section(state: RunState) -> None:
    history = succeeded()
    bare = replace(
        history,
        run=replace(history.run, state=state, cost=None, warnings={}),
        jobs=(),
        steps=tuple(replace(row, written=()) for row in history.steps),
    )

    found = page(bare)

    assert "table" not in found.elements
    assert "0 of 2 steps succeeded" in found.text


@pytest.mark.parametrize(
    "text", ["</pre><script>alert(1)</script>", "\x1b[31m\x00 & <b>", "\ud800"]
)
def test_text_of_tools_stays_text(text: str) -> None:
    report = report_page(failed(text), MADE_AT)

    found = HtmlPage(report)
    assert {part for part in found.active if part.strip("<>") not in ADDED} == set()
    assert "script" not in found.elements
    assert "\x1b" not in report
    assert "\x00" not in report


def test_report_of_the_longest_cause_is_small() -> None:
    longest = failed("x" * Failure.MAX_CAUSE_CHARACTERS)

    assert len(report_page(longest, MADE_AT)) < 100_000


def test_page_neither_runs_nor_loads_anything() -> None:
    found = page(succeeded())

    active = {part for part in found.active if part.strip("<>") not in ADDED}
    assert all(part.startswith("<a href='../") for part in active)


@pytest.mark.parametrize(
    "error",
    [
        name
        for name, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, Exception)
    ],
)
def test_every_failure_has_advice(error: str) -> None:
    assert advice(Failure(error, ""), RunState.FAILED).endswith(".")


def test_advice_of_a_stopped_run_is_to_resume_it() -> None:
    assert "Resume" in advice(Failure("Whatever", ""), RunState.ABORTED)
