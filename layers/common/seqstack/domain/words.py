"""Types of names of steps, and of states of runs, steps and jobs."""

from enum import StrEnum

type StepName = str
"""The name of a step of any workflow and version."""

type ToolName = str
"""The name of a tool of any version."""


class Step(StrEnum):
    """Names of the steps of `secondary_analysis`, for code about one of them.

    Other runs have other steps: loops must use the run's own, or those of its workflow.
    """

    ALIGN = "align"
    CALL_VARIANTS = "callVariants"
    ANNOTATE = "annotate"
    ALIGNMENT_STATS = "alignmentStats"
    TARGET_METRICS = "targetMetrics"
    AGGREGATE_QC = "aggregateQc"


class RunState(StrEnum):
    """The state of a run; except `QC_FAILED`, the terminal ones have Step Functions' names."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    QC_FAILED = "QC_FAILED"  # every step succeeded, but a metric misses its gate
    ABORTED = "ABORTED"
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_terminal(self) -> bool:
        """True once the run can no longer change."""
        return self is not RunState.RUNNING


class CohortState(StrEnum):
    """The state of a cohort, by Step Functions' names."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_terminal(self) -> bool:
        """True once this execution of the cohort can no longer change."""
        return self is not CohortState.RUNNING


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
    """The state of a job: AWS Batch's own, and SUBMITTING before the submission."""

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
