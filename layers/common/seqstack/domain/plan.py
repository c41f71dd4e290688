"""What each step of a run will submit to AWS Batch, decided before anything is submitted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from seqstack.domain.commands import container_arguments
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.run_input import RunInput, ToolSettings
from seqstack.domain.words import Step, Tool

MIB_PER_GIB = 1024
# ECS allows 8,192 characters for all overrides of a task, JSON included; Batch's own (environment
# and resources) take some of them.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
MAX_COMMAND_CHARACTERS = 7_000


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A registered job definition: its ARN with revision, and what it asks for by default."""

    arn: str
    vcpus: int
    memory_mib: int


@dataclass(frozen=True, slots=True)
class StackDefaults:
    """The stack's job queue and job definition of each tool, by name or ARN."""

    job_queues: Mapping[Tool, str]
    job_definitions: Mapping[Tool, str]

    def job_queue(self, settings: ToolSettings) -> str:
        """The queue that the input names, or the stack's."""
        return settings.job_queue or self.job_queues[settings.tool]

    def job_definition(self, settings: ToolSettings) -> str:
        """The job definition that the input names, or the stack's."""
        return settings.job_definition or self.job_definitions[settings.tool]


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step's submission: all but its attempt number and its task token."""

    step: Step
    tool: Tool
    job_queue: str
    job_definition: str
    vcpus: int
    memory_mib: int
    command: tuple[str, ...]


def plan_steps(
    run: RunInput, defaults: StackDefaults, definitions: Mapping[Step, JobDefinition]
) -> tuple[StepPlan, ...]:
    """Plan every step; `definitions` are the job definitions found for them.

    Raises:
        InvalidInputError: a command is longer than AWS Batch can pass to a container.
    """
    plans = tuple(_plan_step(run, run.tools[step], defaults, definitions[step]) for step in Step)
    problems = [
        Problem(
            f"$.{plan.tool}",
            f"the job's arguments take {length:,} characters, and a job can carry "
            f"{MAX_COMMAND_CHARACTERS:,}: give fewer lanes, shorter S3 keys or shorter cmdArgs",
        )
        for plan in plans
        if (length := len(json.dumps(plan.command))) > MAX_COMMAND_CHARACTERS
    ]
    if problems:
        raise InvalidInputError(problems)
    return plans


def _plan_step(
    run: RunInput, settings: ToolSettings, defaults: StackDefaults, definition: JobDefinition
) -> StepPlan:
    asked = settings.memory_gib
    memory_mib = asked * MIB_PER_GIB if asked else definition.memory_mib
    memory_gib = max(1, memory_mib // MIB_PER_GIB)
    return StepPlan(
        step=settings.tool.step,
        tool=settings.tool,
        job_queue=defaults.job_queue(settings),
        job_definition=definition.arn,
        vcpus=definition.vcpus,
        memory_mib=memory_mib,
        command=tuple(container_arguments(run, settings, definition.vcpus, memory_gib)),
    )
