"""What a step reads of the results of its own run, by their identity."""

from collections.abc import Iterable
from dataclasses import replace

from seqstack.domain.manifest import StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepState
from seqstack.tools.definition import MADE_BY_OPTION


def earlier_steps(plan: StepPlan, steps: Iterable[StepRow]) -> tuple[StepRow, ...]:
    """Those of a run's steps whose outputs the planned step reads."""
    read = set(plan.inputs)
    return tuple(
        row for row in steps if row.step != plan.step and not read.isdisjoint(row.plan.outputs)
    )


def own_inputs(plan: StepPlan, steps: Iterable[StepRow]) -> dict[S3Uri, StoredObject]:
    """Those of the step's inputs that earlier steps of its run have written, as they wrote them."""
    read = set(plan.inputs)
    rows = earlier_steps(plan, steps)
    return {item.uri: item for row in rows for item in row.written if item.uri in read}


def unfinished(plan: StepPlan, steps: Iterable[StepRow]) -> list[StepRow]:
    """The earlier steps whose results the planned step can't read yet."""
    return [
        row
        for row in earlier_steps(plan, steps)
        if row.state is not StepState.SUCCEEDED or not row.written
    ]


def told_of_earlier(plan: StepPlan, steps: Iterable[StepRow]) -> StepPlan:
    """The plan with what its job is told of each earlier step: the SHA-256 of its provenance.

    That names the step's outputs by size, ETag and SHA-256, so that one short argument (a command
    has at most 8,192 characters) stands for all of them. It differs from run to run, and is no
    part of the step's cache key.
    """
    told = [
        word
        for row in earlier_steps(plan, steps)
        for word in (MADE_BY_OPTION, f"{row.step}:{row.written[-1].sha256}")
    ]
    return replace(plan, command=(*plan.command, *told))
