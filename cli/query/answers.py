"""The answer to a query, and its forms: a table, CSV and JSON."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from rich.console import Console

from cli.output import print_text
from cli.screen.tables import new_table, print_table

type Value = str | int | float | bool | list[Any] | dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of a query.

    Attributes:
        columns: their names.
        rows: values in the columns' order; None is NULL.
        bytes_scanned: what Athena has read; None by DuckDB.
        usd: what the query costs at most; None by DuckDB.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    bytes_scanned: int | None = None
    usd: float | None = None


def print_answer(console: Console, answer: Answer) -> None:
    """Print a table; NULL is empty."""
    numbers = [
        name
        for number, name in enumerate(answer.columns)
        if all(isinstance(row[number], int | float | None) for row in answer.rows)
    ]
    table = new_table(console, *answer.columns, right=numbers)
    for row in answer.rows:
        table.add_row(*map(_text, row))
    print_table(console, table)


def print_csv(answer: Answer) -> None:
    """Print CSV; NULL is empty."""
    lines = StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_text(value) for value in row] for row in answer.rows)
    print_text(lines.getvalue().removesuffix("\n"))


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
