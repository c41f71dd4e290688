"""Many samples at a time: live while they run, and a table of them all at the end."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.text import Text

from cli.screen.live_view import LiveView
from cli.screen.tables import STYLES, columns_that_fit, new_table, print_table
from cli.screen.text import duration_text
from cli.screen.views import RunView
from seqstack.domain.failures import Failure, reason
from seqstack.domain.plain_text import one_line

_NOT_STARTED = "WAITING"
_UPLOADING = "UPLOADING"


@dataclass(slots=True)
class SampleLine:
    """A sample, and its run as far as there is one.

    `error` is why it has none, or why its results could not be copied.
    """

    sample_id: str
    view: RunView | None = None
    has_begun: bool = False
    error: str = ""

    @property
    def state(self) -> str:
        """The state of its run, or what it waits for."""
        if self.error:
            return "FAILED"
        if self.view:
            return self.view.state
        return _UPLOADING if self.has_begun else _NOT_STARTED

    @property
    def succeeded(self) -> bool:
        """True if its run has succeeded, and its results are there."""
        return not self.error and self.view is not None and self.view.succeeded

    @property
    def has_ended(self) -> bool:
        """True once its state can no longer change."""
        return bool(self.error) or (self.view is not None and self.view.has_ended)

    @property
    def doing(self) -> str:
        """Its running steps."""
        steps = self.view.steps if self.view and not self.view.has_ended else ()
        return ", ".join(step.step for step in steps if step.state == "RUNNING")

    @property
    def failure(self) -> str:
        """Why the run failed, or could not start; empty if it did not fail."""
        if self.error or not self.view or not self.view.error:
            return self.error
        return reason(Failure(self.view.error, self.view.cause))


class SamplesProgress(LiveView):
    """Shows running samples; a context manager. Several threads may report."""

    def __init__(self, console: Console, lines: Mapping[str, SampleLine]) -> None:
        self._lines = lines
        self._lock = threading.Lock()
        self._told: dict[str, str] = {}
        super().__init__(console, per_second=4)

    def begin(self, sample_id: str) -> None:
        """The sample's files are being uploaded."""
        self._lines[sample_id].has_begun = True
        self._tell(sample_id)

    def show(self, sample_id: str, view: RunView) -> None:
        """The sample's run as it is now."""
        self._lines[sample_id].view = view
        self._tell(sample_id)

    def fail(self, sample_id: str, error: str) -> None:
        """The sample's run could not be started, or its results not be copied."""
        self._lines[sample_id].error = error
        self._tell(sample_id)

    def _tell(self, sample_id: str) -> None:
        if self._console.is_terminal:
            return
        line = self._lines[sample_id]
        said = line.doing or line.failure or line.state.lower()
        with self._lock:
            if said != "running" and self._told.get(sample_id) != said:
                self._told[sample_id] = said
                self._console.print(one_line(f"  {sample_id}: {said}"), soft_wrap=True)

    def _render(self) -> RenderableType:
        lines = list(self._lines.values())
        open_lines = [each for each in lines if each.has_begun and not each.has_ended]
        counts = Text(_counts(lines))
        return Group(counts, _table(self._console, open_lines)) if open_lines else counts


def print_samples(console: Console, lines: Iterable[SampleLine]) -> None:
    """Print each sample's outcome, then the causes of failures and warnings, then the counts."""
    every = list(lines)
    print_table(console, _table(console, every))
    for line in every:
        if line.failure:
            console.print(
                Text.assemble((one_line(line.sample_id), "bold"), f": {one_line(line.failure)}"),
                soft_wrap=True,
            )
        for warning in line.view.warnings if line.view else ():
            suspicion = one_line(f"{line.sample_id}: suspicious: {warning}")
            console.print(Text(suspicion, "yellow"), soft_wrap=True)
    console.print(_counts(every))


def _counts(lines: list[SampleLine]) -> str:
    counts = Counter(line.state.lower() for line in lines)
    return f"{len(lines)} samples: " + ", ".join(f"{n} {what}" for what, n in counts.items())


def _table(console: Console, lines: list[SampleLine]) -> RenderableType:
    now = datetime.now(UTC)
    rows = [_cells(line, now) for line in lines]
    shown = columns_that_fit(console, rows, ("warnings", "steps done", "running", "time"))
    table = new_table(console, *shown, right=("time", "warnings", "steps done"))
    for line, cells in zip(lines, rows, strict=True):
        table.add_row(*(cells[name] for name in shown), style=STYLES.get(line.state, ""))
    return table


def _cells(line: SampleLine, now: datetime) -> dict[str, str]:
    view = line.view
    done = sum(step.state == "SUCCEEDED" for step in view.steps) if view else 0
    return {
        "sample": line.sample_id,
        "state": line.state,
        "running": line.doing,
        "steps done": f"{done} of {len(view.steps)}" if view and view.steps else "",
        "time": duration_text(view.seconds(now)) if view else "",
        "warnings": str(len(view.warnings)) if view and view.warnings else "",
    }
