"""The console of standard output: a terminal, file or pipe."""

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
    """Shows untrusted text: markup is not interpreted and control characters are replaced.

    Styles come only from `Text` and `Style`, never from the printed text.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Text before it is measured, so that control characters are replaced in time."""
        return super().render_str(harmless(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """All output passes through here."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(harmless(text), style)

    def status(self, status: RenderableType, **options: Any) -> Status:
        """A spinner beside a text."""
        return _Status(_as_text(status), console=self, **options)


class _Status(Status):
    """A status without markup, which rich otherwise interprets."""

    def update(self, status: RenderableType | None = None, **options: Any) -> None:
        super().update(_as_text(status), **options)


def _as_text[T](status: T) -> T | Text:
    return Text(status) if isinstance(status, str) else status


class _Terminal(HarmlessConsole):
    """Lets the command group handle a closed pipe."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def new_console() -> Console:
    """A console as wide as the terminal; for files and pipes, without styles and line folding."""
    console = _Terminal()
    return console if console.is_terminal else _Terminal(width=_PLAIN_WIDTH)
