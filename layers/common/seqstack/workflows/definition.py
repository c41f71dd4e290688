"""The definitions of workflows and their steps."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from seqstack.domain.reads.parts import part_step, whole_step
from seqstack.domain.results import REPORT_STEP, ResultsFolder
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import INPUT
from seqstack.domain.words import StepName
from seqstack.domain.workflow_names import WORKFLOW_NAME
from seqstack.tools.definition import Output
from seqstack.tools.registry import Tool, tools_of

# A nested execution is called <runId>-<step>-<retry>-<redrive>, of 80 characters at most, and a
# run's id has up to 56. The name is part of attributes in the ledger's expressions too.
_STEP_NAME = re.compile(r"[a-z][A-Za-z0-9]{0,15}")


class Queue(StrEnum):
    """The stack's queues for steps."""

    HIGH_PRIORITY = "highPriority"
    LOW_PRIORITY = "lowPriority"


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """A step of a workflow.

    Attributes:
        name: its name in the ledger, the state machine, the API and the provenance; tools refer to
            it.
        outputs: the objects that it writes, besides its provenance.
        queue: the default queue of its jobs.
        read_per_input_byte: bytes of the sample that it reads for each byte of the run's input
            (such as BAM for each byte of gzipped FASTQ), with a margin.
        after: the steps that must have succeeded before it starts.
        default_tool: the tool of a run that names none; None for an optional step, which is only in
            runs that name a tool for it.
        part_path: the object with the result of a part of its work, with `{number}`; empty if it
            has no parts.
    """

    name: StepName
    outputs: tuple[Output, ...]
    queue: Queue
    read_per_input_byte: float
    after: tuple[StepName, ...] = ()
    default_tool: Tool | None = None
    part_path: str = ""

    def part(self, number: int) -> "StepDefinition":
        """The step that does a part of its work, before it joins the parts."""
        made = Output(self.part_path.format(number=number), is_intermediate=True)
        name = part_step(self.name, number)
        return replace(self, name=name, outputs=(made,), default_tool=None, part_path="")

    def chosen_tool(self, document: Mapping[str, object]) -> Tool | None:
        """The first tool with a block in a run's input, or the default; None without the step."""
        named = (tool for tool in tools_of(self.name) if tool in document)
        return next(named, self.default_tool)

    def outputs_in(
        self, folder: ResultsFolder, tool: Tool | None = None, run: object = None
    ) -> tuple[S3Uri, ...]:
        """Every output of the finished step, its provenance last.

        Without a `tool`, the outputs of all tools of the step; without a `run`, those that the tool
        writes for every run.
        """
        whole = tool if tool and tool.step == self.name else None  # not of a part
        more = whole.definition.more_outputs if whole else ()
        own = whole.definition.optional_outputs(run) if whole and run else ()
        made = (folder.root / output.path for output in (*self.outputs, *more, *own))
        return (*made, folder.provenance(self.name))

    def is_intermediate(self, uri: S3Uri) -> bool:
        """True for an object of the step that only later steps need."""
        more = (each for tool in tools_of(self.name) for each in tool.definition.more_outputs)
        return any(
            each.is_intermediate and uri.key.endswith(f"/{each.path}")
            for each in (*self.outputs, *more)
        )


@dataclass(frozen=True, slots=True)
class WorkflowDefinition:
    """A workflow.

    Attributes:
        name: the name of its state machine, without the environment.
        schema: the file with the JSON Schema of its input, in `seqstack.domain`.
        steps: its steps, each after those that it depends on. A run has all steps that are not
            optional, and those for which its input names a tool.
    """

    name: str
    schema: str
    steps: tuple[StepDefinition, ...]

    def __post_init__(self) -> None:
        """Check the names and the order.

        Raises:
            ValueError: names what is wrong.
        """
        if not WORKFLOW_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a valid name of a workflow")
        before: set[StepName] = set()
        for step in self.steps:
            is_taken = step.name in {*before, INPUT, REPORT_STEP} or whole_step(step.name)
            if is_taken or not _STEP_NAME.fullmatch(step.name):
                raise ValueError(f"{step.name!r} is not a valid name of a step of {self.name}")
            if missing := set(step.after) - before:
                raise ValueError(
                    f"{step.name} comes after {sorted(missing)}, which is not before it"
                )
            before.add(step.name)

    @property
    def step_names(self) -> tuple[StepName, ...]:
        """The names of its steps, in their order."""
        return tuple(step.name for step in self.steps)

    @property
    def default_tools(self) -> dict[StepName, Tool]:
        """The tool of each step that every run has."""
        return {step.name: step.default_tool for step in self.steps if step.default_tool}

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that can fill its steps, in the registry's order."""
        return tuple(tool for tool in Tool if tool.step in self.step_names)

    def find(self, name: StepName) -> StepDefinition | None:
        """One of its steps, or a part of one; None if this version does not have it."""
        part = whole_step(name)
        if part and (whole := self.find(part[0])):
            return whole.part(part[1]) if whole.part_path else None
        return next((step for step in self.steps if step.name == name), None)

    def step(self, name: StepName) -> StepDefinition:
        """One of its steps.

        Raises:
            KeyError: it has no such step.
        """
        found = self.find(name)
        if found is None:
            raise KeyError(f"{self.name} has no step {name}")
        return found

    def chosen_tools(self, document: Mapping[str, object]) -> dict[StepName, Tool]:
        """The run's own steps, each with its tool, by the run's input."""
        chosen = {step.name: step.chosen_tool(document) for step in self.steps}
        return {name: tool for name, tool in chosen.items() if tool is not None}

    def outputs(
        self, step: StepName, folder: ResultsFolder, tool: Tool | None = None
    ) -> tuple[S3Uri, ...]:
        """Every output of a finished step, its provenance last."""
        return self.step(step).outputs_in(folder, tool)

    def in_order(self, names: Iterable[StepName]) -> list[StepName]:
        """Names of steps in the workflow's order, parts before their whole, then unknown ones."""
        order = {name: number for number, name in enumerate(self.step_names)}

        def place(name: StepName) -> tuple[int, float, str]:
            whole, number = whole_step(name) or (name, math.inf)
            return order.get(whole, len(order)), number, name

        return sorted(names, key=place)
