"""Wait for an expected result. The limit only ends tests that hang."""

import time
from collections.abc import Callable

_LIMIT_SECONDS = 1200.0
_LOOK_SECONDS = 0.02


def until[T](look: Callable[[], T], done: Callable[[T], object] = bool) -> T:
    """The result of `look()`, as soon as `done` is true for it."""
    give_up = time.monotonic() + _LIMIT_SECONDS
    while not done(seen := look()):
        assert time.monotonic() < give_up, f"last seen: {seen!r}"
        time.sleep(_LOOK_SECONDS)
    return seen
