"""Why a job fails: each error carries its exit code, its evidence and what to do next."""

import shlex
import signal
from collections.abc import Sequence

from jobkit.exit_codes import ExitCode, describe_exit, exit_code_of_tool

_WHAT_TO_DO = {
    ExitCode.OUT_OF_MEMORY: "most often the job ran out of memory: give the step more memory",
    128 + signal.SIGSEGV: "the tool crashed: check the input, then report it to the tool's authors",
}


class JobError(Exception):
    """A failure that the log explains.

    Args:
        message: what was tried, on what, and what came back.
        hint: what to do next.
        evidence: further log lines, the most telling last.
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
    """What an earlier step of this run has written is gone, or something else lies there."""

    exit_code = ExitCode.RESULTS_REPLACED


class ToolMissingError(JobError):
    """A program is not on PATH."""

    exit_code = ExitCode.TOOL_MISSING


class InvalidOutputError(JobError):
    """The tool ended well and its output is not whole."""

    exit_code = ExitCode.INVALID_OUTPUT


class ScratchFullError(JobError):
    """Scratch cannot hold what the job needs."""

    exit_code = ExitCode.SCRATCH_FAILED


class TransferError(JobError):
    """S3 would not give or take an object."""

    exit_code = ExitCode.TRANSFER_FAILED


class ToolTimedOutError(JobError):
    """A tool ran longer than it may."""

    exit_code = ExitCode.TOOL_TIMED_OUT


class ToolFailedError(JobError):
    """A tool ended with a non-zero exit status or by a signal."""

    def __init__(self, argv: Sequence[str], returncode: int, tail: Sequence[str]) -> None:
        self.tool = tool = argv[0].rpartition("/")[2]
        self.returncode = returncode
        self.exit_code = exit_code_of_tool(returncode)
        super().__init__(
            f"{tool} failed: {describe_exit(returncode)}",
            hint=_WHAT_TO_DO.get(self.exit_code, f"read the last lines of {tool} above"),
            evidence=(f"ran: {shlex.join(argv)}", f"last lines of {tool}:", *tail),
        )


class OutOfMemoryError(JobError):
    """A tool found less memory than it wanted, and said so in a way of its own."""

    exit_code = ExitCode.OUT_OF_MEMORY


class TerminatedError(BaseException):
    """The job was told to stop; no handler of ordinary errors may swallow it."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"told to stop by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum
