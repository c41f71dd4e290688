"""Check that a run ended correctly: its execution, the ledger's rows, and its jobs in Batch."""

from dataclasses import dataclass, field

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.job_record import JobRecord
from seqstack.domain.records import JobRow, RunHistory
from seqstack.domain.words import RunState, StepState
from tests.harness.chaos.world import ChaosWorld, Run

_ENDED = {"SUCCEEDED", "FAILED"}


@dataclass
class Verdict:
    """The problems of a run; none if `problems` is empty."""

    jobs_left: int = 0
    rows_wrong: int = 0
    problems: list[str] = field(default_factory=list)

    def row(self, what: str) -> None:
        """Count a wrong row."""
        self.rows_wrong += 1
        self.problems.append(what)


def judge(world: ChaosWorld, run: Run) -> Verdict:
    """Compare Step Functions, ledger and Batch, which must agree about an ended run."""
    verdict = Verdict()
    jobs = world.jobs(run)
    for job in jobs:
        if job["status"] not in _ENDED:
            verdict.jobs_left += 1
            verdict.problems.append(f"{job['jobName']} is {job['status']}")
    try:
        history = world.ledger.history(run.run_id)
    except UnknownRunError:
        if jobs or run.status != "ABORTED":  # aborted before its input was checked
            verdict.row(f"{run.run_id} is not in the ledger")
        return verdict
    _judge_run(run, history, verdict)
    rows = {row.job_id: row for row in history.jobs}
    names = [job["jobName"] for job in jobs]
    for job in jobs:
        if names.count(job["jobName"]) > 1:
            verdict.row(f"{job['jobName']} was submitted twice")
        _judge_job(rows.pop(job["jobId"], None), JobRecord.from_batch(job), verdict)
    for row in rows.values():
        if not row.state.is_terminal:
            verdict.row(f"{row.key.job_name} is {row.state}, and Batch does not know it")
    return verdict


def _judge_run(run: Run, history: RunHistory, verdict: Verdict) -> None:
    if history.run.state != run.status and not (run.races and history.run.state.is_terminal):
        verdict.row(f"{run.run_id} is {history.run.state}, its execution {run.status}")
    for step in history.steps:
        is_right = step.state.is_terminal
        if history.run.state is RunState.SUCCEEDED:
            is_right = step.state is StepState.SUCCEEDED
        if not is_right:
            verdict.row(f"{run.run_id} {step.step} is {step.state}")


def _judge_job(row: JobRow | None, job: JobRecord, verdict: Verdict) -> None:
    if row is None:
        verdict.row(f"{job.job_name} ({job.job_id}) has no row")
    elif (row.state, row.batch_attempts, row.exit_code) != (
        job.state,
        job.batch_attempts,
        job.exit_code,
    ):
        verdict.row(
            f"{job.job_name} is {row.state} after {row.batch_attempts} attempts with exit status "
            f"{row.exit_code}; in Batch {job.state}, {job.batch_attempts}, {job.exit_code}"
        )
