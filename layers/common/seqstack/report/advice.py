"""What to do about a failed run; docs/errors.md has more."""

from seqstack.domain.failures import Failure
from seqstack.domain.words import RunState

_AGAIN = "Resume the run: it reuses every finished step."
_ADVICE = {
    "InvalidInputError": "Correct each key that is listed. Nothing was submitted, and nothing is "
    "billed.",
    "SuspiciousResultError": "Look at the result that the warning names; without failOnWarnings "
    "the run would go on.",
    "QcFailedError": "Look at the metrics that miss their gates, and at MultiQC's report. All "
    "results are there. A new run with other qcGates reuses every step.",
    "ToolFailedError": "Read the last lines of the tool below. Most often a FASTQ file or the "
    "reference is not what it should be: correct it and start a new run.",
    "ResultsInUseError": "Wait until the other run ends, stop it, or choose another results "
    "folder.",
    "ResultsReplacedError": "Run the sample again, with a results folder of its own.",
    "OutOfMemoryError": "Check whether the sample is unusually deep, and give the tool more memory "
    "in the input.",
    "JobTimedOutError": "Look for a reason in the last lines of the tool below. If it only needs "
    "more time, raise the stack's JobTimeoutSeconds, or give the job more vCPUs; then start a new "
    "run, which reuses every finished step. A resumed one keeps its timeout.",
    "SpotReclaimedError": _AGAIN,
    "ImagePullError": "Push the container images of this release again, then resume the run.",
    "ContainerNotRunError": f"{_AGAIN} If it fails in the same way, look up the reason that ECS "
    "gives below.",
    "StuckInQueueError": "Add instance types to the stack, or raise its vCPU limits or the "
    "account's quota; then resume the run.",
    "CommandTooLongError": "Start a new run with fewer lanes, shorter S3 keys or shorter cmdArgs.",
    "JobTerminatedError": f"Somebody terminated the job in AWS Batch. {_AGAIN}",
    "SubmissionRejectedError": "Correct the queue or job definition that the message of AWS Batch "
    "names.",
    "MissingOutputError": f"An output was deleted while the run was under way. {_AGAIN}",
    "StoppedByUser": _AGAIN,
}


def advice(failure: Failure, state: RunState) -> str:
    """A sentence or two on what to do about a failure."""
    if failure.error in _ADVICE:
        return _ADVICE[failure.error]
    if state in {RunState.ABORTED, RunState.TIMED_OUT}:
        return _AGAIN
    return f"{_AGAIN} If it fails again in the same way, tell whoever runs the stack."
