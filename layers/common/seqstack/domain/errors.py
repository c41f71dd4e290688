"""Errors, with the names that the state machines use.

`InvalidInputError` and `TransientServiceError` are raised inside functions; Step Functions sees
the class name as the error's name. The job errors are also the classes of failed jobs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Self

from seqstack.domain.plain_text import harmless, one_line


class SeqStackError(Exception):
    """The base class of our errors."""


def shortened(text: str, most: int = 1_500) -> str:
    """`text`, cut at `most` characters, without lone surrogates, which UTF-8 can't encode."""
    cut = text if len(text) <= most else f"{text[:most]}…"
    return cut.encode(errors="backslashreplace").decode()


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A problem of an input: its JSON path, such as `$.bwa.memory`, and a message.

    It is shown to people: text of the input in it is made safe to display.
    """

    path: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", one_line(self.path))
        object.__setattr__(self, "message", harmless(self.message))

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"

    def shortened(self) -> Self:
        """This problem, shortened; an input's keys and values can be very long."""
        return type(self)(shortened(self.path, 200), shortened(self.message))


class InvalidInputError(SeqStackError):
    """A run's input can't be used; nothing was submitted.

    `shown` are the problems that fit a message or answer, `unshown` is the number of others.
    """

    # well below Step Functions' limit of 32,768 characters for a cause, JSON included
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


class InvalidCohortError(SeqStackError):
    """A cohort's input or sheet can't be used; nothing was started.

    `problems` are all, in the order in which they are shown; `report` has them all if they are too
    many for a message.
    """

    # well below Step Functions' limit of 32,768 characters for a cause, JSON included
    _MAX_CHARACTERS = 20_000

    def __init__(self, problems: Iterable[str], report: str) -> None:
        self.problems = tuple(problems)
        used = accumulate(len(problem) + 1 for problem in self.problems)
        shown = sum(size <= self._MAX_CHARACTERS for size in used)
        count = len(self.problems)
        lines = [f"{count} problem{'s' if count != 1 else ''}; nothing was started"]
        lines += self.problems[:shown]
        if shown < count:
            lines.append(f"and {count - shown} more: all are in {report}")
        super().__init__("\n".join(lines))


class TransientServiceError(SeqStackError):
    """AWS throttled a call or answered with a server error: the same call may succeed later."""


class MessageRefusedError(SeqStackError):
    """Amazon SNS did not accept a message: it was not sent, and may be sent again."""


class UnknownRunError(SeqStackError):
    """The ledger has no such run, step or job."""


class SubmissionRejectedError(SeqStackError):
    """AWS Batch refused the job: the same submission would be refused again."""


class RunEndedError(SeqStackError):
    """The run has ended: nothing more is submitted for it."""


class MissingOutputError(SeqStackError):
    """Every step succeeded, but a result object is missing."""


class QcFailedError(SeqStackError):
    """Every step succeeded, but a metric misses its gate."""


class ResultsInUseError(SeqStackError):
    """Another run writes to the same results folder."""

    def __init__(self, folder: str, holder: str) -> None:
        super().__init__(
            f"run {holder} writes its results to s3://{folder}; wait for its end, stop it, or give "
            "this run another resultsS3Path"
        )


class HolderChangedError(SeqStackError):
    """The run that a waiting step waits for has finished the step or ended: decide again."""


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


class ContainerNotRunError(JobError):
    """The host could not start or follow the container, or its ECS agent was lost."""


class StuckInQueueError(JobError):
    """The job sat at the head of its queue for too long, for lack of capacity or permission."""


class JobTimedOutError(JobError):
    """One attempt of the job took longer than its timeout allows."""


class JobTerminatedError(JobError):
    """The job ended before its container had an exit code: cancelled or terminated."""


class ResultsReplacedError(JobError):
    """An output of a step was deleted or overwritten."""


class SuspiciousResultError(SeqStackError):
    """A step's result has warnings, and the run fails on warnings."""
