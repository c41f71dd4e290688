"""What a terminal shows: times and amounts in words, tables as wide as it is."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from cli.screen.console import HarmlessConsole
from cli.screen.progress import RunProgress
from cli.screen.run_table import print_run
from cli.screen.tables import print_unbroken
from cli.screen.text import cost_text, duration_text, progress_text, size_text
from cli.screen.views import RunView, StepView
from seqstack.domain.progress import Counted, Phase, Progress, Unit
from seqstack.domain.words import RunState, StepState
from tests.unit.cli.runs import job, step

STEP = StepView(
    "alignmentStats",
    "samtoolsStats",
    "SUCCEEDED",
    1,
    datetime(2026, 1, 2, 3, 0, 0, tzinfo=UTC),
    datetime(2026, 1, 2, 3, 1, 5, tzinfo=UTC),
    cost_usd=0.002,
)
RUN = RunView("20260102-030405-9f3a1c0b", "NA12878", "RUNNING", (STEP,), STEP.started_at)


def terminal(width: int) -> Console:
    return HarmlessConsole(file=io.StringIO(), force_terminal=True, width=width, color_system=None)


def shown_on(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (4.2, "4.2 s"),
        (185, "3 min 05 s"),
        (7620, "2 h 07 min"),
        (273600, "3 d 04 h"),
    ],
)
def test_duration_is_reported_in_its_two_largest_units(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, ""),
        (0.00421, "$0.0042"),
        (0.00009, "<$0.0001"),
        (0, "$0"),
        (0.5, "$0.5000"),
        (1234.5, "$1,234.50"),
    ],
)
def test_cost_keeps_the_digits_that_matter(usd: float | None, text: str) -> None:
    assert cost_text(usd) == text


@pytest.mark.parametrize(
    ("size", "text"), [(9, "9 B"), (1536, "1.5 KiB"), (6.5 * 2**30, "6.5 GiB")]
)
def test_size_is_reported_in_binary_units(size: float, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize("subject", [{}, {"sample_id": "", "subject": "prepare_reference hg38"}])
def test_headline_that_is_wider_than_the_terminal_has_the_id_alone_in_its_line(
    subject: dict[str, str],
) -> None:
    long = replace(
        RUN, run_id=f"c-0123abcd-{'9' * 32}-1", state="SUCCEEDED", cost_usd=12.3, **subject
    )
    of = subject.get("subject", "sample NA12878")
    narrow, wide = terminal(80), terminal(200)

    print_run(narrow, long)
    print_run(wide, long)

    first, second, *_ = (line.rstrip() for line in shown_on(narrow).splitlines())
    assert first == f"Run {long.run_id} of"
    assert second.startswith(f"{of}: SUCCEEDED, ")
    assert second.endswith(" 1 of 1 steps done, $12.30 so far")
    assert shown_on(wide).splitlines()[0].rstrip() == f"{first} {second}"


@pytest.mark.parametrize("width", [120, 74, 73, 59, 49, 48, 40, 39])
def test_table_fits_the_terminal(width: int) -> None:
    console = terminal(width)

    print_run(console, RUN)

    lines = shown_on(console).splitlines()
    assert max(map(len, lines)) <= width
    row = next(line for line in lines if "alignmentStats" in line)
    assert "succeeded" in row  # no cell is folded or cut
    # mark, step, tool, state, attempts, time, cost: 1+14+13+9+8+10+7 and 6 gaps of 2 make 74;
    # the tool goes first (leaves 59), then the attempts (49), then the cost (40), then the time
    assert ("samtoolsStats" in row) == (width >= 74)
    assert ("$0.0020" in row) == (width >= 49)
    assert ("1 min 05 s" in row) == (width >= 40)


def test_progress_on_a_terminal_leaves_nothing_behind() -> None:
    console = terminal(80)

    with RunProgress(console) as progress:
        progress.show(RUN)

    assert shown_on(console).endswith("\x1b[2K")  # the last line is erased


@pytest.mark.parametrize("state", list(StepState))
def test_table_and_progress_know_every_state_of_a_step(state: StepState) -> None:
    console = terminal(80)
    run = replace(RUN, steps=(replace(STEP, state=state),))

    print_run(console, run)
    with RunProgress(console) as progress:
        progress.show(run)

    assert shown_on(console).count(f" {state.lower()} ") >= 2


def test_state_that_is_not_known_here_is_shown_as_it_is() -> None:
    console = terminal(80)
    run = replace(RUN, state="PAUSED", steps=(replace(STEP, state="PAUSED"),))

    print_run(console, run)
    with RunProgress(console) as progress:
        progress.show(run)

    assert "NA12878: PAUSED, " in shown_on(console)
    assert shown_on(console).count(" paused ") >= 2


@pytest.mark.parametrize("state", list(RunState))
def test_headline_knows_every_state_of_a_run(state: RunState) -> None:
    console = terminal(80)

    print_run(console, replace(RUN, state=state))

    assert f"NA12878: {state}, " in shown_on(console)
    assert replace(RUN, state=state).has_ended == state.is_terminal


def test_reused_steps_are_reported_with_the_run_that_made_them() -> None:
    console = terminal(80)
    reused = replace(STEP, reused_from="run-1")

    print_run(console, replace(RUN, steps=(reused, replace(reused, step="align"), STEP)))

    assert shown_on(console).splitlines()[-1] == "Reused from run run-1: alignmentStats, align"


def test_progress_elsewhere_reports_each_change_once() -> None:
    console = HarmlessConsole(file=io.StringIO(), width=200)

    with RunProgress(console) as progress:
        for reused_from in ("", "", "run-1"):
            progress.show(replace(RUN, steps=(replace(STEP, reused_from=reused_from),)))

    assert shown_on(console).splitlines() == [
        "  alignmentStats (samtoolsStats): succeeded",
        "  alignmentStats (samtoolsStats): reused",
    ]


ALIGNING = Progress(
    Phase.RUN, Counted(Unit.READS, 12_345_678, 40_100_000, is_estimate=True), 8000.0, 1500
)


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (None, ""),
        (Progress(Phase.RUN), ""),
        (ALIGNING, "12.3 M of about 40.1 M reads aligned, about 25 min left"),
        (Progress(Phase.RUN, Counted(Unit.READS, 999, None)), "999 reads aligned"),
        (Progress(Phase.RUN, Counted(Unit.READS, 10, 10)), "10 of 10 reads aligned"),
        (
            Progress(Phase.RUN, Counted(Unit.WINDOWS, 23, 64), 0.01, 9000),
            "23 of 64 windows called, about 2.5 h left",
        ),
        (
            Progress(Phase.STAGE_IN, Counted(Unit.BYTES, 3 << 29, 8 << 30), 120 << 20, 20),
            "1.5 GiB of 8.0 GiB fetched at 120.0 MiB/s, about 1 min left",
        ),
        (Progress(Phase.STAGE_OUT, Counted(Unit.BYTES, 0, 5)), "0 B of 5 B sent"),
        (Progress(Phase.RUN, Counted(Unit.BYTES, 1 << 30, 4 << 30)), "1.0 GiB of 4.0 GiB read"),
    ],
)
def test_progress_is_told_in_a_sentence(progress: Progress | None, text: str) -> None:
    assert progress_text(progress) == text


def test_progress_of_running_steps_stands_below_the_table_on_any_terminal() -> None:
    console = terminal(60)
    running = replace(STEP, state="RUNNING", progress=ALIGNING)

    print_run(console, replace(RUN, steps=(running, replace(STEP, progress=ALIGNING))))

    text = shown_on(console).splitlines()
    assert text[-1] == ("alignmentStats: 12.3 M of about 40.1 M reads aligned, about 25 min left")
    assert sum("reads aligned" in line for line in text) == 1


def test_progress_in_a_pipe_is_a_line_for_each_tenth() -> None:
    console = HarmlessConsole(file=io.StringIO(), width=200)

    with RunProgress(console) as progress:
        for done in (8, 11, 15, 19, 20):
            told = Progress(Phase.RUN, Counted(Unit.WINDOWS, done, 100))
            running = replace(STEP, state="RUNNING", progress=told)
            progress.show(replace(RUN, steps=(running,)))

    assert shown_on(console).splitlines() == [
        f"  alignmentStats (samtoolsStats): running, {done} of 100 windows called"
        for done in (8, 11, 20)
    ]


@pytest.mark.parametrize("changes", [{"phase": "dream"}, {"unit": "genomes"}, {"unit": None}])
def test_progress_that_is_not_known_here_is_left_out(changes: dict[str, Any]) -> None:
    told = {
        "at": "2026-01-02T03:07:00.000Z",
        "phase": "run",
        "unit": "reads",
        "done": 1,
        "total": 2,
        "isEstimate": False,
        "perSecond": None,
        "secondsLeft": None,
    }
    known, unknown = (
        StepView.of(step(state="RUNNING", jobs=[job(progress=each)]))
        for each in (told, told | changes)
    )

    assert progress_text(known.progress) == "1 of 2 reads aligned"
    assert unknown.progress is None
    assert StepView.of(step(state="RUNNING", jobs=[job()])).progress is None  # of an older API


def test_unbroken_rows_are_one_line_each_on_a_narrow_terminal() -> None:
    console = terminal(20)
    uri = f"s3://results/{'long/' * 20}sorted.bam"

    print_unbroken(console, ("step", "object"), [("align", uri), ("annotate", "s3://b/[k]")])

    assert shown_on(console).splitlines() == [
        "step      object",
        f"align     {uri}",
        "annotate  s3://b/[k]",
    ]


@pytest.mark.parametrize(
    ("state", "is_complete", "expected_text"),
    [
        ("RUNNING", True, "$1.50 so far"),
        ("FAILED", False, "$1.50 so far"),
        ("FAILED", True, "$1.50"),
    ],
)
def test_headline_calls_a_cost_whole_once_the_run_and_its_accounts_have_ended(
    state: str, is_complete: bool, expected_text: str
) -> None:
    console = terminal(120)

    print_run(console, replace(RUN, state=state, cost_usd=1.5, cost_is_complete=is_complete))

    assert shown_on(console).splitlines()[0].endswith(f", {expected_text}")
