"""The terminal, or what stands in its place."""

from rich.console import Console

# Wide enough that no line of a file or pipe is wrapped.
_PLAIN_WIDTH = 10_000


def new_console() -> Console:
    """A console for a terminal as wide as it is, and for anything else without styles or folds."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)
