"""Tables: with rules on a terminal, plain columns in files and pipes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cli.short_ids import short_ids
from seqstack.domain.plain_text import one_line

GAP = 2
"""Blanks between columns."""

STYLES = {
    "PENDING": "dim",
    "RUNNING": "cyan",
    "SUCCEEDED": "green",
    "FAILED": "bold red",
    "QC_FAILED": "bold red",
    "STOPPED": "yellow",
    "ABORTED": "yellow",
    "TIMED_OUT": "bold red",
}
"""Styles of the states of runs and steps."""


class _Table(Table):
    """Each cell is one line, so that untrusted text adds no rows."""

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
        padding=(0, GAP - ruled, 0, 0),  # columns of the rule are separated by a blank
    )
    for heading in columns:
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            overflow="fold",
            no_wrap=not ruled,
        )
    return table


def fitting_table(
    console: Console,
    rows: Sequence[Mapping[str, str]],
    dispensable: Sequence[str],
    *,
    right: Collection[str] = (),
) -> Table:
    """A table of rows, each with its cells by column, in the columns of `columns_that_fit`.

    The column `state` is styled as the states are.
    """
    shown = columns_that_fit(console, rows, dispensable)
    table = new_table(console, *shown, right=right)
    for row in rows:
        cells: dict[str, RenderableType] = {**row}
        if state := row.get("state"):
            cells["state"] = Text(state, STYLES.get(state, ""))
        table.add_row(*(cells[name] for name in shown))
    return table


def shorten_ids(console: Console, rows: Sequence[dict[str, str]], column: str) -> None:
    """Abbreviate long ids of runs if the table would not fit the terminal with them."""
    if console.is_terminal and _width(_widths(rows, rows[0].keys())) > console.width:
        short = short_ids(row[column] for row in rows)
        for row in rows:
            row[column] = short[row[column]]


def columns_that_fit(
    console: Console, rows: Sequence[Mapping[str, str]], dispensable: Sequence[str]
) -> list[str]:
    """The columns that fit the terminal.

    Columns in `dispensable` are dropped one after the other; empty columns are always dropped.
    """
    wide = _widths(rows, dispensable)
    for name in dispensable:
        if _width(wide) <= console.width:
            break
        wide.pop(name, None)
    return list(wide)


def _widths(rows: Sequence[Mapping[str, str]], dispensable: Collection[str]) -> dict[str, int]:
    return {
        name: max(len(name), *(len(row[name]) for row in rows))
        for name in rows[0]
        if name not in dispensable or any(row[name] for row in rows)
    }


def _width(columns: Mapping[str, int]) -> int:
    return sum(columns.values()) + GAP * (len(columns) - 1)


def print_unbroken(
    console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Print plain columns without folding, so that addresses stay whole."""
    lines = (headings, *([one_line(cell) for cell in row] for row in rows))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        text = (" " * GAP).join(cells).rstrip()
        console.print(text, soft_wrap=True)


def print_table(console: Console, shown: RenderableType) -> None:
    """Print a table or its container; in files and pipes without trailing blanks."""
    if console.is_terminal:
        console.print(shown)
        return
    with console.capture() as capture:
        console.print(shown)
    lines = (line.rstrip() for line in capture.get().splitlines())
    console.print("\n".join(lines), soft_wrap=True)
