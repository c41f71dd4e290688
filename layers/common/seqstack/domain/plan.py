"""What each step of a run will submit to AWS Batch, decided before anything is submitted."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from seqstack.domain.checked_run import PlannedRun
from seqstack.domain.commands import MEMORY_OPTION, container_arguments
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.run_input import ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.domain.scratch import ScratchRules, planned_scratch_gib
from seqstack.domain.words import StepName, ToolName
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import StepDefinition

MIB_PER_GIB = 1024
# ECS allows 8,192 characters for all overrides of a task, JSON included; Batch's own (environment
# and resources) take some of them.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
MAX_COMMAND_CHARACTERS = 7_000


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A registered job definition: its ARN with revision, its image, and what it asks for.

    `image_digest` is what the image's tag stands for, or empty where that is not known.
    """

    arn: str
    image: str
    vcpus: int
    memory_mib: int
    image_digest: str = ""


@dataclass(frozen=True, slots=True)
class StackDefaults:
    """The stack's queue and job definition of each tool, by name or ARN, and its hosts' disks."""

    job_queues: Mapping[Tool, str]
    on_demand_queue: str
    job_definitions: Mapping[Tool, str]
    scratch: ScratchRules

    def job_queue(self, settings: ToolSettings) -> str:
        """The queue that the input names, or the stack's."""
        return settings.job_queue or self.job_queues[settings.tool]

    def job_definition(self, settings: ToolSettings) -> str:
        """The job definition that the input names, or the stack's."""
        return settings.job_definition or self.job_definitions[settings.tool]


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step's submission: all but its attempt number and its task token.

    `on_demand_queue` is where a try goes whose Spot hosts were reclaimed too often. `image` is the
    job definition's container image, `image_digest` its content. `scratch_gib` is what the job is
    expected to need of its host's disk, and comes with `vcpus`. `inputs` are the objects that the
    step reads (a folder stands for all in it), `outputs` those it writes, the provenance last.
    `submitter` is whose share of the hosts the job draws on. `use_cache` lets an earlier run's
    outputs stand for them. `project` is a tag that the job's cost is found by. With
    `fails_on_warnings`, a suspicious result fails the step. `position` is the step's place among
    the steps of its run, from 0.
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

    @property
    def scheduling_priority(self) -> int:
        """Which of a submitter's jobs goes first in a queue: a later step's, as the greater number.

        A run that has begun is finished before another begins: of a thousand samples the first is
        done early, and not all of them at the end.
        """
        return self.position

    def with_memory(self, memory_mib: int) -> Self:
        """The same with that much memory, which the container is told of too."""
        told = self.command.index(MEMORY_OPTION) + 1
        gib = str(whole_gib(memory_mib))
        command = (*self.command[:told], gib, *self.command[told + 1 :])
        return replace(self, memory_mib=memory_mib, command=command)


def whole_gib(memory_mib: int) -> int:
    """A job's memory in whole GiB, as containers are told it; at least 1."""
    return max(1, memory_mib // MIB_PER_GIB)


def plan_steps(
    run: PlannedRun,
    defaults: StackDefaults,
    definitions: Mapping[StepName, JobDefinition],
    sizes: Mapping[S3Uri, int],
) -> tuple[StepPlan, ...]:
    """Plan every step of the run.

    Args:
        run: the input.
        defaults: what the stack offers.
        definitions: the job definitions found for the steps.
        sizes: bytes of the objects that the run reads before it writes any.

    Raises:
        InvalidInputError: a command is longer than AWS Batch can pass to a container, or a job
            needs more scratch than it may have.
    """
    plans = tuple(
        _plan_step(run, position, step, defaults, definitions[step.name], sizes)
        for position, step in enumerate(run.steps)
    )
    reads = "readsS3Path" if isinstance(run, Sample) and run.alignments else "fastq1S3Path"
    problems = [*_long_commands(plans), *_large_samples(plans, defaults.scratch, f"$.{reads}")]
    if problems:
        raise InvalidInputError(problems)
    return plans


def _long_commands(plans: Iterable[StepPlan]) -> Iterator[Problem]:
    for plan in plans:
        length = len(json.dumps(plan.command))
        if length > MAX_COMMAND_CHARACTERS:
            yield Problem(
                f"$.{plan.tool}",
                f"the job's arguments take {length:,} characters, and a job can carry "
                f"{MAX_COMMAND_CHARACTERS:,}: give fewer lanes, shorter S3 keys or shorter cmdArgs",
            )


def _large_samples(plans: Iterable[StepPlan], rules: ScratchRules, path: str) -> Iterator[Problem]:
    for plan in plans:
        if plan.scratch_gib > rules.max_gib:
            yield Problem(
                path,
                f"{plan.step} by {plan.tool} needs about {plan.scratch_gib:,} GiB of scratch for "
                f"reads of this size, and a job can have {rules.max_gib:,}: give fewer lanes, or "
                "raise the stack's parameter MaxScratchGiB where its hosts have larger disks",
            )


def _plan_step(
    run: PlannedRun,
    position: int,
    step: StepDefinition,
    defaults: StackDefaults,
    definition: JobDefinition,
    sizes: Mapping[S3Uri, int],
) -> StepPlan:
    settings = run.tools[step.name]
    asked = settings.memory_gib
    memory_mib = asked * MIB_PER_GIB if asked else definition.memory_mib
    scratch_gib = _scratch_gib(run, step, settings, sizes)
    vcpus = max(definition.vcpus, defaults.scratch.vcpus_with(scratch_gib))
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
        command=tuple(container_arguments(run, step.name, settings, vcpus, whole_gib(memory_mib))),
        inputs=_inputs(run, settings),
        outputs=step.outputs_in(run.layout, settings.tool, run),
        submitter=run.submitter,
        use_cache=run.use_cache,
        project=run.project,
        image_digest=definition.image_digest,
        fails_on_warnings=run.fails_on_warnings,
        position=position,
    )


def _inputs(run: PlannedRun, settings: ToolSettings) -> tuple[S3Uri, ...]:
    """Every object that the step reads from S3, earlier steps' results among them.

    A job that reads more than this is never remembered: nothing would tell when that has changed.
    """
    return settings.tool.definition.inputs(run, settings.reference_of(run))


def _scratch_gib(
    run: PlannedRun, step: StepDefinition, settings: ToolSettings, sizes: Mapping[S3Uri, int]
) -> int:
    reads = set(run.reads)
    # a folder of the tool's own holds the FASTA once more, under a name that only the job learns
    references = {run.reference, *_inputs(run, settings)} - reads
    return planned_scratch_gib(
        settings.tool.definition,
        step.read_per_input_byte,
        sum(sizes.get(uri, 0) for uri in reads),
        sum(sizes.get(uri, 0) for uri in references),
    )
