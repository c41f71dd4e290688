"""Check a cohort's whole sheet, plan its runs, and open the cohort; nothing is started."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from seqstack.domain.cohort_budget import cost_of_runs
from seqstack.domain.cohort_estimate import Estimate
from seqstack.domain.cohort_input import CheckedCohort, CohortDefaults, CohortInput
from seqstack.domain.cohort_plan import (
    Intent,
    PlannedSample,
    content_id,
    next_run,
    run_document,
    start_delays,
)
from seqstack.domain.cohort_record import CohortRow, is_run_of
from seqstack.domain.cohort_summary import budget_summary, summary
from seqstack.domain.cohorts import of_samples
from seqstack.domain.errors import InvalidCohortError, Problem, shortened
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.reference.named import KEY as REFERENCE
from seqstack.domain.run_input import requester_pays
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_sheet import SheetProblem, SheetSample, parse_sheet
from seqstack.domain.words import CohortState, RunState
from seqstack.use_cases.check_samples import (
    CheckedSample,
    SampleServices,
    check_samples,
)
from seqstack.use_cases.estimate_cohort import Estimator
from seqstack.use_cases.find_void import void_runs
from seqstack.use_cases.ports import (
    CohortLedger,
    ExecutionEnds,
    FindObjects,
    ReadWhole,
    References,
    WriteObject,
)
from seqstack.use_cases.use_reference import use_reference

COHORTS = "cohorts/"
"""The folder of the results bucket with the plans and results of cohorts."""
MAX_SHEET_BYTES = 16 << 20
# 75 ms of CPU and 10 ms of requests each take 9 of the 15 minutes that Lambda has
MAX_LANES = 6_000
# Step Functions' limit for an execution's input
_MAX_INPUT_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class StartedCohort:
    """An execution of `cohort` that has just started, from Step Functions."""

    name: str
    execution_arn: str
    started_at: str
    document: object


@dataclass(frozen=True, slots=True)
class CohortServices:
    """What planning a cohort needs of AWS; `samples` makes the services for its reads.

    `find_objects` finds results of earlier runs.
    """

    ledger: CohortLedger
    executions: ExecutionEnds
    references: References
    read_sheet: ReadWhole
    write: WriteObject
    samples: Callable[[bool], SampleServices]
    find_objects: FindObjects
    estimator: Estimator


def validate_cohort(
    started: StartedCohort,
    results_bucket: str,
    defaults: CohortDefaults,
    now: datetime,
    services: CohortServices,
) -> dict[str, Any]:
    """Open the cohort, check everything, and write the items of its Distributed Map.

    Returns:
        The plan's summary, as it is recorded in the ledger.

    Raises:
        InvalidCohortError: with all problems of the input, of what the samples share, and of the
            sheet by line. If they are too many for a message, an object has them all.
    """
    checked = CheckedCohort.of(started.document)
    if checked.problems:
        raise InvalidCohortError(map(str, checked.problems), "")
    cohort = checked.values(defaults)
    row = CohortRow(
        cohort.cohort_id,
        started.execution_arn,
        CohortState.RUNNING,
        started.started_at,
        str(cohort.sheet),
        cohort.is_dry_run,
        str(cohort.run.get("project", "")),
        budget_usd=cohort.budget_usd,
    )
    row = replace(row, cost_before=_open(row, now, services))
    folder = S3Uri(results_bucket, f"{COHORTS}{cohort.cohort_id}/{started.name}/")
    shared = _shared(cohort, results_bucket)
    with_paths, misnamed = use_reference(shared, services.references)
    samples, wrong_lines, version = _sheet(cohort, services)
    found = check_samples(
        samples,
        cohort.sheet.parent,
        with_paths if isinstance(with_paths, Mapping) else shared,
        (cohort.cohort_id, max(1, len(samples))),
        results_bucket,
        services.samples(requester_pays(shared)),
    )
    _refuse(
        [*_of_run(misnamed), *found.shared_problems],
        [*wrong_lines, *found.line_problems],
        folder / "problems.txt",
        services.write,
    )
    pinned = _pinned(shared, with_paths)
    known = services.ledger.runs_of_cohort(cohort.cohort_id)
    earlier = of_samples(known)
    void = void_runs(earlier, services.find_objects, found.shared_since)
    next_of = partial(next_run, earlier=earlier, void=void)
    planned = [_planned(each, cohort, pinned, len(samples), next_of) for each in found.samples]
    _refuse([], _too_large(planned), folder / "problems.txt", services.write)
    left = _left(planned, cohort)
    delays = start_delays(len(left), cohort.max_concurrency)
    services.write(
        folder / "samples.jsonl",
        _json_lines(each.as_item(delay) for each, delay in zip(left, delays, strict=True)),
    )
    size = sum(each.input_bytes for each in left)
    expected = services.estimator.estimate(size, earlier, found.tools, row.project)
    lines = _plan_lines(planned, found.samples, expected, size)
    services.write(folder / "plan.jsonl", _json_lines(lines))
    warnings = sum(len(each.warnings) for each in found.samples)
    # read after the runs, so that the sums have at least their costs
    counted = services.ledger.spent(cohort.cohort_id)
    before = max(row.cost_before, cost_of_runs(cohort.cohort_id, known) - counted)
    listed = _as_the_sheet_says(planned, earlier)
    left_out = len({run.sample_id for run in listed if run.is_left_out})
    plan = {
        **summary(cohort, planned, warnings, expected, left_out, folder),
        **budget_summary(cohort.budget_usd, before + counted, expected),
    }
    services.ledger.note_cohort_plan(
        replace(row, sheet_version=version, plan=plan, cost_before=before)
    )
    if not cohort.is_dry_run:
        for run, known_run in zip(listed, earlier, strict=True):
            if run != known_run:
                services.ledger.note_sheet(run)
        services.ledger.meet_budget(cohort.cohort_id, utc_text(now))
    return plan


def _open(row: CohortRow, now: datetime, services: CohortServices) -> Decimal:
    """Open the cohort's row, unless another execution of it is running; its `cost_before`."""
    known = services.ledger.cohort(row.cohort_id, is_dry_run=row.is_dry_run)
    over = ""
    if known and known.state is CohortState.RUNNING and known.execution_arn != row.execution_arn:
        name = known.execution_arn.rpartition(":")[2]
        execution = RunRow(name, "", RunState.RUNNING, known.opened_at, known.execution_arn)
        if services.executions.end_of(execution, utc_text(now)):
            over = known.execution_arn
    if not services.ledger.open_cohort(row, over):
        raise InvalidCohortError(
            [f"$.cohortId: {row.cohort_id} is running: wait for its end, or stop it first"], ""
        )
    return known.cost_before if known else Decimal(0)


