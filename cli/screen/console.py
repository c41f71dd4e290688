"""The terminal, or what stands in its place."""

import errno
import os

from rich.console import Console

# Wide enough that no line of a file or pipe is wrapped.
_PLAIN_WIDTH = 10_000


class _Terminal(Console):
    """Leaves it to all commands' group what an end that nobody reads any more means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def new_console() -> Console:
    """A console for a terminal as wide as it is, and for anything else without styles or folds."""
    console = _Terminal(highlight=False)
    return console if console.is_terminal else _Terminal(highlight=False, width=_PLAIN_WIDTH)
