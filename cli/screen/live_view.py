"""A view that is redrawn on a terminal while something is under way, and then removed."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text


class LiveView(ABC):
    """A context manager; what it shows is `_render`'s. Elsewhere than on a terminal, it is blank.

    Set what `_render` reads before this class is initialized, which renders once.
    """

    def __init__(self, console: Console, per_second: float) -> None:
        self._console = console
        self._live = Live(
            console=console,
            get_renderable=self._render,
            refresh_per_second=per_second,
            transient=True,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def say(self, what: str) -> None:
        """Print a message besides what is shown."""
        self._console.print(Text(what, "yellow"))

    @abstractmethod
    def _render(self) -> RenderableType:
        """What the terminal shows now."""
