"""Close the emulator when its process ends."""

import atexit
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType


def end_with_the_process(close: Callable[[], None], undo: ExitStack) -> None:
    """Close when the interpreter ends; make SIGTERM unwind the `with`, unless it has a handler.

    Ctrl-C unwinds it as KeyboardInterrupt. Python has signal handlers in its main thread only.
    `undo` removes both.
    """
    atexit.register(close)
    undo.callback(atexit.unregister, close)
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    ):
        signal.signal(signal.SIGTERM, _exit_like_a_terminated_process)
        undo.callback(signal.signal, signal.SIGTERM, signal.SIG_DFL)


def _exit_like_a_terminated_process(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
