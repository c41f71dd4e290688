"""A run's progress on a terminal: a live table there, one line for each change elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from emulator.watch import RunView, StepView
from seqstack.domain.words import StepState

STYLES = {
    StepState.PENDING: "dim",
    StepState.RUNNING: "cyan",
    StepState.SUCCEEDED: "green",
    StepState.FAILED: "bold red",
    StepState.STOPPED: "yellow",
}
_MARKS = {
    StepState.PENDING: "·",
    StepState.SUCCEEDED: "✓",
    StepState.FAILED: "✗",
    StepState.STOPPED: "■",
}


class RunProgress:
    """Shows a run while it goes on; a context manager around `follow_run`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._spinner = Spinner("dots", style="cyan")
        self._seen: dict[str, StepView] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, view: RunView) -> None:
        """Show the run as it is now."""
        if self._console.is_terminal:
            self._live.update(self._table(view))
            return
        for step in view.steps:
            before = self._seen.get(step.step)
            self._seen[step.step] = step
            if step.state is not StepState.PENDING and (not before or before.state != step.state):
                self._console.print(f"  {step.step} ({step.tool}): {_state_text(step)}")

    def _table(self, view: RunView) -> RenderableType:
        if not view.steps:
            return Group(Spinner("dots", " Checking the input", style="cyan"))
        table = Table.grid(padding=(0, 2))
        for step in view.steps:
            style = STYLES[step.state]
            running = step.state is StepState.RUNNING
            table.add_row(
                self._spinner if running else Text(_MARKS[step.state], style),
                Text(step.step, style),
                Text(step.tool, style),
                Text(_state_text(step), style),
                Text(seconds_text(step.seconds), style),
            )
        return table


def _state_text(step: StepView) -> str:
    return "reused" if step.reused_from else step.state.lower()


def seconds_text(seconds: float | None) -> str:
    """Seconds with one decimal, or nothing before a step has begun."""
    return "" if seconds is None else f"{seconds:.1f} s"
