"""Many samples at a time: what is told while they run, and at the end."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from cli.screen.samples_table import SampleLine, SamplesProgress, print_samples
from cli.screen.views import RunView, StepView

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ENDED = datetime(2026, 1, 2, 3, 5, 5, tzinfo=UTC)


def console(width: int = 100) -> Console:
    return Console(file=io.StringIO(), width=width)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def view(state: str, *states: str, error: str = "", cause: str = "") -> RunView:
    steps = tuple(StepView(f"step{n}", "tool", each, 1) for n, each in enumerate(states, start=1))
    return RunView("r", "s", state, steps, BEGAN, ENDED, error=error, cause=cause)


def test_each_change_is_told_once() -> None:
    shown = console()
    progress = SamplesProgress(shown, {"a": SampleLine("a"), "b": SampleLine("b")})

    with progress:
        progress.begin("a")
        for state in ("PENDING", "RUNNING", "RUNNING"):
            progress.show("a", view("RUNNING", state))
        progress.show("a", view("SUCCEEDED", "SUCCEEDED"))
        progress.fail("b", "reads.fq: no such file")

    assert text(shown).splitlines() == [
        "  a: uploading",
        "  a: step1",
        "  a: succeeded",
        "  b: reads.fq: no such file",
    ]


def test_summary_has_every_sample_the_reason_of_a_failure_and_the_counts() -> None:
    shown = console()
    failed = view("FAILED", "SUCCEEDED", "FAILED", error="E", cause="step2 failed\na\nb: reason\n")
    print_samples(
        shown,
        [
            SampleLine("a", view("SUCCEEDED", "SUCCEEDED", "SUCCEEDED")),
            SampleLine("b", failed),
            SampleLine("c"),
        ],
    )

    assert [line.rstrip() for line in text(shown).splitlines()] == [
        "sample  state      steps done        time",
        "a       SUCCEEDED      2 of 2  1 min 00 s",
        "b       FAILED         1 of 2  1 min 00 s",
        "c       WAITING",
        "b: E: step2 failed; b: reason",
        "3 samples: 1 succeeded, 1 failed, 1 waiting",
    ]


def test_sample_whose_results_were_not_copied_has_not_succeeded() -> None:
    shown = console()
    line = SampleLine("a", view("SUCCEEDED", "SUCCEEDED"))
    progress = SamplesProgress(shown, {"a": line})

    progress.fail("a", "[Errno 28] No space left on device")
    print_samples(shown, [line])

    assert not line.succeeded
    assert "a: [Errno 28] No space left on device\n1 samples: 1 failed\n" in text(shown)


def test_summary_has_every_warning_with_its_sample() -> None:
    shown = console()
    suspicious = replace(view("SUCCEEDED", "SUCCEEDED"), warnings=("align: shortReads: 30 bases",))
    print_samples(shown, [SampleLine("a", suspicious)])

    assert "a: suspicious: align: shortReads: 30 bases\n" in text(shown)


@pytest.mark.parametrize("width", [30, 80])
def test_table_fits_the_screen(width: int) -> None:
    shown = console(width)
    print_samples(shown, [SampleLine("sample-of-some-length", view("SUCCEEDED", "SUCCEEDED"))])

    assert max(map(len, text(shown).splitlines())) <= width


def test_text_from_outside_is_made_harmless() -> None:
    shown = console()
    print_samples(shown, [SampleLine("a", view("FAILED", error="E", cause="\x1b[2Jgone"))])

    assert "\x1b" not in text(shown)
