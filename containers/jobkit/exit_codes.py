"""The exit codes of a job's entry point."""

import signal
from enum import IntEnum

_SIGNAL_BASE = 128


class ExitCode(IntEnum):
    """Why an entry point ended: codes of sysexits.h where they exist, 0 only on success.

    A bug in the entry point itself gives Python's own 1 and a traceback. A tool killed by
    signal n gives 128 + n, as a shell does: 137 is SIGKILL, which on AWS Batch means memory.
    """

    OK = 0
    USAGE = 64  # EX_USAGE: the arguments are wrong
    INVALID_INPUT = 65  # EX_DATAERR: an input is truncated, unpaired, empty or does not fit
    MISSING_INPUT = 66  # EX_NOINPUT: an object does not exist or cannot be read
    RESULTS_REPLACED = 67  # an earlier step's results were deleted or overwritten
    TOOL_MISSING = 69  # EX_UNAVAILABLE: a program is not on PATH
    INVALID_OUTPUT = 73  # EX_CANTCREAT: the tool succeeded, but its output is not complete
    SCRATCH_FAILED = 74  # EX_IOERR: scratch is full or cannot be written
    TRANSFER_FAILED = 75  # EX_TEMPFAIL: an S3 transfer failed; a retry may help
    TOOL_FAILED = 80  # the tool failed with its own exit code
    TOOL_TIMED_OUT = 124  # as in timeout(1)
    OUT_OF_MEMORY = 128 + signal.SIGKILL  # a tool was killed, or reported that memory ran out
    TERMINATED = 128 + signal.SIGTERM


def exit_code_of_tool(returncode: int) -> int:
    """The entry point's exit code for a tool's `returncode` (negative n: killed by signal n).

    Wrapper scripts report a signal as 128 + n themselves; that is passed on unchanged.
    """
    if returncode < 0:
        return _SIGNAL_BASE - returncode
    if _SIGNAL_BASE < returncode < _SIGNAL_BASE + signal.NSIG:
        return returncode
    return ExitCode.OK if returncode == 0 else ExitCode.TOOL_FAILED


def describe_exit(returncode: int) -> str:
    """`exit status 3`, or `killed by signal 9 (SIGKILL)`."""
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:  # real-time signals have no name
        name = "unnamed"
    return f"killed by signal {-returncode} ({name})"
