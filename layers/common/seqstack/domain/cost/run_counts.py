"""Count a run's orchestration from its executions' histories and its jobs in the ledger.

Other counts are derived: Batch sends an event for each state of each attempt, and each event is a
call of `track_job`. The DynamoDB requests of each call are constants here.
"""

from collections import Counter
from collections.abc import Iterable, Set
from decimal import Decimal

from seqstack.domain.cost.executions import ExecutionCount
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.inputs_read import ALT_SUFFIX
from seqstack.domain.reads.parts import is_of_part
from seqstack.domain.records import JobRow, RunHistory, StepRow
from seqstack.domain.results import CRATE_FILES, QC_METRICS, QC_PLOTS
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import JobState, RunState, StepState
from seqstack.workflows.registry import is_intermediate

# MemorySize in template.yaml, of the functions that have more than the others
_GIB = Decimal("0.25")
_MORE_GIB = {"validate_input": Decimal("1.75"), "notify_run_end": Decimal(1)}
# Mean of cold and warm calls, an assumption: docs/costs.md.
_SECONDS = Decimal("0.4")
# DynamoDB's read and write units of a call, with the copies in indexes and one KB more for a task
# token. Estimates for each call; a test compares their sum over a run with the emulator's
# measurement: tests/integration/workflow/test_orchestration.py.
_TABLE_UNITS = {
    "validate_input": (1, 24),
    "submit_job": (13, 11),
    "get_job_status": (8, 7),
    "track_job": (5, 7),
    "account_job": (2, 8),
    "account_runs": (22, 9),
    "finish_run": (8, 6),
    "stop_jobs": (8, 8),
    "notify_run_end": (8, 8),
}

_NOT_READ = (".amb", ".bwt", ".pac", ".sa")


def count_run(history: RunHistory, executions: ExecutionCount) -> Orchestration:
    """Count a run's orchestration; `executions` are its own and those of its steps."""
    calls = executions.calls + _calls_by_events(history)
    invocations = calls.total()
    s3_reads, s3_writes = _s3_requests(history)
    return Orchestration(
        transitions=executions.transitions,
        invocations=invocations,
        messages=1,
        lambda_gb_seconds=sum(
            (count * _SECONDS * memory_gib(name) for name, count in calls.items()), Decimal(0)
        ),
        table_reads=sum(_TABLE_UNITS[name][0] * count for name, count in calls.items()),
        table_writes=sum(_TABLE_UNITS[name][1] * count for name, count in calls.items()),
        s3_reads=s3_reads,
        s3_writes=s3_writes,
    )


def memory_gib(function: str) -> Decimal:
    """The memory of a function that a run calls."""
    return _MORE_GIB.get(function, _GIB)


def _calls_by_events(history: RunHistory) -> Counter[str]:
    """Calls that EventBridge made for the run and its jobs."""
    calls = Counter(account_runs=1, notify_run_end=1)
    for job in history.jobs:
        if job.job_id:
            started, others = _attempts(job)
            # RUNNABLE, STARTING and, if the container started, RUNNING; then the job's end
            calls["track_job"] += 3 * started + 2 * others + 1
            calls["account_job"] += started + 1
    if history.run.state not in {RunState.SUCCEEDED, RunState.RUNNING}:
        calls["stop_jobs"] += 1
    return calls


def _attempts(job: JobRow) -> tuple[int, int]:
    """The numbers of Batch's attempts that started their container, and that did not."""
    attempts = job.account.attempts if job.account else ()
    started = sum(one.attempt.started_at is not None for one in attempts)
    return started, len(attempts) - started


def _s3_requests(history: RunHistory) -> tuple[int, int]:
    """Reads and writes, of the functions and of the jobs."""
    attempts = [one for job in history.jobs if job.account for one in job.account.attempts]
    used = [one.usage for one in attempts if one.usage]
    reads = sum(usage.s3_reads for usage in used) + _looks_of_functions(history)
    writes = sum(usage.s3_writes for usage in used) + _reports(history)
    return reads, writes + _tags(history)


def _tags(history: RunHistory) -> int:
    """Requests that tag intermediate outputs; those of a run that misses a gate are parts'."""
    run = history.run
    if run.state not in {RunState.SUCCEEDED, RunState.QC_FAILED}:
        return 0
    return sum(
        is_intermediate(run.workflow, row.step, uri)
        and (run.state is RunState.SUCCEEDED or is_of_part(row.step, uri))
        for row in history.steps
        for uri in row.plan.outputs
    )


def _reports(history: RunHistory) -> int:
    """The report, and the files of the RO-Crate."""
    has_any = history.steps and history.run.results_folder
    return 1 + len(CRATE_FILES) if has_any else 0


def _looks_of_functions(history: RunHistory) -> int:
    """HEADs of all inputs and buckets before the run and of all results after it; GETs of blocks.

    `finish_run` reads the metrics, and `account_runs` the plots.

    `validate_input` reads the first block of every input except binary indexes. It also reads the
    last block of a FASTQ file with more than one, which is not counted: the ledger has no sizes.

    For call caching, HEADs of a step's inputs before its first job; and after a job, of its
    inputs and outputs, of which the provenance is read. For reuse, HEADs of the earlier run's
    outputs. Outputs of earlier steps need no HEAD: their rows describe them. Looks for the whole of
    a part that is gone or may expire are not counted.
    """
    steps = history.steps
    written = {uri for step in steps for uri in step.plan.outputs}
    read = {uri for step in steps for uri in step.plan.inputs}
    looks = len(read - written) + sum(
        not uri.key.endswith(_NOT_READ) for uri in read - written if not uri.is_folder
    )
    looks += len({uri.bucket for uri in read - written})  # for its region
    # the .alt is looked for beside an indexed FASTA, and is not there as a rule
    fastas = {uri.key.removesuffix(".fai") for uri in read if uri.key.endswith(".fai")}
    looks += len(
        fastas - {uri.key.removesuffix(ALT_SUFFIX) for uri in read if uri.key.endswith(ALT_SUFFIX)}
    )
    if history.run.state in {RunState.SUCCEEDED, RunState.QC_FAILED}:
        looks += sum(map(_objects_of, steps)) + any(
            uri.key.endswith(f"/{QC_METRICS}") for uri in written
        )
    looks += any(item.uri.key.endswith(f"/{QC_PLOTS}") for step in steps for item in step.written)
    return looks + sum(_looks_at_step(step, history.jobs, written) for step in steps)


def _looks_at_step(step: StepRow, jobs: Iterable[JobRow], written: Set[S3Uri]) -> int:
    inputs = sum(uri not in written for uri in step.plan.inputs)
    own = [job for job in jobs if job.key.step == step.step]
    begun = bool(own) or step.state is StepState.SUCCEEDED
    looks = inputs if begun and step.plan.use_cache else 0
    if any(job.state is JobState.SUCCEEDED for job in own):
        looks += inputs + _objects_of(step)
    elif step.reused_from:
        looks += _objects_of(step)
    return looks


def _objects_of(step: StepRow) -> int:
    """How many objects a step writes; for one that has not ended, a folder counts as one."""
    return len(step.written) or len(step.plan.outputs)
