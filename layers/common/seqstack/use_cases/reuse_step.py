"""Reuse an earlier run's outputs for a step, so that no job is submitted."""

from collections.abc import Callable, Sequence

from seqstack.domain.claims import Waiting
from seqstack.domain.errors import SuspiciousResultError
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import Manifest
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import StepRow
from seqstack.domain.words import JobState, StepState
from seqstack.use_cases.older_rows import whole_history
from seqstack.use_cases.ports import Ledger, TokenAnswers, WrittenBy
from seqstack.use_cases.record_job import unwanted_warnings

type Recall = Callable[[StepPlan, Sequence[StepRow]], Manifest | None]


def reuse_step(
    key: JobKey,
    token: str,
    ledger: Ledger,
    tokens: TokenAnswers,
    recall: Recall,
    written_by: WrittenBy,
    waiting: Waiting | None = None,
) -> StepRow | None:
    """End the step without the job `key` and answer `token`; None if the job must be submitted.

    Nothing is looked up if the job was started. If the step has already succeeded without it (by an
    earlier call, or before a redrive), the token is answered at once. The token of a `waiting` step
    is answered when the wait ends.

    Raises:
        ResultsReplacedError: an output of an earlier step of the run is missing.
        SuspiciousResultError: the reused outputs have warnings, and the run fails on warnings.
    """
    if key.redrive:
        ledger.reopen_step(key.run_id, key.step, key.redrive)
    if ledger.job(key) is not None:
        return None
    step = ledger.step(key.run_id, key.step)
    if step.state is not StepState.SUCCEEDED:
        if not step.plan.use_cache:
            return None
        history = whole_history(ledger.history(key.run_id), ledger, written_by)
        manifest = recall(step.plan, history.steps)
        if manifest is None:
            return None
        ledger.note_tool_versions(key.run_id, key.step, manifest.tool_versions)
        failure = unwanted_warnings(step.plan, manifest.warnings)
        ledger.reuse_step(key, manifest.run_id, manifest.outputs, manifest.warnings, failure)
        step = ledger.step(key.run_id, key.step)
        if failure and step.failure == failure:
            raise SuspiciousResultError(failure.cause)
        if step.state is not StepState.SUCCEEDED:  # stopped meanwhile
            return None
    if waiting and not ledger.stop_waiting(waiting):
        return step
    origin = {"reusedFrom": step.reused_from} if step.reused_from else {}
    tokens.succeed(token, {"status": JobState.SUCCEEDED, **origin})
    return step
