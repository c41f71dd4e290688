"""The order of a run's own steps: parts, first ones, branches side by side, and last ones."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain

from seqstack.domain.reads.parts import whole_step
from seqstack.domain.words import StepName
from seqstack.workflows.definition import WorkflowDefinition


@dataclass(frozen=True, slots=True)
class StepOrder:
    """How a state machine goes through the steps of a run.

    Attributes:
        parts: the steps that do a part of the work of others, side by side.
        first: the steps that come after no other but their parts.
        branches: lists of steps; branches run side by side, the steps of one in turn.
        last: the steps that come after steps of several branches, in turn.
        apart: lists of steps, if no step of one comes after any of another; all run side by side,
            the steps of one in turn. Then there are no others.
    """

    first: tuple[StepName, ...]
    branches: tuple[tuple[StepName, ...], ...]
    last: tuple[StepName, ...]
    parts: tuple[StepName, ...] = ()
    apart: tuple[tuple[StepName, ...], ...] = ()

    @property
    def stages(self) -> list[list[list[StepName]]]:
        """The stages of the run, one after the other; each has branches of steps."""
        stages = [
            [[name] for name in self.parts],
            [list(steps) for steps in self.apart],
            [list(self.first)],
            [list(branch) for branch in self.branches],
            [list(self.last)],
        ]
        return [stage for stage in stages if any(stage)]


def order_of_steps(workflow: WorkflowDefinition, names: Iterable[StepName]) -> StepOrder:
    """The order of some of a workflow's steps, which are the steps of one run."""
    own = frozenset(names)
    parts = tuple(workflow.in_order(name for name in own if whole_step(name)))
    if len(apart := _connected(workflow, own)) > 1:
        return StepOrder((), (), (), parts, tuple(map(tuple, apart)))
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
    return StepOrder(tuple(first), tuple(map(tuple, branches)), tuple(last), parts)


def _connected(workflow: WorkflowDefinition, own: Collection[StepName]) -> list[list[StepName]]:
    """The run's steps in lists of those that come after each other, in the workflow's order."""
    lists: list[list[StepName]] = []
    for step in workflow.steps:
        if step.name in own:
            joined = [each for each in lists if not {*step.after}.isdisjoint(each)]
            others = [each for each in lists if each not in joined]
            lists = [*others, workflow.in_order((*chain(*joined), step.name))]
    return lists
