"""Progress of runs and uploads: live on a terminal, otherwise a line for each change."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.spinner import Spinner

from cli.screen.console import HarmlessConsole
from cli.screen.live_view import LiveView
from cli.screen.run_table import run_now, state_text
from cli.screen.text import progress_text, size_text
from cli.screen.views import RunView, StepView
from seqstack.domain.plain_text import one_line


class RunProgress(LiveView):
    """Shows a running run; a context manager around the polling of the run.

    On a terminal the table is removed at the end, so that a final one can be printed.
    """

    def __init__(self, console: Console) -> None:
        self._spinner = Spinner("dots", style="cyan")
        self._view: RunView | None = None
        self._told: dict[str, list[str]] = {}
        super().__init__(console, per_second=8)

    def show(self, view: RunView) -> None:
        """Show the run as it is now."""
        self._view = view
        if not self._console.is_terminal:
            self._tell_changes(view)

    def _render(self) -> RenderableType:
        if self._view is None:
            return self._spinner
        return run_now(self._console, self._view, self._spinner)

    def _tell_changes(self, view: RunView) -> None:
        for step in view.steps:
            said = [state_text(step), _tenth(step)]
            if step.state != "PENDING" and self._told.get(step.step) != said:
                self._told[step.step] = said
                known = ", ".join(filter(None, (said[0], progress_text(step.progress))))
                self._console.print(
                    one_line(f"  {step.step} ({step.tool}): {known}"), soft_wrap=True
                )


def _tenth(step: StepView) -> str:
    """The tenth of its counted work that a step is in: a line for each is enough in a pipe."""
    counted = step.progress.counted if step.progress else None
    return (
        f"{counted.unit} {10 * counted.done // counted.total}" if counted and counted.total else ""
    )


class RunsProgress(LiveView):
    """Shows a list of runs; a context manager. In a pipe, it tells each change of a run's state."""

    def __init__(self, console: Console, table: Callable[[], RenderableType]) -> None:
        self._table = table
        self._told: dict[str, str] = {}
        super().__init__(console, per_second=1)

    def tell(self, states: Mapping[str, str]) -> None:
        """Tell of runs that are new or have another state, except on a terminal."""
        for run_id, state in states.items():
            if not self._console.is_terminal and self._told.get(run_id) != state:
                self._told[run_id] = state
                self._console.print(one_line(f"  {run_id}: {state.lower()}"), soft_wrap=True)

    def _render(self) -> RenderableType:
        return self._table()


@contextmanager
def transfer(file: Path, size: int) -> Iterator[Callable[[int], None]]:
    """Show one upload's progress on standard error."""
    console = HarmlessConsole(stderr=True)
    if not console.is_terminal:
        console.print(one_line(f"Sending {file.name} ({size_text(size)})"), soft_wrap=True)
        yield lambda _: None
        return
    columns = (
        TextColumn("Sending {task.description}", markup=False),
        BarColumn(bar_width=None),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(one_line(file.name), total=size)
        yield lambda sent: progress.advance(task, sent)


class Transfers:
    """Shows downloads that run side by side on standard error; a context manager."""

    def __init__(self) -> None:
        self._console = HarmlessConsole(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin(self, name: str, size: int | None, have: int) -> Callable[[int], None]:
        """Show a file, of which `have` bytes are there; the function is told of further bytes."""
        if not self._console.is_terminal:
            known = f" ({size_text(size)})" if size is not None else ""
            self._console.print(one_line(f"Fetching {name}{known}"), soft_wrap=True)
        task = self._progress.add_task(one_line(name), total=size, completed=have)
        return lambda received: self._progress.advance(task, received)
