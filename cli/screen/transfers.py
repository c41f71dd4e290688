"""Files on their way: a bar for each on a terminal, a line for each elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cli.screen.console import HarmlessConsole
from cli.screen.text import size_text
from seqstack.domain.plain_text import one_line


@contextmanager
def transfer(file: Path, size: int) -> Iterator[Callable[[int], None]]:
    """Show one file's way on standard error."""
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
