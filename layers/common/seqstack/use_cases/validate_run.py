"""Check a run's input against schema, S3 and Batch; check its reads; plan and open the run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from seqstack.domain.bucket_access import BucketAccess
from seqstack.domain.checked_run import CheckedRun, RunContent
from seqstack.domain.container_image import ContainerImage
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.fingerprint import work_key
from seqstack.domain.inputs_read import ObjectRead
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.plan import JobDefinition, StackDefaults, StepPlan, plan_steps, read_bytes
from seqstack.domain.qc.gates import KEY, RunGates
from seqstack.domain.qc.metrics import Need
from seqstack.domain.reads.parts import whole_name
from seqstack.domain.records import RunRow, StepRow
from seqstack.domain.run_input import ToolSettings, requester_pays
from seqstack.domain.run_names import RUN_ID
from seqstack.domain.step_warnings import INPUT, StepWarning
from seqstack.domain.words import RunState, Step, StepName
from seqstack.domain.workflow_names import JOINT_CALLING_NAME, workflow_of
from seqstack.tools.fastp import asks_for_trimming
from seqstack.use_cases.hold_results import enter_results
from seqstack.use_cases.look_at_alignments import look_at_alignments
from seqstack.use_cases.look_at_gvcfs import look_at_gvcfs
from seqstack.use_cases.look_at_reads import look_at_reads
from seqstack.use_cases.look_at_reference import look_at_reference, unused_data
from seqstack.use_cases.ports import (
    BatchService,
    ExecutionEnds,
    FindObjects,
    ImageDigest,
    Ledger,
    ReadBlocks,
    ReadStart,
    ReadWhole,
    References,
    StateMachineVersion,
)
from seqstack.use_cases.refuse_damaged import still_damaged
from seqstack.use_cases.use_reference import use_reference
from seqstack.workflows.checks import check_input

type Tools = Mapping[StepName, ToolSettings]


@dataclass(frozen=True, slots=True)
class StartedRun:
    """An execution that has just started, from Step Functions."""

    run_id: str
    execution_arn: str
    started_at: str
    document: object


def validate_run(
    started: StartedRun,
    results_bucket: str,
    defaults: StackDefaults,
    now: datetime,
    ledger: Ledger,
    executions: ExecutionEnds,
    batch: BatchService,
    find_objects: FindObjects,
    read_start: ReadStart,
    read_blocks: ReadBlocks,
    read_whole: ReadWhole,
    image_digest: ImageDigest,
    state_machine_version: StateMachineVersion,
    references: References,
) -> RunRow:
    """Open the run; nothing is submitted.

    Raises:
        InvalidInputError: with every problem of the document, of the objects, reads, job
            definitions and job queues that it names, of missing images, and of the
            execution's name; or with reads that have failed the same run as damaged.
        ResultsInUseError: another run with other work writes to the same results folder.
    """
    workflow = workflow_of(started.execution_arn)
    has_reads = workflow != JOINT_CALLING_NAME
    document, misnamed = use_reference(started.document, references, has_reads=has_reads)
    checked = check_input(workflow, document, results_bucket)
    tools = checked.tools
    ready = look_at_tools(tools, defaults, batch, image_digest)
    wanted = list(checked.objects_read())
    found_objects = find_objects(item.uri for item in wanted)
    look = look_at_reads(
        wanted, found_objects, [settings.tool for settings in tools.values()], read_blocks
    )
    alignments = look_at_alignments(checked, found_objects, read_blocks, read_start)
    gvcfs = look_at_gvcfs(checked, found_objects, read_whole, find_objects)
    warnings = (*look.warnings, *alignments.warnings, *unused_data(checked, found_objects))
    gates = gates_of(checked, defaults) if has_reads else None
    problems = [
        *_unusable_name(started.run_id),
        *misnamed,
        *checked.problems,
        *unreadable_objects(wanted, found_objects),
        *unreachable_buckets(wanted, found_objects, defaults),
        *look_at_reference(checked, found_objects, read_start, gates),
        *look.problems,
        *alignments.problems,
        *gvcfs.problems,
        *unwanted_warnings(checked, warnings),
        *(gates.problems if gates else ()),
        *ready.problems,
    ]
    if problems:
        raise InvalidInputError(problems)
    found = {
        step: replace(definition, image_digest=ready.digests[definition.image] or "")
        for step, definition in ready.definitions.items()
        if definition
    }
    images = {step: _by_content(each) for step, each in found.items()}
    sizes = {**found_objects.sizes, **alignments.sizes, **gvcfs.sizes}
    run_input = checked.as_run_input(
        RunContent(found_objects.identities, images, sizes, found_objects.regions, gvcfs.samples)
    )
    plans: tuple[StepPlan, ...] = ()
    if not (run_input.finished and find_objects([run_input.finished]).sizes):
        access = BucketAccess(found_objects.regions, requester_pays(document))
        of_steps = {step.name: found[whole_name(step.name)] for step in run_input.steps}
        plans = plan_steps(run_input, defaults, of_steps, sizes, access)
    run = RunRow(
        run_id=started.run_id,
        sample_id=run_input.sample_id,
        state=RunState.RUNNING,
        started_at=started.started_at,
        execution_arn=started.execution_arn,
        results=str(run_input.results),
        tools={plan.step: plan.tool for plan in plans},
        cohort_id=run_input.cohort_id,
        cohort_size=run_input.cohort_size,
        project=run_input.project,
        submitter=run_input.submitter,
        tags=run_input.tags,
        state_machine_version=state_machine_version(started.execution_arn),
        images={plan.step: images[whole_name(plan.step)] for plan in plans},
        results_folder=run_input.layout.folder,
        work_key=work_key(plans, found_objects.identities),
        warnings={INPUT: warnings} if warnings else {},
        workflow=workflow,
        subject=run_input.subject,
        input_bytes=read_bytes(run_input, {**found_objects.sizes, **gvcfs.sizes}),
        reference=run_input.reference_name,
        qc_gates=gates.gates if gates else {},
    )
    if damaged := list(still_damaged(run, wanted, ledger)):
        raise InvalidInputError(damaged)
    taking = enter_results(run, now, ledger, executions)
    if not ledger.open_run(run, [StepRow(run.run_id, plan) for plan in plans], taking):
        raise InvalidInputError(
            [
                Problem(
                    "$$.Execution.Name",
                    f"the ledger has a run {run.run_id} of another execution; choose another name",
                )
            ]
        )
    return run


@dataclass(frozen=True, slots=True)
class ToolsLook:
    """The job definition of each step, the digest of each image by its tag, and all problems."""

    definitions: Mapping[StepName, JobDefinition | None]
    digests: Mapping[str, str | None]
    problems: tuple[Problem, ...]


def look_at_tools(
    tools: Tools, defaults: StackDefaults, batch: BatchService, image_digest: ImageDigest
) -> ToolsLook:
    """Check the job definition, image, queue and hosts of each step's tool."""
    definitions = {
        step: batch.job_definition(defaults.job_definition(settings))
        for step, settings in tools.items()
    }
    tags = {found.image for found in definitions.values() if found}
    digests = {tag: image_digest(tag) for tag in tags}
    problems = (
        *_unusable_definitions(tools, defaults, definitions),
        *_missing_images(tools, definitions, digests),
        *_unsupported_hosts(tools, defaults),
        *_unusable_queues(tools, defaults, batch),
    )
    return ToolsLook(definitions, digests, problems)


