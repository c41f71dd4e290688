"""The same damaged reads are not aligned again; mended ones are."""

from dataclasses import replace

import pytest

from seqstack.domain.classification import failure_cause
from seqstack.domain.errors import InvalidInputError
from seqstack.domain.failures import Failure
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState
from tests.support.builders import RUN_ID, attempt, exome_input, job_record
from tests.unit.use_cases.test_validate_run import World

READS = "fastq2S3Path"
LOG = [
    "2026-11-29T14:16:33Z do: copy it again",
    "2026-11-29T14:16:33Z FAILED align/bwa: {name} is not a complete gzip file; exit code 65",
]


def failed(exit_code: int, name: str, step: str = "align") -> Failure:
    ended = attempt(exit_code, "", "Essential container in task exited")
    job = job_record("FAILED", attempts=[ended], container=ended["container"])
    cause = failure_cause(job, step, "bwa", [line.replace("{name}", name) for line in LOG])
    return Failure("ToolFailedError", cause)


@pytest.fixture
def world() -> World:
    """With a run of the input that has failed on its second reads."""
    world = World()
    world.validate(exome_input())
    end(world, failed(65, S3Uri.parse(exome_input()[READS]).name))
    return world


def end(world: World, failure: Failure) -> None:
    run = replace(world.ledger.runs[RUN_ID], state=RunState.FAILED, failure=failure)
    world.ledger.runs[RUN_ID] = run


def test_same_reads_are_refused_with_the_file_and_the_cure(world: World) -> None:
    with pytest.raises(InvalidInputError) as refused:
        world.validate(exome_input(), run_id="another")

    (problem,) = refused.value.problems
    assert problem.path == f"$.{READS}"
    name = S3Uri.parse(exome_input()[READS]).name
    assert problem.message == (
        f"{exome_input()[READS]} has not changed since run {RUN_ID} failed on it: {name} is not a "
        "complete gzip file; do: copy it again. Replace it, under the same key or another one; "
        '"cache": false runs it as it is'
    )
    assert list(world.ledger.runs) == [RUN_ID]


def test_mended_reads_under_the_same_key_are_accepted(world: World) -> None:
    world.objects.sizes[exome_input()[READS]] = 1025

    assert world.validate(exome_input(), run_id="another").state is RunState.RUNNING


def test_another_aligner_gets_its_chance(world: World) -> None:
    document = exome_input(minimap2={}, bwa=None)

    assert world.validate(document, run_id="another").state is RunState.RUNNING


def test_reads_without_reuse_are_aligned_again(world: World) -> None:
    end(world, failed(65, "reads"))

    assert world.validate(exome_input(cache=False), run_id="another").state is RunState.RUNNING


@pytest.mark.parametrize(
    "failure",
    [
        failed(80, "reads"),
        failed(137, "reads"),
        failed(65, "reads", step="annotate"),
        Failure("StoppedByUser", "stopped by me"),
        Failure("ToolFailedError", ""),
    ],
)
def test_run_that_failed_otherwise_is_resumed(world: World, failure: Failure) -> None:
    end(world, failure)

    assert world.validate(exome_input(), run_id="another").state is RunState.RUNNING


def test_no_file_is_named_if_the_container_named_none(world: World) -> None:
    end(world, failed(65, "the third read"))

    with pytest.raises(InvalidInputError) as refused:
        world.validate(exome_input(), run_id="another")

    (problem,) = refused.value.problems
    assert problem.path == "$"
    assert problem.message.startswith(f"no input has changed since run {RUN_ID} failed on it: the ")


def test_index_that_is_named_is_not_taken_for_its_reference(world: World) -> None:
    end(world, failed(65, "reference/genome.fa.bwt"))

    with pytest.raises(InvalidInputError) as refused:
        world.validate(exome_input(), run_id="another")

    (problem,) = refused.value.problems
    assert problem.path == "$.referenceS3Path"
    assert "genome.fa.bwt has not changed" in problem.message
