"""A step's inputs that earlier steps of its run have written."""

from collections.abc import Iterable
from dataclasses import replace

from seqstack.domain.manifest import StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepState
from seqstack.tools.definition import MADE_BY_OPTION


def earlier_steps(plan: StepPlan, steps: Iterable[StepRow]) -> tuple[StepRow, ...]:
    """The run's steps whose outputs the planned step reads."""
    read = set(plan.inputs)
    return tuple(
        row for row in steps if row.step != plan.step and not read.isdisjoint(row.plan.outputs)
    )


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
    """The plan with an argument for each earlier step: the SHA-256 of its provenance.

    The provenance has the size, ETag and SHA-256 of the step's outputs, so one short argument
    covers all of them (a command has at most 8,192 characters). It differs between runs, so it is
    not part of the step's cache key.
    """
    arguments = [
        word
        for row in earlier_steps(plan, steps)
        for word in (MADE_BY_OPTION, f"{row.step}:{row.written[-1].sha256}")
    ]
    return replace(plan, command=(*plan.command, *arguments))
