"""Tables that look alike: ruled on a terminal, and plain columns in files and pipes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

from seqstack.domain.plain_text import one_line

GAP = 2
"""Blanks between columns."""

STYLES = {
    "PENDING": "dim",
    "RUNNING": "cyan",
    "SUCCEEDED": "green",
    "FAILED": "bold red",
    "STOPPED": "yellow",
    "ABORTED": "yellow",
    "TIMED_OUT": "bold red",
}
"""How the states of runs and steps look."""


class _Table(Table):
    """Texts of cells are one line each: what comes from outside makes no further rows."""

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        super().add_row(
            *(one_line(cell) if isinstance(cell, str) else cell for cell in cells), **options
        )


def new_table(
    console: Console, *columns: str, right: Collection[str] = (), title: str | None = None
) -> Table:
    """A table with these columns; those in `right` hold numbers."""
    ruled = console.is_terminal
    table = _Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD if ruled else None,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - ruled, 0, 0),  # the rule's columns have a blank between them
    )
    for heading in columns:
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            overflow="fold",
            no_wrap=not ruled,
        )
    return table


def columns_that_fit(
    console: Console, rows: Sequence[Mapping[str, str]], dispensable: Sequence[str]
) -> list[str]:
    """The columns of the rows that the terminal has room for.

    Those of `dispensable` go one after the other; so do, anyway, those in which no row has a value.
    """
    wide = {
        name: max(len(name), *(len(row[name]) for row in rows))
        for name in rows[0]
        if name not in dispensable or any(row[name] for row in rows)
    }
    for name in dispensable:
        if sum(wide.values()) + GAP * (len(wide) - 1) <= console.width:
            break
        wide.pop(name, None)
    return list(wide)


def print_unbroken(
    console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Print plain columns, each row in one line however long, so that addresses stay whole."""
    lines = (headings, *([one_line(cell) for cell in row] for row in rows))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        text = (" " * GAP).join(cells).rstrip()
        console.print(text, soft_wrap=True)


def print_table(console: Console, shown: RenderableType) -> None:
    """Print a table, or what holds one; in files and pipes without blanks at the ends of lines."""
    if console.is_terminal:
        console.print(shown)
        return
    with console.capture() as capture:
        console.print(shown)
    lines = (line.rstrip() for line in capture.get().splitlines())
    console.print("\n".join(lines), soft_wrap=True)
