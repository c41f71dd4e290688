"""Waiting for what must come. The limit is no measure of speed: it ends a test that hangs."""

import time
from collections.abc import Callable

_LIMIT_SECONDS = 1200.0
_LOOK_SECONDS = 0.02


def until[T](look: Callable[[], T], done: Callable[[T], object] = bool) -> T:
    """What `look()` returns, as soon as `done` is true of it."""
    give_up = time.monotonic() + _LIMIT_SECONDS
    while not done(seen := look()):
        assert time.monotonic() < give_up, f"last seen: {seen!r}"
        time.sleep(_LOOK_SECONDS)
    return seen
