"""The terminal, or what stands in its place."""

import errno
import os
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.status import Status
from rich.text import Text

from seqstack.domain.plain_text import harmless

# Wide enough that no line of a file or pipe is wrapped.
_PLAIN_WIDTH = 10_000


class HarmlessConsole(Console):
    """Shows what it is given as text: from outside, it may hold markup or control characters.

    Styles are given by `Text` and `Style`; nothing that is printed is read for them.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Text as it is measured and folded; replaced here so that its width is right."""
        return super().render_str(harmless(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What all printing comes through, whatever was made of the text before."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(harmless(text), style)

    def status(self, status: RenderableType, **options: Any) -> Status:
        """A spinner beside a text."""
        return _Status(_as_text(status), console=self, **options)


class _Status(Status):
    """rich reads markup in a status, whatever its console does."""

    def update(self, status: RenderableType | None = None, **options: Any) -> None:
        super().update(_as_text(status), **options)


def _as_text[T](status: T) -> T | Text:
    return Text(status) if isinstance(status, str) else status


class _Terminal(HarmlessConsole):
    """Leaves it to all commands' group what an end that nobody reads any more means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def new_console() -> Console:
    """A console for a terminal as wide as it is, and for anything else without styles or folds."""
    console = _Terminal()
    return console if console.is_terminal else _Terminal(width=_PLAIN_WIDTH)
