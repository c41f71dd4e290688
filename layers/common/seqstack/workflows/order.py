"""The order of a run's own steps: first ones, branches side by side, and last ones."""

from collections.abc import Iterable
from dataclasses import dataclass

from seqstack.domain.words import StepName
from seqstack.workflows.definition import WorkflowDefinition


@dataclass(frozen=True, slots=True)
class StepOrder:
    """How a state machine goes through the steps of a run.

    Attributes:
        first: the steps that come after no other, which the state machine names itself.
        branches: lists of steps; branches run side by side, the steps of one in turn.
        last: the steps that come after steps of several branches, in turn.
    """

    first: tuple[StepName, ...]
    branches: tuple[tuple[StepName, ...], ...]
    last: tuple[StepName, ...]


def order_of_steps(workflow: WorkflowDefinition, names: Iterable[StepName]) -> StepOrder:
    """The order of some of a workflow's steps, which are the steps of one run."""
    own = frozenset(names)
    first: list[StepName] = []
    branches: list[list[StepName]] = []
    last: list[StepName] = []
    for step in workflow.steps:
        if step.name not in own:
            continue
        before = own & {*step.after}
        needed = [branch for branch in branches if before & {*branch}]
        if not before:
            first.append(step.name)
        elif len(needed) > 1 or before & {*last}:
            last.append(step.name)
        elif needed:
            needed[0].append(step.name)
        else:
            branches.append([step.name])
    return StepOrder(tuple(first), tuple(map(tuple, branches)), tuple(last))
