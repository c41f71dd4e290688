"""Check a run's input against schema, S3 and Batch; plan its steps; open it in the ledger."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.inputs_read import objects_read
from seqstack.domain.plan import JobDefinition, StackDefaults, plan_steps
from seqstack.domain.records import RunRow, StepRow
from seqstack.domain.run_input import RunInput, ToolSettings, parse_run_input
from seqstack.domain.words import RunState, Step
from seqstack.use_cases.ports import BatchService, MissingObjects, RunLedger

# A nested execution is called <runId>-<step>-<retry>-<redrive>, of 80 characters at most, and a
# job <runId>-<step>-<attempt>, of letters, digits, "_" and "-".
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,55}")


@dataclass(frozen=True, slots=True)
class StartedRun:
    """What Step Functions knows of an execution of `secondary_analysis` that has just begun."""

    run_id: str
    execution_arn: str
    started_at: str
    document: object


def validate_run(
    started: StartedRun,
    results_bucket: str,
    defaults: StackDefaults,
    ledger: RunLedger,
    batch: BatchService,
    missing_objects: MissingObjects,
) -> RunRow:
    """Open the run; nothing is submitted.

    Raises:
        InvalidInputError: with every problem of the first check that found any: the document
            itself, then the objects, job definitions and job queues that it names.
    """
    if not _RUN_ID.fullmatch(started.run_id):
        raise InvalidInputError(
            [
                Problem(
                    "$$.Execution.Name",
                    f"{started.run_id!r} can't name a run: start the execution under a name of at "
                    "most 56 letters, digits, '_' and '-', the first a letter or digit",
                )
            ]
        )
    run_input = parse_run_input(started.document, results_bucket)
    definitions = {step: _definition(run_input, step, defaults, batch) for step in Step}
    problems = [
        *_unreadable_objects(run_input, missing_objects),
        *_unknown_definitions(run_input, defaults, definitions),
        *_closed_queues(run_input, defaults, batch),
    ]
    if problems:
        raise InvalidInputError(problems)
    found = {step: definition for step, definition in definitions.items() if definition}
    plans = plan_steps(run_input, defaults, found)
    run = RunRow(
        run_id=started.run_id,
        sample_id=run_input.sample_id,
        state=RunState.RUNNING,
        started_at=started.started_at,
        execution_arn=started.execution_arn,
        results=str(run_input.layout.results),
        tools={plan.step: plan.tool for plan in plans},
    )
    if not ledger.open_run(run, [StepRow(run.run_id, plan) for plan in plans]):
        raise InvalidInputError(
            [
                Problem(
                    "$$.Execution.Name",
                    f"the ledger has a run {run.run_id} of another execution; choose another name",
                )
            ]
        )
    return run


def _definition(
    run: RunInput, step: Step, defaults: StackDefaults, batch: BatchService
) -> JobDefinition | None:
    return batch.job_definition(defaults.job_definition(run.tools[step]))


def _unreadable_objects(run: RunInput, missing_objects: MissingObjects) -> Iterator[Problem]:
    wanted = list(objects_read(run))
    wrong = missing_objects(item.uri for item in wanted)
    for item in wanted:
        if item.uri in wrong:
            yield Problem(item.path, f"{item.uri} {wrong[item.uri]}; {item.cure}")


def _unknown_definitions(
    run: RunInput, defaults: StackDefaults, definitions: dict[Step, JobDefinition | None]
) -> Iterator[Problem]:
    for step, definition in definitions.items():
        if definition is None:
            settings: ToolSettings = run.tools[step]
            yield Problem(
                f"$.{settings.tool}.jobDefinition",
                f"{defaults.job_definition(settings)} is no active job definition here; leave it "
                "out to take the stack's",
            )


def _closed_queues(
    run: RunInput, defaults: StackDefaults, batch: BatchService
) -> Iterator[Problem]:
    queues = {step: defaults.job_queue(run.tools[step]) for step in Step}
    is_open = {queue: batch.is_job_queue_open(queue) for queue in set(queues.values())}
    for step, queue in queues.items():
        if not is_open[queue]:
            yield Problem(
                f"$.{run.tools[step].tool}.jobQueue",
                f"{queue} is no open job queue here; leave it out to take the stack's",
            )
