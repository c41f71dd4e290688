"""Output of commands: lines for people, JSON for programs.

Tables and spinners are in `cli.screen.console`, which uses rich; this module loads faster.
"""

import json
from typing import Any

import typer

from seqstack.domain.plain_text import harmless, one_line


def print_line(text: str, *, err: bool = False) -> None:
    """Print one line of untrusted text, without its control characters."""
    typer.echo(one_line(text), err=err)


def print_text(text: str, *, err: bool = False) -> None:
    """Print text of several lines in the same way."""
    typer.echo(harmless(text), err=err)


def print_mark(mark: str, *, color: bool | None) -> None:
    """Print the prefix of an error, in red."""
    typer.secho(one_line(mark), err=True, fg="red", bold=True, nl=False, color=color)


def print_json(document: Any) -> None:
    """Print a document of the API, indented by two blanks."""
    typer.echo(_exact(document, 2))


def print_json_line(document: Any, *, err: bool = False) -> None:
    """Print a document in one line and flush."""
    typer.echo(_exact(document), err=err)


def _exact(document: Any, indent: int | None = None) -> str:
    """The document as exact JSON in ASCII, without control characters."""
    # DEL is the only ASCII control character that JSON does not have to escape
    return json.dumps(document, indent=indent).replace("\x7f", "\\u007f")
