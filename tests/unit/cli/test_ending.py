"""Each wish to end is noticed, whichever thread gets the signal and whenever it comes."""

import signal
import subprocess
import sys

import pytest

_LIMIT_SECONDS = 600  # only ends a test that hangs

_PROGRAM = """
import signal, sys, threading, time
from cli.ending import awaited_end

main = threading.main_thread()

def waits():
    return sys._current_frames()[main.ident].f_code.co_name == "wait"

def send():
    seen = 0
    while sys.argv[2] == "while waiting" and seen < 10:  # in a row: it sleeps there
        time.sleep(0.02)
        seen = seen + 1 if waits() else 0
    signal.pthread_kill(threading.get_ident(), int(sys.argv[1]))  # the main thread sleeps on

with awaited_end() as wait:
    sender = threading.Thread(target=send)
    sender.start()
    if sys.argv[2] == "before":
        sender.join()
    wait()
print("ended")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["before", "while waiting"])
def test_signal_that_another_thread_gets_ends_the_wait(number: signal.Signals, when: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(int(number)), when],
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=True,
    )
    assert ended.stdout == "ended\n"


def test_handlers_of_before_are_back() -> None:
    program = "\n".join(
        (
            "import signal",
            "from cli.ending import awaited_end",
            "with awaited_end():",
            "    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL",
            "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL",
            "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler",
            "assert signal.set_wakeup_fd(-1) == -1",
        )
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=_LIMIT_SECONDS)
