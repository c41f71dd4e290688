"""Plan the submission of each step of a run to AWS Batch, before anything is submitted."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from seqstack.domain.architecture import Architecture
from seqstack.domain.bucket_access import BucketAccess
from seqstack.domain.checked_run import PlannedRun
from seqstack.domain.commands import MEMORY_OPTION, container_arguments, time_limit, without_fastq
from seqstack.domain.duration import expected_seconds, is_long, timeout_seconds
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.joint_run import JointRun
from seqstack.domain.reads.parts import PARTS_OPTION, all_parts, whole_name
from seqstack.domain.run_input import ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.domain.scratch import ScratchRules, planned_scratch_gib
from seqstack.domain.words import StepName, ToolName
from seqstack.tools.definition import MADE_BY_OPTION
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import StepDefinition

MIB_PER_GIB = 1024
# ECS allows 8,192 characters for all overrides of a task, JSON included. The rest is for resources,
# and for Batch's variables, of which two are names of up to 128 characters.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
MAX_COMMAND_CHARACTERS = 7_000
_ANY_SHA256 = "0" * 64
_USUAL_ACCESS = BucketAccess()


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A registered job definition: its ARN with revision, its image and its resources.

    `timeout_seconds` is that of an attempt, 0 for none. `image_digest` is the digest of the image's
    tag, or empty if it is unknown.
    """

    arn: str
    image: str
    vcpus: int
    memory_mib: int
    timeout_seconds: int = 0
    image_digest: str = ""


@dataclass(frozen=True, slots=True)
class StackDefaults:
    """The stack's queue and job definition of each tool, by name or ARN, and its hosts.

    `scratch` are their disks; `reaches_other_regions` is False if they have no internet access;
    `architecture` is that of the hosts. `qc_gates` is JSON, the stack's gates.
    """

    job_queues: Mapping[Tool, str]
    on_demand_queue: str
    job_definitions: Mapping[Tool, str]
    scratch: ScratchRules
    reaches_other_regions: bool = True
    architecture: Architecture = Architecture.X86_64
    qc_gates: str = "{}"

    def job_queue(self, settings: ToolSettings) -> str:
        """The queue that the input names, or the stack's."""
        return settings.job_queue or self.job_queues[settings.tool]

    def has_queue(self, name: str) -> bool:
        """True for the name or ARN of one of the stack's queues."""
        own = (*self.job_queues.values(), self.on_demand_queue)
        return any(name in {queue, queue.rpartition("/")[2]} for queue in own)

    def job_definition(self, settings: ToolSettings) -> str:
        """The job definition that the input names, or the stack's."""
        return settings.job_definition or self.job_definitions[settings.tool]

    def has_job_definition(self, tool: Tool, found: JobDefinition) -> bool:
        """True for any revision of the stack's job definition of `tool`."""
        return _family(found.arn) == _family(self.job_definitions[tool])