def _sheet(
    cohort: CohortInput, services: CohortServices
) -> tuple[Sequence[SheetSample], Sequence[SheetProblem], str]:
    """The sheet's sound samples, the problems of the others, and the sheet's ETag."""
    answer = services.read_sheet(cohort.sheet, MAX_SHEET_BYTES)
    if isinstance(answer, str):
        return (), [SheetProblem(0, f"{cohort.sheet} {answer}")], ""
    content, version = answer
    samples, problems = parse_sheet(content)
    lanes = sum(len(sample.rows) for sample in samples)
    if lanes > MAX_LANES:
        text = f"the sheet has {lanes:,} lanes, and at most {MAX_LANES:,} can be checked: split it"
        return (), [SheetProblem(0, text)], ""
    return samples, problems, version


def _shared(cohort: CohortInput, results_bucket: str) -> dict[str, Any]:
    """The keys of all runs; a cohort has a results folder of its own."""
    results = f"s3://{results_bucket}/results/{COHORTS}{cohort.cohort_id}"
    return {"resultsS3Path": results, **cohort.run}


def _pinned(shared: Mapping[str, Any], with_paths: object) -> dict[str, Any]:
    """The shared keys with the version of the reference, so that all samples get the same."""
    pinned = dict(shared)
    if REFERENCE in shared and isinstance(with_paths, Mapping):
        pinned[REFERENCE] = with_paths[REFERENCE]
    return pinned


def _of_run(problems: Iterable[Problem]) -> list[Problem]:
    return [Problem(f"$.run{each.path[1:]}", each.message) for each in problems]


def _refuse(
    shared: Iterable[Problem], lines: Iterable[SheetProblem], report: S3Uri, write: WriteObject
) -> None:
    """Write a report of all problems, and raise an error with them, if there are any."""
    problems = [*map(str, sorted(set(shared))), *map(str, sorted(set(lines)))]
    if problems:
        write(report, "".join(f"{each}\n" for each in problems).encode())
        raise InvalidCohortError([shortened(each) for each in problems], str(report))


def _planned(
    checked: CheckedSample,
    cohort: CohortInput,
    shared: Mapping[str, Any],
    size: int,
    next_of: Callable[[str], tuple[str, Intent]],
) -> PlannedSample:
    sample = checked.sample
    document = run_document(sample, cohort.sheet.parent, shared, (cohort.cohort_id, size))
    run_id, intent = next_of(content_id(document, checked.reads))
    return PlannedSample(
        sample.sample_id, sample.line, run_id, intent, checked.input_bytes, document
    )


def _too_large(planned: Iterable[PlannedSample]) -> list[SheetProblem]:
    return [
        SheetProblem(each.line, f"the input of {each.sample_id} has more than 256 KB: join lanes")
        for each in planned
        if len(json.dumps(each.as_item()).encode()) > _MAX_INPUT_BYTES
    ]


def _left(planned: Iterable[PlannedSample], cohort: CohortInput) -> list[PlannedSample]:
    return [] if cohort.only_joint else [each for each in planned if each.is_left]


def _as_the_sheet_says(planned: Iterable[PlannedSample], earlier: Iterable[RunRow]) -> list[RunRow]:
    """The runs that executions of the cohort have started before, as the sheet has them now.

    It has the tags of runs that are not run again, and may no longer have the samples of others.
    """
    tags = {each.run_id: each.document["tags"] for each in planned}
    samples = {each.sample_id for each in planned}
    return [
        replace(
            run,
            tags=tags.get(run.run_id, run.tags),
            is_left_out=run.sample_id not in samples and is_run_of(run.cohort_id, run.run_id),
        )
        for run in earlier
    ]


def _json_lines(values: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in values).encode()


def _plan_lines(
    planned: Iterable[PlannedSample],
    checked: Iterable[CheckedSample],
    expected: Estimate | None,
    size: int,
) -> Iterable[Mapping[str, Any]]:
    """What is done with each sample; `expected` is the estimate for `size` bytes that are left."""
    for each, look in zip(planned, checked, strict=True):
        yield {
            "line": each.line,
            "sampleId": each.sample_id,
            "runId": each.run_id,
            "intent": each.intent,
            "inputBytes": each.input_bytes,
            "estimate": _share(expected, each, size),
            "warnings": [f"{one.code}: {one.message}" for one in look.warnings],
        }


def _share(expected: Estimate | None, sample: PlannedSample, size: int) -> dict[str, str] | None:
    if expected is None or not size or not sample.is_left:
        return None
    return expected.of(Decimal(sample.input_bytes) / size)
