"""What a command prints for programs."""

import json
from typing import Any

import typer


def print_json(document: Any) -> None:
    """Print a document as the API gives it, two blanks deep for those who look."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_json_line(document: Any) -> None:
    """Print a document in one line, at once."""
    typer.echo(json.dumps(document, ensure_ascii=False))