def _unusable_name(run_id: str) -> Iterator[Problem]:
    if not RUN_ID.fullmatch(run_id):
        yield Problem(
            "$$.Execution.Name",
            f"{run_id!r} is not a valid name of a run: start the execution with at most "
            "56 letters, digits, '_' and '-', the first a letter or digit",
        )


def gates_of(checked: CheckedRun, defaults: StackDefaults) -> RunGates | None:
    """The run's gates; None if it has no step that measures."""
    if Step.AGGREGATE_QC not in checked.tools:
        return None
    has = {
        Need.TARGETS: "targetRegionsS3Path" in checked.sound,
        Need.TRIMMING: asks_for_trimming(checked.sound),
    }
    return RunGates(
        checked.sound.get(KEY, {}), defaults.qc_gates, {need for need in has if has[need]}
    )


def unwanted_warnings(checked: CheckedRun, warnings: Iterable[StepWarning]) -> Iterator[Problem]:
    """Yield the warnings as problems if they are to fail the run."""
    if checked.fails_on_warnings:
        for each in warnings:
            yield Problem("$.failOnWarnings", f"{each.code}: {each.message}")


def unreadable_objects(wanted: Iterable[ObjectRead], found: ObjectsFound) -> Iterator[Problem]:
    """Yield the objects that are missing or can't be read."""
    for item in wanted:
        if item.uri in found.wrong and not item.is_optional:
            yield Problem(item.path, f"{item.uri} {found.wrong[item.uri]}; {item.hint}")


