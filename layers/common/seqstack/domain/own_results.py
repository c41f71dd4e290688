"""A step's inputs that earlier steps of its run have written."""

from collections.abc import Iterable

from seqstack.domain.manifest import StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepState


def earlier_steps(plan: StepPlan, steps: Iterable[StepRow]) -> tuple[StepRow, ...]:
    """The run's steps whose outputs the planned step reads."""
    return tuple(row for row in steps if plan.reads_from(row.plan))


def own_inputs(plan: StepPlan, steps: Iterable[StepRow]) -> dict[S3Uri, StoredObject]:
    """The step's inputs that earlier steps of its run have written, as recorded then."""
    read = set(plan.inputs)
    rows = earlier_steps(plan, steps)
    return {item.uri: item for row in rows for item in row.written if item.uri in read}


def unfinished(plan: StepPlan, steps: Iterable[StepRow]) -> list[StepRow]:
    """The earlier steps that have no results yet."""
    return [
        row
        for row in earlier_steps(plan, steps)
        if row.state is not StepState.SUCCEEDED or not row.written
    ]


def told_of_earlier(plan: StepPlan, steps: Iterable[StepRow]) -> StepPlan:
    """The plan as it is submitted, with the SHA-256 of the provenance of each earlier step.

    The provenance has the size, ETag and SHA-256 of the step's outputs, so one short argument
    covers all of them. It differs between runs, so it is not part of the step's cache key.
    """
    return plan.as_submitted(
        {row.step: row.written[-1].sha256 for row in earlier_steps(plan, steps)}
    )
