"""One run: a line with its state, a table of its steps, and its failure."""

from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.screen.tables import STYLES, columns_that_fit, new_table, print_table
from cli.screen.text import cost_text, duration_text, progress_text
from cli.screen.views import RunView, StepView
from seqstack.domain.plain_text import one_line

_MARKS = {"PENDING": "·", "RUNNING": "▸", "SUCCEEDED": "✓", "FAILED": "✗", "STOPPED": "■"}
_DISPENSABLE = (
    "tool",
    "attempts",
    "cost",
    "time",
)  # dropped in this order
_NUMBERS = ("attempts", "time", "cost")


def run_now(console: Console, view: RunView, spinner: Spinner | None = None) -> RenderableType:
    """The run's present state; with a spinner for running steps."""
    now = datetime.now(UTC)
    if view.steps:
        lines = [Text(line) for line in progress_lines(view)]
        return Group(_headline(console, view, now), _steps(console, view, now, spinner), *lines)
    return _headline(console, view, now)


def print_run(console: Console, view: RunView) -> None:
    """Print the run's present state; of a failed run, first why it failed and what to do."""
    why, details = view.why()
    print_table(console, _headline(console, view, now := datetime.now(UTC)))
    if view.error:
        console.print(Text(one_line(view.error), "bold red"))
        console.print(Text("\n".join(why)), soft_wrap=True)
    if view.steps:
        print_table(console, _steps(console, view, now, None))
    for line in progress_lines(view):
        console.print(line, soft_wrap=True, highlight=False)
    if view.quality:
        console.print(f"Quality: {view.quality}", highlight=False)
    if view.reference:
        console.print(one_line(f"Reference: {view.reference}"))
    origins: dict[str, list[str]] = {}
    for step in view.steps:
        if step.reused_from:
            origins.setdefault(step.reused_from, []).append(step.step)
    for run_id, steps in origins.items():
        console.print(one_line(f"Reused from run {run_id}: {', '.join(steps)}"))
    print_warnings(console, view)
    if details:
        console.print(Text("\n".join(details)), soft_wrap=True)


def progress_lines(view: RunView) -> list[str]:
    """How far the running steps are, as far as they have told: a line each."""
    told = ((step.step, progress_text(step.progress)) for step in view.steps if not step.has_ended)
    return [one_line(f"{step}: {text}") for step, text in told if text]


def print_warnings(console: Console, view: RunView) -> None:
    """Print the run's warnings in full."""
    for warning in view.warnings:
        console.print(Text(f"Suspicious: {one_line(warning)}", "yellow"), soft_wrap=True)


def state_text(step: StepView) -> str:
    """The state of a step."""
    if step.reused_from:
        return "reused"
    return step.doing or step.state.lower()


def _headline(console: Console, view: RunView, now: datetime) -> Text:
    """A line; on a terminal that is too narrow for it, the id has a line of its own."""
    done = sum(step.state == "SUCCEEDED" for step in view.steps)
    parts = [duration_text(view.seconds(now))]
    if view.steps:
        parts.append(f"{done} of {len(view.steps)} steps done")
    elif not view.has_ended:
        parts.append("checking the input")
    if view.cost_usd is not None:
        is_whole = view.has_ended and view.cost_is_complete
        parts.append(cost_text(view.cost_usd) + ("" if is_whole else " so far"))
    if count := len(view.warnings):
        parts.append(f"{count} warning{'s' if count > 1 else ''}")
    what = f"sample {view.sample_id}" if view.sample_id else view.subject
    subject = f"Run {view.run_id} of " if what else f"Run {view.run_id}"
    ended = "".join(f", {part}" for part in parts if part)
    state = (one_line(view.state), STYLES.get(view.state, ""))
    line = Text.assemble(one_line(f"{subject}{what}: "), state, ended)
    if not console.is_terminal or line.cell_len <= console.width:
        return line
    return Text.assemble(
        one_line(subject), "\n", one_line(f"{what}: " if what else ""), state, ended
    )


def _steps(console: Console, view: RunView, now: datetime, spinner: Spinner | None) -> Table:
    rows = [_cells(step, now) for step in view.steps]
    shown = columns_that_fit(console, rows, _DISPENSABLE)
    table = new_table(console, *shown, right=_NUMBERS)
    for step, cells in zip(view.steps, rows, strict=True):
        row: list[RenderableType] = [cells[name] for name in shown]
        if spinner is not None and step.state == "RUNNING":
            row[0] = spinner
        table.add_row(*row, style=STYLES.get(step.state, ""))
    return table


def _cells(step: StepView, now: datetime) -> dict[str, str]:
    return {
        "": _MARKS.get(step.state, "?"),
        "step": step.step,
        "tool": step.tool,
        "state": state_text(step),
        "attempts": str(step.attempts),
        "time": duration_text(step.seconds(now)),
        "cost": cost_text(step.cost_usd),
    }
