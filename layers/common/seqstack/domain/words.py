"""The workflow's words as types: steps, and the states of runs, steps and jobs."""

from enum import StrEnum

MADE_BY_OPTION = "--made_by"
"""The option by which a job is told what has made its inputs."""


class Step(StrEnum):
    """A role in a run, in the order in which roles can start."""

    ALIGN = "align"
    CALL_VARIANTS = "callVariants"
    ANNOTATE = "annotate"
    ALIGNMENT_STATS = "alignmentStats"


class Sequencing(StrEnum):
    """What a sample's reads are of."""

    EXOME = "exome"  # captured targets, an exome's or a panel's
    GENOME = "genome"


class RunState(StrEnum):
    """The state of a run; the terminal ones carry the names Step Functions uses."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_terminal(self) -> bool:
        """True once the run can no longer change."""
        return self is not RunState.RUNNING


class StepState(StrEnum):
    """The state of one step of a run."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"  # the run ended first

    @property
    def is_terminal(self) -> bool:
        """True once the step can no longer change."""
        return self in {StepState.SUCCEEDED, StepState.FAILED, StepState.STOPPED}


class JobState(StrEnum):
    """The state of a job: AWS Batch's own, and SUBMITTING before Batch has been asked."""

    SUBMITTING = "SUBMITTING"
    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def rank(self) -> int:
        """Position in the life of one Batch attempt; the two terminal states share the last."""
        return min(list(JobState).index(self), list(JobState).index(JobState.SUCCEEDED))

    @property
    def is_terminal(self) -> bool:
        """True once Batch will not move the job again."""
        return self in {JobState.SUCCEEDED, JobState.FAILED}
