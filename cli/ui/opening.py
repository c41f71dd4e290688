"""Open the pages in this machine's browser."""

import typer

from cli.output import print_line
from cli.ui.guard import Guard


def open_pages(guard: Guard) -> None:
    """Open the pages, or say that no browser can be opened here."""
    if typer.launch(guard.link_to_launch()) != 0:
        print_line("No browser could be opened here; open the link above.", err=True)