def unreachable_buckets(
    wanted: Iterable[ObjectRead], found: ObjectsFound, defaults: StackDefaults
) -> Iterator[Problem]:
    """Yield objects in other regions: a gateway endpoint leads to the S3 of its own alone."""
    for item in wanted:
        region = found.regions.get(item.uri.bucket)
        if region and not defaults.reaches_other_regions and item.uri not in found.wrong:
            yield Problem(
                item.path,
                f"the bucket {item.uri.bucket} is in {region}, which jobs can't reach without "
                "internet access (Network=private): copy its objects to a bucket of this region",
            )


def _unusable_definitions(
    tools: Tools, defaults: StackDefaults, definitions: Mapping[StepName, JobDefinition | None]
) -> Iterator[Problem]:
    for step, settings in tools.items():
        found = definitions[step]
        if found is None:
            wrong = "is not an active job definition in this account and region"
        elif not defaults.has_job_definition(settings.tool, found):
            wrong = f"is not this stack's job definition of {settings.tool}"
        else:
            continue
        yield Problem(
            f"$.{settings.tool}.jobDefinition",
            f"{defaults.job_definition(settings)} {wrong}; leave it out to use the stack's",
        )


def _missing_images(
    tools: Tools,
    definitions: Mapping[StepName, JobDefinition | None],
    digests: Mapping[str, str | None],
) -> Iterator[Problem]:
    for step, settings in tools.items():
        definition = definitions[step]
        if definition and digests[definition.image] is None:
            yield Problem(
                f"$.{settings.tool}",
                f"its image {definition.image} is not in the repository; push the images "
                "(`make push-images`) with the tag of the stack's parameter ImageTag",
            )


def _unsupported_hosts(tools: Tools, defaults: StackDefaults) -> Iterator[Problem]:
    for settings in tools.values():
        supported = settings.tool.definition.architectures
        if defaults.architecture not in supported:
            yield Problem(
                f"$.{settings.tool}",
                f"{settings.tool} has no program for {defaults.architecture}, the architecture of "
                "this stack's hosts (InstanceTypes): choose another tool, or a stack with hosts of "
                f"{' or '.join(supported)}",
            )


def _by_content(definition: JobDefinition) -> str:
    """The image by its digest, or by its tag if the digest is unknown."""
    if not definition.image_digest:
        return definition.image
    return ContainerImage.parse(definition.image).at(definition.image_digest)


def _unusable_queues(
    tools: Tools, defaults: StackDefaults, batch: BatchService
) -> Iterator[Problem]:
    queues = {settings.tool: defaults.job_queue(settings) for settings in tools.values()}
    wrong = {
        queue: batch.queue_problem(queue)
        if defaults.has_queue(queue)
        else "is not one of this stack's job queues"
        for queue in set(queues.values())
    }
    for tool, queue in queues.items():
        if wrong[queue]:
            yield Problem(
                f"$.{tool}.jobQueue",
                f"{queue} {wrong[queue]}; leave it out to use the stack's",
            )