def _family(job_definition: str) -> str:
    """The name without revision; there is one of each in an account and region."""
    return job_definition.rpartition("/")[2].partition(":")[0]


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step's submission, without its attempt number and task token.

    `on_demand_queue` is the queue of a try after Spot hosts were reclaimed too often. `image` is
    the job definition's container image, `image_digest` its content. `scratch_gib` is the job's
    expected use of its host's disk, and is included in `vcpus`. `inputs` are the objects that the
    step reads (a folder means all objects in it), `outputs` those it writes, the provenance last (a
    folder means any number of objects in it, which the provenance lists).
    `submitter` is the job's fair share. With `use_cache`, an earlier run's outputs may be reused.
    `project` and `cohort_id` are cost allocation tags. With `fails_on_warnings`, a warning fails
    the step.
    `position` is the step's index in its run, from 0. `expected_seconds` is how long the job should
    take, 0 if unknown; `timeout_seconds` is an attempt's, 0 for the job definition's.
    """

    step: StepName
    tool: ToolName
    job_queue: str
    on_demand_queue: str
    job_definition: str
    image: str
    vcpus: int
    memory_mib: int
    scratch_gib: int
    command: tuple[str, ...]
    inputs: tuple[S3Uri, ...]
    outputs: tuple[S3Uri, ...]
    submitter: str
    use_cache: bool = True
    project: str = ""
    image_digest: str = ""
    fails_on_warnings: bool = False
    position: int = 0
    expected_seconds: int = 0
    timeout_seconds: int = 0
    cohort_id: str = ""

    @property
    def leaves_spot_at_once(self) -> bool:
        """Whether the first reclaimed host ends the job, so that the next try runs on demand."""
        return is_long(self.expected_seconds) and self.job_queue != self.on_demand_queue

    @property
    def scheduling_priority(self) -> int:
        """The priority among a submitter's jobs in a queue: a later step has a higher number.

        So a started run is finished before another starts: of a thousand samples, the first is done
        early.
        """
        return self.position

    def covers(self, written: Iterable[S3Uri]) -> bool:
        """Whether these are the planned outputs: each object, and any in the folders."""
        found = set(written)
        folders = [uri for uri in self.outputs if uri.is_folder]
        return found >= set(self.outputs) - set(folders) and all(
            uri in self.outputs or any(folder.covers(uri) for folder in folders) for uri in found
        )

    def reads_from(self, other: Self) -> bool:
        """Whether this step of a run reads what another one writes."""
        return self.step != other.step and not set(other.outputs).isdisjoint(self.inputs)

    def as_submitted(self, made_by: Mapping[StepName, str]) -> Self:
        """The same with the arguments that its job gets; they do not change its cache key.

        `made_by` is the SHA-256, in hexadecimal, of the provenance of each step that it reads from.
        A job that joins parts reads no FASTQ files: their names would leave no room for the parts.
        The time limit of a tool that may hang follows the job's timeout.
        """
        given = without_fastq(self.command) if PARTS_OPTION in self.command else self.command
        made = (
            word
            for step, sha256 in made_by.items()
            for word in (MADE_BY_OPTION, f"{step}:{sha256}")
        )
        limit = time_limit(self.tool, self.timeout_seconds)
        return replace(self, command=(*given, *made, *limit))

    def with_memory(self, memory_mib: int) -> Self:
        """The same with this much memory, also in the container's arguments."""
        at = self.command.index(MEMORY_OPTION) + 1
        gib = str(whole_gib(memory_mib))
        command = (*self.command[:at], gib, *self.command[at + 1 :])
        return replace(self, memory_mib=memory_mib, command=command)


