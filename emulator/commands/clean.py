"""`python -m emulator clean`: what a state folder takes, and its removal."""

from pathlib import Path

from rich.console import Console

from cli.screen.text import count_text, size_text
from emulator.engine.state.folder import StateFolder


def clean(folder: Path, console: Console, *, is_sure: bool) -> None:
    """Show the size of a state folder, and remove it if `is_sure` or the user agrees.

    Raises:
        StateError: it is no state folder, or is in use.
    """
    with StateFolder(folder, only_to_remove=True) as state:
        size = state.size()
        console.print(
            f"{folder}: {count_text(size.objects, 'file')} of objects, {size_text(size.bytes)}",
            soft_wrap=True,
        )
        question = "Remove it? Later runs start from their first step. [y/N] "
        if is_sure or console.input(question).strip().lower() in {"y", "yes"}:
            state.remove()
            console.print("Removed.")
