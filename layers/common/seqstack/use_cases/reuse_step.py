"""Let what an earlier run has made stand for a step, so that nothing is submitted."""

from collections.abc import Callable

from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import Manifest
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import StepRow
from seqstack.domain.words import JobState, StepState
from seqstack.use_cases.ports import JobLedger, TokenAnswers

type Recall = Callable[[StepPlan], Manifest | None]


def reuse_step(
    key: JobKey, token: str, ledger: JobLedger, tokens: TokenAnswers, recall: Recall
) -> StepRow | None:
    """End the step without the job `key` and answer `token`; None if that job is to be submitted.

    Nothing is looked up for a job that was begun. A step that has succeeded without it (by a call
    of this before, or before a redrive) is answered for at once.
    """
    if key.redrive:
        ledger.reopen_step(key.run_id, key.step, key.redrive)
    if ledger.job(key) is not None:
        return None
    step = ledger.step(key.run_id, key.step)
    if step.state is not StepState.SUCCEEDED:
        manifest = recall(step.plan) if step.plan.use_cache else None
        if manifest is None:
            return None
        ledger.note_tool_versions(key.run_id, key.step, manifest.tool_versions)
        ledger.reuse_step(key, manifest.run_id)
        step = ledger.step(key.run_id, key.step)
        if step.state is not StepState.SUCCEEDED:  # stopped meanwhile
            return None
    origin = {"reusedFrom": step.reused_from} if step.reused_from else {}
    tokens.succeed(token, {"status": JobState.SUCCEEDED, **origin})
    return step
