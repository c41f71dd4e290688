"""What can go wrong, by the names that the state machines use.

`InvalidInputError` and `TransientServiceError` are raised inside functions; Step Functions sees
the class name as the error's name. The job errors are also what a job's end is classified as.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Self

from seqstack.domain.plain_text import harmless, one_line


class SeqStackError(Exception):
    """The base of every error of ours."""


def shortened(text: str, most: int = 1_500) -> str:
    """`text`, cut at `most` characters, without the halves of characters that UTF-8 can't say."""
    cut = text if len(text) <= most else f"{text[:most]}…"
    return cut.encode(errors="backslashreplace").decode()


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with an input: its JSON path, such as `$.bwa.memory`, and what.

    It is shown to people: what of the input stands in it is harmless.
    """

    path: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", one_line(self.path))
        object.__setattr__(self, "message", harmless(self.message))

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"

    def shortened(self) -> Self:
        """This problem at a length that is read; an input's keys and values can be very long."""
        return type(self)(shortened(self.path, 200), shortened(self.message))


class InvalidInputError(SeqStackError):
    """A run's input can't be used; nothing was submitted.

    `shown` are the problems that a message or an answer has room for, `unshown` counts the others.
    """

    # well below the 32,768 characters that Step Functions takes as a cause, JSON around it included
    _MAX_CHARACTERS = 20_000

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        short = [problem.shortened() for problem in self.problems]
        used = accumulate(len(str(problem)) + 1 for problem in short)
        fitting = takewhile(
            lambda pair: pair[1] <= self._MAX_CHARACTERS, zip(short, used, strict=True)
        )
        self.shown = tuple(problem for problem, _ in fitting)
        count = len(self.problems)
        self.unshown = count - len(self.shown)
        lines = [f"{count} problem{'s' if count != 1 else ''} in the input", *map(str, self.shown)]
        if self.unshown:
            lines.append(f"and {self.unshown} more")
        super().__init__("\n".join(lines))


class TransientServiceError(SeqStackError):
    """AWS throttled a call or answered with a server error: the same call may succeed later."""


class MessageRefusedError(SeqStackError):
    """Amazon SNS did not take a message: it was not sent, and may be sent again."""


class UnknownRunError(SeqStackError):
    """The ledger has no such run, step or job."""


class SubmissionRejectedError(SeqStackError):
    """AWS Batch refused the job: the same submission would be refused again."""


class RunEndedError(SeqStackError):
    """The run has ended: nothing is submitted for it any more."""


class MissingOutputError(SeqStackError):
    """Every step succeeded, and yet a result object is not there."""


class ResultsInUseError(SeqStackError):
    """Another run writes to the same results folder."""

    def __init__(self, folder: str, holder: str) -> None:
        super().__init__(
            f"run {holder} writes its results to s3://{folder}; wait for its end, stop it, or give "
            "this run another resultsS3Path"
        )


class LookAgainError(SeqStackError):
    """The run that a step waits for has come further: look again what the step is to do."""


class JobError(SeqStackError):
    """A job ended without success."""


class ToolFailedError(JobError):
    """The tool, or the container around it, exited with a status other than 0."""


class OutOfMemoryError(JobError):
    """The container was killed for using more memory than the job asked for."""


class SpotReclaimedError(JobError):
    """EC2 took the Spot instance back while the job ran on it."""


class ImagePullError(JobError):
    """The container image could not be pulled."""


class StuckInQueueError(JobError):
    """The job sat at the head of its queue for too long, for want of capacity or permission."""


class JobTimedOutError(JobError):
    """One attempt of the job took longer than its timeout allows."""


class JobTerminatedError(JobError):
    """The job ended before its container had an exit code: cancelled or terminated."""


class ResultsReplacedError(JobError):
    """What a step of the run has written is gone, or something else lies in its place."""


class SuspiciousResultError(SeqStackError):
    """A step's result is suspicious, and the run was told to fail on warnings."""
