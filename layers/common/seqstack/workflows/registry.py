"""The registry of workflows: one line each.

The checks of their inputs are in `workflows.checks`, which only validation and the API load.
"""

from collections.abc import Iterable

from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import StepDefinition, WorkflowDefinition
from seqstack.workflows.joint_calling import JOINT_CALLING
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

WORKFLOWS = {
    each.name: each
    for each in [
        SECONDARY_ANALYSIS,
        PREPARE_REFERENCE,
        JOINT_CALLING,
    ]
}
"""Every workflow by its name."""


def find_workflow(name: str) -> WorkflowDefinition | None:
    """A workflow by its name, or None if this version does not have it."""
    return WORKFLOWS.get(name)


def step_of(tool: Tool) -> StepDefinition:
    """The step of a tool; of the first workflow, if several have it.

    Raises:
        LookupError: no workflow has that step, or two have it on different queues.
    """
    steps = [each.find(tool.step) for each in WORKFLOWS.values()]
    found = [step for step in steps if step]
    if len({step.queue for step in found}) != 1:
        raise LookupError(f"{len(found)} workflows have the step {tool.step} of {tool}")
    return found[0]


def in_order(workflow: str, steps: Iterable[StepName]) -> list[StepName]:
    """Names of steps in the order of their workflow, then unknown ones by name."""
    known = find_workflow(workflow)
    return known.in_order(steps) if known else sorted(steps)


def is_intermediate(workflow: str, step: StepName, uri: S3Uri) -> bool:
    """True for an object that only later steps need; False for one of an unknown step."""
    known = find_workflow(workflow)
    definition = known.find(step) if known else None
    return definition is not None and definition.is_intermediate(uri)
