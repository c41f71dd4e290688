"""Steps on the terminal, reused and stopped ones among them."""

import io

import pytest
from rich.console import Console

from emulator.screen.progress import RunProgress
from emulator.screen.summary import print_steps
from emulator.watch import RunView, StepView
from seqstack.domain.words import RunState, Step, StepState, Tool


def view(state: StepState, reused_from: str = "") -> RunView:
    step = StepView(Step.ALIGN, Tool.BWA, state, 0, None, reused_from)
    return RunView("run-2", RunState.RUNNING, (step,))


@pytest.mark.parametrize("state", list(StepState))
def test_print_steps_of_every_state_names_it(state: StepState) -> None:
    console = Console(file=io.StringIO(), width=100)

    print_steps(console, view(state))

    assert isinstance(console.file, io.StringIO)
    assert state in console.file.getvalue()


def test_print_steps_reused_names_the_run() -> None:
    console = Console(file=io.StringIO(), width=100)

    print_steps(console, view(StepState.SUCCEEDED, "run-1"))

    assert isinstance(console.file, io.StringIO)
    assert "SUCCEEDED, reused from run-1" in console.file.getvalue()


@pytest.mark.parametrize("state", list(StepState))
def test_progress_on_a_terminal_shows_every_state(state: StepState) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True)

    with RunProgress(console) as progress:
        progress.show(view(state))

    assert isinstance(console.file, io.StringIO)
    assert state.lower() in console.file.getvalue()


@pytest.mark.parametrize(("origin", "word"), [("", "succeeded"), ("run-1", "reused")])
def test_progress_elsewhere_tells_a_reused_step_once(origin: str, word: str) -> None:
    console = Console(file=io.StringIO(), width=100)

    with RunProgress(console) as progress:
        progress.show(view(StepState.SUCCEEDED, origin))
        progress.show(view(StepState.SUCCEEDED, origin))

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"  align (bwa): {word}\n"