def whole_gib(memory_mib: int) -> int:
    """A job's memory in whole GiB, as in containers' arguments; at least 1."""
    return max(1, memory_mib // MIB_PER_GIB)


def plan_steps(
    run: PlannedRun,
    defaults: StackDefaults,
    definitions: Mapping[StepName, JobDefinition],
    sizes: Mapping[S3Uri, int],
    access: BucketAccess = _USUAL_ACCESS,
) -> tuple[StepPlan, ...]:
    """Plan every step of the run.

    Args:
        run: the input.
        defaults: the stack's.
        definitions: the job definitions found for the steps.
        sizes: of the run's input objects, in bytes.
        access: to the buckets of the input.

    Raises:
        InvalidInputError: a command is longer than AWS Batch can pass to a container, or a job
            needs more scratch than is allowed.
    """
    plans = tuple(
        _plan_step(run, position, step, defaults, definitions[step.name], sizes, access)
        for position, step in enumerate(run.steps)
    )
    problems = [*_long_commands(plans), *_large_inputs(plans, defaults.scratch, *_largest_of(run))]
    if problems:
        raise InvalidInputError(problems)
    return plans


def _long_commands(plans: Sequence[StepPlan]) -> Iterator[Problem]:
    for plan in plans:
        made_by = {each.step: _ANY_SHA256 for each in plans if plan.reads_from(each)}
        length = len(json.dumps(plan.as_submitted(made_by).command))
        if length > MAX_COMMAND_CHARACTERS:
            yield Problem(
                f"$.{plan.tool}",
                f"the job's arguments have {length:,} characters, and a job can have at most "
                f"{MAX_COMMAND_CHARACTERS:,}: give fewer lanes, shorter S3 keys or shorter cmdArgs",
            )


def _largest_of(run: PlannedRun) -> tuple[str, str]:
    """The path of the run's largest input, and how to give less of it."""
    if isinstance(run, JointRun):
        return "$.gvcfsS3Path", "merge fewer samples"
    has_alignments = isinstance(run, Sample) and run.alignments
    return "$.readsS3Path" if has_alignments else "$.fastq1S3Path", "give fewer lanes"


def _large_inputs(
    plans: Iterable[StepPlan], rules: ScratchRules, path: str, less: str
) -> Iterator[Problem]:
    large = [plan for plan in plans if plan.scratch_gib > rules.max_gib]
    # parts of a step have the same need
    needs = dict.fromkeys((whole_name(plan.step), plan.tool, plan.scratch_gib) for plan in large)
    for step, tool, scratch_gib in needs:
        yield Problem(
            path,
            f"{step} by {tool} needs about {scratch_gib:,} GiB of scratch for input of this size, "
            f"and a job can have {rules.max_gib:,}: {less}, or raise the stack's "
            "parameter MaxScratchGiB where its hosts have larger disks",
        )


def _plan_step(
    run: PlannedRun,
    position: int,
    step: StepDefinition,
    defaults: StackDefaults,
    definition: JobDefinition,
    sizes: Mapping[S3Uri, int],
    access: BucketAccess,
) -> StepPlan:
    settings = run.tools[step.name]
    asked = settings.memory_gib
    memory_mib = asked * MIB_PER_GIB if asked else definition.memory_mib
    scratch_gib = _scratch_gib(run, step, settings, sizes)
    vcpus = max(definition.vcpus, defaults.scratch.vcpus_with(scratch_gib))
    expected = expected_seconds(
        settings.tool.definition,
        step.read_per_input_byte * settings.share_of_work,
        read_bytes(run, sizes),
        vcpus,
    )
    inputs = _inputs(run, step, settings)
    access_arguments = access.arguments(inputs, run.results.bucket)
    return StepPlan(
        step=step.name,
        tool=settings.tool,
        job_queue=defaults.job_queue(settings),
        on_demand_queue=defaults.on_demand_queue,
        job_definition=definition.arn,
        image=definition.image,
        vcpus=vcpus,
        memory_mib=memory_mib,
        scratch_gib=scratch_gib,
        command=tuple(
            container_arguments(
                run, step.name, settings, vcpus, whole_gib(memory_mib), access_arguments
            )
        ),
        inputs=inputs,
        outputs=step.outputs_in(run.layout, settings.tool, run),
        submitter=run.submitter,
        use_cache=run.use_cache,
        project=run.project,
        cohort_id=run.cohort_id,
        image_digest=definition.image_digest,
        fails_on_warnings=run.fails_on_warnings,
        position=position,
        expected_seconds=expected,
        timeout_seconds=timeout_seconds(definition.timeout_seconds, expected),
    )


def _inputs(run: PlannedRun, step: StepDefinition, settings: ToolSettings) -> tuple[S3Uri, ...]:
    """Every object that the step reads from S3, results of earlier steps included.

    A job that reads other objects is never cached, because their changes would not be noticed.
    """
    reference = settings.reference_of(run)
    if not settings.parts:
        return settings.tool.definition.inputs(run, reference)
    made = (step.part(part.number).outputs_in(run.layout) for part in all_parts(settings.parts))
    return (*(uris[0] for uris in made), reference, reference.with_suffix(".fai"))


def _scratch_gib(
    run: PlannedRun, step: StepDefinition, settings: ToolSettings, sizes: Mapping[S3Uri, int]
) -> int:
    reads = set(run.reads)
    # the tool's own folder has another copy of the FASTA, whose name only the job knows
    references = {run.reference, *_inputs(run, step, settings)} - reads
    return planned_scratch_gib(
        settings.tool.definition,
        step.read_per_input_byte * settings.share_of_scratch,
        read_bytes(run, sizes),
        sum(sizes.get(uri, 0) for uri in references),
    )


def read_bytes(run: PlannedRun, sizes: Mapping[S3Uri, int]) -> int:
    """The size of the run's reads."""
    return sum(sizes.get(uri, 0) for uri in set(run.reads))
