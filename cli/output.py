"""What a command prints: lines for people, JSON for programs. Nothing else writes to a terminal.

Tables and what moves are `cli.screen.console`'s, which rich draws; this is quicker to load.
"""

import json
from typing import Any

import typer

from seqstack.domain.plain_text import harmless, one_line


def print_line(text: str, *, err: bool = False) -> None:
    """Print one line, which may come from outside: it does nothing to the terminal."""
    typer.echo(one_line(text), err=err)


def print_text(text: str, *, err: bool = False) -> None:
    """Print text of several lines in the same way."""
    typer.echo(harmless(text), err=err)


def print_mark(mark: str, *, color: bool | None) -> None:
    """Print what stands in front of an error, in red."""
    typer.secho(one_line(mark), err=True, fg="red", bold=True, nl=False, color=color)


def print_json(document: Any) -> None:
    """Print a document as the API gives it, two blanks deep for those who look."""
    typer.echo(_exact(document, 2))


def print_json_line(document: Any, *, err: bool = False) -> None:
    """Print a document in one line, at once."""
    typer.echo(_exact(document), err=err)


def _exact(document: Any, indent: int | None = None) -> str:
    """JSON in ASCII that says exactly what the document holds, and holds nothing but letters."""
    # DEL is the one control character of ASCII that JSON need not escape
    return json.dumps(document, indent=indent).replace("\x7f", "\\u007f")
