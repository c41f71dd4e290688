"""The registry of workflows: one line each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.checked_run import CheckedRun
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import StepDefinition, WorkflowDefinition
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

type Check = Callable[[object, str], CheckedRun]
"""Checks a run's input; the second argument is the one bucket that jobs may write to."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow, and what checks the input of its runs."""

    definition: WorkflowDefinition
    check: Check

    @property
    def name(self) -> str:
        """The workflow's name."""
        return self.definition.name


WORKFLOWS = {
    each.name: each
    for each in [
        Workflow(SECONDARY_ANALYSIS, CheckedInput.of),
    ]
}
"""Every workflow by its name."""


def find_workflow(name: str) -> WorkflowDefinition | None:
    """A workflow by its name, or None for one that this version does not know."""
    found = WORKFLOWS.get(name)
    return found.definition if found else None


def check_input(workflow: str, document: object, results_bucket: str) -> CheckedRun:
    """Check the input of a run of this workflow.

    Raises:
        InvalidInputError: this version has no such workflow.
    """
    if workflow not in WORKFLOWS:
        raise InvalidInputError(
            [Problem("workflow", f"{workflow!r} is none; there are: {', '.join(WORKFLOWS)}")]
        )
    return WORKFLOWS[workflow].check(document, results_bucket)


def step_of(tool: Tool) -> StepDefinition:
    """The step that a tool fills.

    Raises:
        LookupError: no workflow has that step, or several have.
    """
    steps = [each.definition.find(tool.step) for each in WORKFLOWS.values()]
    found = [step for step in steps if step]
    if len(found) != 1:
        raise LookupError(f"{len(found)} workflows have the step {tool.step} of {tool}")
    return found[0]


def in_order(workflow: str, steps: Iterable[StepName]) -> list[StepName]:
    """Names of steps in the order of their workflow; those that this version lacks by name."""
    known = find_workflow(workflow)
    return known.in_order(steps) if known else sorted(steps)


def is_intermediate(workflow: str, step: StepName, uri: S3Uri) -> bool:
    """True for an object that only later steps need; False for one of an unknown step."""
    known = find_workflow(workflow)
    definition = known.find(step) if known else None
    return definition is not None and definition.is_intermediate(uri)
