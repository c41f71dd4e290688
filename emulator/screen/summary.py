"""The summary of a run on a terminal: its steps, its failure, its files."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emulator.screen.progress import STYLES, seconds_text
from emulator.watch import RunView, StepView

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def print_images(console: Console, engine: str, revisions: Mapping[str, str]) -> None:
    """What the jobs run as: each image, and the revision of this repository it was built from."""
    images = ", ".join(f"{image} ({revision[:7]})" for image, revision in revisions.items())
    console.print(f"Jobs run as containers of {engine}: {images}", soft_wrap=True)


def print_steps(console: Console, view: RunView) -> None:
    """A table of the steps: tool, state, attempts, seconds."""
    if not view.steps:
        return
    table = Table(title="Steps", title_justify="left")
    for heading in ("step", "tool", "state"):
        table.add_column(heading)
    table.add_column("attempts", justify="right")
    table.add_column("time", justify="right")
    for step in view.steps:
        table.add_row(
            step.step,
            step.tool,
            Text(_ending(step), STYLES[step.state]),
            str(step.attempts),
            seconds_text(step.seconds),
        )
    console.print(table)


def _ending(step: StepView) -> str:
    return f"{step.state}, reused from {step.reused_from}" if step.reused_from else step.state


def print_failure(console: Console, view: RunView) -> None:
    """Why the run did not succeed, in full."""
    if view.failure:
        console.print(Text(f"Run {view.run_id} {view.state}: {view.failure.error}", "bold red"))
        console.print(Text(view.failure.cause), soft_wrap=True)


def print_files(console: Console, folder: Path, files: list[Path]) -> None:
    """The result files with their sizes, below `folder`."""
    table = Table(title=f"Results in {folder}", title_justify="left")
    table.add_column("file")
    table.add_column("size", justify="right")
    for path in sorted(files):
        table.add_row(str(path.relative_to(folder)), size_text(path.stat().st_size))
    console.print(table)


def size_text(size: float) -> str:
    """A size in bytes, for people."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
