"""Errors of jobs, each with its exit code, evidence and a hint."""

import shlex
import signal
from collections.abc import Sequence

from jobkit.exit_codes import ExitCode, describe_exit, exit_code_of_tool

_WHAT_TO_DO = {
    ExitCode.OUT_OF_MEMORY: "the job most likely ran out of memory: give the step more memory",
    128 + signal.SIGSEGV: "the tool crashed: check the input, then report it to the tool's authors",
}


class JobError(Exception):
    """A failure that the log explains.

    Args:
        message: what was tried, on what, and what came back.
        hint: what to do next.
        evidence: further log lines, the most informative last.
    """

    exit_code: int = ExitCode.TOOL_FAILED

    def __init__(self, message: str, *, hint: str = "", evidence: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.evidence = tuple(evidence)


class UsageError(JobError):
    """The arguments contradict each other or the tool."""

    exit_code = ExitCode.USAGE


class InvalidInputError(JobError):
    """An input is truncated, unpaired, empty, or does not fit the others."""

    exit_code = ExitCode.INVALID_INPUT


class MissingInputError(JobError):
    """An object does not exist or cannot be read."""

    exit_code = ExitCode.MISSING_INPUT


class ResultsReplacedError(JobError):
    """An output of an earlier step of this run was deleted or overwritten."""

    exit_code = ExitCode.RESULTS_REPLACED


class ToolMissingError(JobError):
    """A program is not on PATH."""

    exit_code = ExitCode.TOOL_MISSING


class InvalidOutputError(JobError):
    """The tool succeeded, but its output is not complete."""

    exit_code = ExitCode.INVALID_OUTPUT


class ScratchFullError(JobError):
    """Scratch cannot hold what the job needs."""

    exit_code = ExitCode.SCRATCH_FAILED


class TransferError(JobError):
    """An object could not be read from or written to S3."""

    exit_code = ExitCode.TRANSFER_FAILED


class ToolTimedOutError(JobError):
    """A tool exceeded its time limit."""

    exit_code = ExitCode.TOOL_TIMED_OUT


class ToolFailedError(JobError):
    """A tool ended with a non-zero exit status or by a signal."""

    def __init__(self, argv: Sequence[str], returncode: int, tail: Sequence[str]) -> None:
        self.tool = tool = argv[0].rpartition("/")[2]
        self.argv = tuple(argv)
        self.returncode = returncode
        self.exit_code = exit_code_of_tool(returncode)
        super().__init__(
            f"{tool} failed: {describe_exit(returncode)}",
            hint=_WHAT_TO_DO.get(self.exit_code, f"read the last lines of {tool} in the log"),
            evidence=(f"ran: {shlex.join(argv)}", f"last lines of {tool}:", *tail),
        )


class OutOfMemoryError(JobError):
    """A tool ran out of memory and reported it in its own way."""

    exit_code = ExitCode.OUT_OF_MEMORY


class TerminatedError(BaseException):
    """The job received a signal to stop; handlers of ordinary errors must not catch it."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum
