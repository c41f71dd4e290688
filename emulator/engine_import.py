"""The import of the engine, which takes a second of CPU or two, when a command needs it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.stack import Emulator


def import_emulator() -> "type[Emulator]":
    """Import the emulator."""
    from emulator.stack import Emulator  # noqa: PLC0415

    return Emulator


@contextmanager
def lasting() -> Iterator[None]:
    """Create what stays until the process ends: the garbage collector never looks at it.

    Otherwise a fifth of the start's CPU is the collector's, which finds nothing.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
