"""Histories of runs that reports are made of."""

from dataclasses import replace
from decimal import Decimal

from seqstack.domain.cost.account import AttemptAccount, JobAccount
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.totals import Cost
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import JobRow, RunHistory, StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import JobState, RunState, StepName, StepState
from tests.support.builders import RUN_ID, job_row, run_row, step_plan
from tests.support.cost_builders import HOUR, MINUTE, NOON, USAGE, asked, attempt, spot_host

FOLDER = "results/NA12878/"
SHA256 = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def _stored(path: str) -> StoredObject:
    return StoredObject(S3Uri("results", f"NA12878/{path}"), 1_400_000, "abc", SHA256, "v1")


def _step(step: StepName, *paths: str, state: StepState = StepState.SUCCEEDED) -> StepRow:
    return StepRow(
        RUN_ID,
        replace(step_plan(), step=step),
        state,
        attempt=1,
        cost=Cost(Decimal("0.31")),
        written=tuple(map(_stored, paths)),
    )


def _account(number: int = 1, cost: str | None = "0.31", minutes: int = 60) -> AttemptAccount:
    started = NOON + (number - 1) * HOUR
    ran = attempt(
        number=number,
        queued_at=started - 3 * MINUTE,
        started_at=started,
        stopped_at=started + minutes * MINUTE,
    )
    amount = Decimal(cost) if cost else None
    return AttemptAccount(ran, asked(), spot_host(), USAGE, amount, "table")


def _job(step: StepName, *accounts: AttemptAccount, state: JobState) -> JobRow:
    return replace(job_row(state=state), key=JobKey(RUN_ID, step, 1), account=JobAccount(accounts))


def succeeded() -> RunHistory:
    """A run of two steps; the first one lost a host and was tried again by Batch."""
    run = run_row(
        state=RunState.SUCCEEDED,
        started_at="2025-06-02T11:57:00.000Z",
        ended_at="2025-06-02T14:20:00.000Z",
        results_folder=FOLDER,
        tools={"align": "bwa", "callVariants": "bcftools"},
        tool_versions={"align": {"bwa": "0.7.18"}},
        images={"align": "repo/bwa@sha256:0a"},
        tags={"lab": "north"},
        project="rare",
        cost=Cost(Decimal("0.63")),
        cost_by_step={"align": Decimal("0.40"), "callVariants": Decimal("0.22")},
        orchestration=Orchestration(transitions=23),
        warnings={"align": (StepWarning("fewReadsAligned", "only 61 % of the reads align"),)},
    )
    jobs = (
        _job("align", _account(1, minutes=50), _account(2), state=JobState.SUCCEEDED),
        _job("callVariants", _account(3, None, 20), state=JobState.SUCCEEDED),
    )
    steps = (
        _step("align", "bam/sorted.bam", "provenance/align.json"),
        _step("callVariants", "vcf/variants/variants.vcf.gz"),
    )
    return RunHistory(run, steps, jobs)


def qc_failed() -> RunHistory:
    """The same, but a metric misses its gate, and another was not measured."""
    whole = succeeded()
    run = replace(
        whole.run,
        state=RunState.QC_FAILED,
        failure=Failure("QcFailedError", "meanTargetDepth is 12.25x, and must be at least 30x"),
        metrics={"alignedRate": 0.97, "meanTargetDepth": 12.25, "reads": 1_000_000},
        qc_gates={"meanTargetDepth": {"min": 30}, "alignedRate": {"min": 0.9}, "titv": {"max": 9}},
    )
    return replace(whole, run=run)


def failed(cause: str = "align (bwa) failed: exit status 65\n[E::main] <bad> & ugly") -> RunHistory:
    """The same, but alignment fails."""
    whole = succeeded()
    run = replace(
        whole.run, state=RunState.FAILED, failure=Failure("ToolFailedError", cause), cost=None,
        cost_by_step={}, orchestration=None, warnings={},
    )  # fmt: skip
    jobs = (_job("align", _account(1, minutes=2), state=JobState.FAILED),)
    steps = (
        _step("align", state=StepState.FAILED),
        _step("callVariants", state=StepState.PENDING),
    )
    return RunHistory(run, steps, jobs)
