"""Wait for an expected result. The limit only ends tests that hang."""

import time
from collections.abc import Callable

_LIMIT_SECONDS = 1200.0
_FIRST_LOOK_SECONDS = 0.02
_MOST_SECONDS = 0.32  # a look may cost as much CPU as what it waits for


def until[T](look: Callable[[], T], done: Callable[[T], object] = bool) -> T:
    """The result of `look()`, as soon as `done` is true for it."""
    give_up = time.monotonic() + _LIMIT_SECONDS
    interval = _FIRST_LOOK_SECONDS
    while not done(seen := look()):
        assert time.monotonic() < give_up, f"last seen: {seen!r}"
        time.sleep(interval)
        interval = min(2 * interval, _MOST_SECONDS)
    return seen
