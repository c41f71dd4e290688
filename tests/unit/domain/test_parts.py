"""An alignment in parts: how many, their steps, what their jobs read, write and need."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from seqstack.domain import plan as plan_module
from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.checked_run import RunContent
from seqstack.domain.errors import InvalidInputError
from seqstack.domain.number_of_parts import number_of_parts
from seqstack.domain.own_results import told_of_earlier
from seqstack.domain.plan import StepPlan, plan_steps
from seqstack.domain.reads.parts import MAX_PARTS, Part, whole_step
from seqstack.domain.records import StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.scratch import GIB
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import Step, StepState
from seqstack.workflows.order import order_of_steps
from seqstack.workflows.registry import in_order, is_intermediate
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import (
    RESULTS_BUCKET,
    RUN_ID,
    SOURCE_BUCKET,
    exome_input,
    stack_defaults,
    written_objects,
)
from tests.unit.domain.test_checked_input import paths
from tests.unit.domain.test_plan import DEFINITIONS, option

GENOME = 64 * GIB


def plans(size: int = GENOME, regions: Any = None, **changes: Any) -> dict[str, StepPlan]:
    """The plans of a run whose FASTQ files have `size` bytes together."""
    checked = CheckedInput.of(exome_input(**changes), RESULTS_BUCKET)
    assert not checked.problems
    uris = [item.uri for item in checked.objects_read() if "fastq" in item.path]
    sizes = {uri: size // len(uris) for uri in uris}
    run = checked.as_run_input(RunContent(sizes=sizes, regions=regions or {}))
    definitions = {
        step.name: DEFINITIONS[Step.ALIGN if "Part" in step.name else step.name]
        for step in run.steps
    }
    return {plan.step: plan for plan in plan_steps(run, stack_defaults(), definitions, sizes)}


@pytest.mark.parametrize(
    ("asked", "gib", "sequencing", "number"),
    [
        (None, 64, None, 16),  # of 4 GiB
        (None, 64, Sequencing.GENOME, 16),
        (None, 64, Sequencing.EXOME, 1),
        (None, 13, None, 1),  # 3 parts are not worth it
        (None, 15, None, 4),
        (None, 1000, None, MAX_PARTS),
        (True, 64, Sequencing.EXOME, 16),
        (True, 1, None, 2),
        (False, 64, None, 1),
        (7, 1, None, 7),
    ],
)
def test_number_of_parts_is_as_asked_or_by_the_size(
    asked: bool | int | None, gib: int, sequencing: Sequencing | None, number: int
) -> None:
    assert number_of_parts(asked, gib * GIB, sequencing) == number


def test_parts_all_run_at_the_same_time() -> None:
    assert MAX_PARTS <= 40  # iterations of an inline Map


def test_part_is_read_from_its_text() -> None:
    assert Part.parse("3/16") == Part(3, 16)
    assert str(Part(3, 16)) == "3/16"
    for text in ("0/2", "3/2", "1", "1/2/3", "x/2"):
        with pytest.raises(ValueError, match="is no part"):
            Part.parse(text)


def test_every_byte_belongs_to_one_part() -> None:
    assert [Part(1, 3).number_at(position, 7) for position in range(7)] == [1, 1, 1, 2, 2, 3, 3]


def test_step_of_a_part_names_its_whole() -> None:
    assert whole_step("alignPart12") == ("align", 12)
    assert whole_step("align") is None


def test_genome_is_aligned_in_parts_which_one_job_joins() -> None:
    made = plans(sequencing="genome")
    parts = [f"alignPart{number}" for number in range(1, 17)]
    assert list(made) == [*parts, *SECONDARY_ANALYSIS.default_tools]
    part, join = made["alignPart2"], made["align"]
    root = "/".join(str(join.outputs[0]).split("/")[:-2])

    assert option(part, "--part") == "2/16"
    assert option(part, "--provenance_s3_path") == f"{root}/provenance/alignPart2.json"
    assert [str(uri) for uri in part.outputs] == [
        f"{root}/bam/parts/part2.bam",
        f"{root}/provenance/alignPart2.json",
    ]
    assert option(join, "--parts") == "16"
    assert [str(uri) for uri in join.inputs if "/parts/" in uri.key] == [
        f"{root}/bam/parts/part{number}.bam" for number in range(1, 17)
    ]
    assert not any("fastq" in uri.key for uri in join.inputs)
    assert join.outputs == plans(alignInParts=False)["align"].outputs


def test_part_needs_its_share_of_time_and_all_reads_on_its_disk() -> None:
    whole, part = plans(alignInParts=False)["align"], plans(alignInParts=4)["alignPart1"]

    assert part.expected_seconds == pytest.approx(whole.expected_seconds / 4, abs=1)
    # all reads, and a quarter of what is made of them, which takes three times as much
    assert (whole.scratch_gib, part.scratch_gib) == (4 * 64, 64 + 3 * 64 // 4)
    assert not plans(alignInParts=4)["align"].leaves_spot_at_once
    assert whole.leaves_spot_at_once


def test_parts_run_side_by_side_before_they_are_joined() -> None:
    names = plans(alignInParts=11)

    stages = order_of_steps(SECONDARY_ANALYSIS, names).stages
    assert stages[:2] == [[[f"alignPart{number}"] for number in range(1, 12)], [["align"]]]
    assert in_order("secondary_analysis", sorted(names)) == list(names)


def test_objects_of_parts_may_expire_after_the_run() -> None:
    uri = S3Uri.parse("s3://bucket/results/S1/bam/parts/part3.bam")

    assert is_intermediate("secondary_analysis", "alignPart3", uri)
    assert not is_intermediate("secondary_analysis", "annotatePart3", uri)


def test_alignment_as_cram_is_written_once() -> None:
    made = plans(alignInParts=2, alignmentFormat="cram")

    assert not any(uri.key.endswith(".cram") for uri in made["alignPart1"].outputs)
    assert any(uri.key.endswith(".cram") for uri in made["align"].outputs)


def test_reads_of_another_region_are_fetched_once_unless_parts_are_asked_for() -> None:
    bucket = S3Uri.parse(exome_input()["fastq1S3Path"]).bucket

    assert "alignPart1" not in plans(regions={bucket: "eu-west-1"})
    assert "alignPart2" in plans(regions={bucket: "eu-west-1"}, alignInParts=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"isaac": {}, "bwa": None, "alignInParts": True},
        {"alignInParts": 1},
        {"alignInParts": 33},
        {"alignInParts": "yes"},
        {
            "readsS3Path": "s3://amzn-s3-demo-source-bucket/reads.bam",
            "fastq1S3Path": None,
            "fastq2S3Path": None,
            "alignInParts": 2,
        },
    ],
)
def test_parts_that_cannot_be_are_refused(changes: dict[str, Any]) -> None:
    assert paths(exome_input(**changes)) == ["$.alignInParts"]


def test_isaac_aligns_a_genome_at_once() -> None:
    assert "alignPart1" not in plans(isaac={}, bwa=None)


def lanes(count: int, characters: int) -> dict[str, Any]:
    """FASTQ files of so many lanes, whose URIs have so many characters."""
    folder = f"s3://{SOURCE_BUCKET}/"
    folder += "k" * (characters - len(f"{folder}/L01_1.fastq.gz"))
    return {
        f"fastq{side}S3Path": [f"{folder}/L{n:02}_{side}.fastq.gz" for n in range(count)]
        for side in (1, 2)
    }


def submitted(made: Mapping[str, StepPlan], step: str) -> tuple[str, ...]:
    """The arguments of a step's job, after all other steps have succeeded."""
    rows = [
        StepRow(RUN_ID, plan, StepState.SUCCEEDED, 1, written=written_objects(plan))
        for plan in made.values()
    ]
    return told_of_earlier(made[step], rows).command


@pytest.mark.parametrize(("count", "characters"), [(1, 64), (24, 112), (26, 112)])
def test_job_that_joins_the_most_parts_of_many_lanes_can_be_submitted(
    count: int, characters: int
) -> None:
    made = plans(alignInParts=MAX_PARTS, **lanes(count, characters))

    joins = submitted(made, "align")

    # half of what ECS allows, whatever the lanes
    assert len(json.dumps(joins)) < 8_192 / 2
    assert not any("fastq" in word for word in joins)
    told = [word.partition(":")[0] for word in joins if word.startswith("alignPart")]
    assert told == [f"alignPart{number}" for number in range(1, MAX_PARTS + 1)]
    # all that it had before, so that its cache key is the same
    assert made["align"].command.count("--fastq1_s3_path") == 1
    assert set(joins) - set(made["align"].command) == {
        "--made_by",
        *(word for word in joins if word.startswith("alignPart")),
    }
    assert submitted(made, "alignPart1") == made["alignPart1"].command


def test_validation_measures_what_is_submitted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plans(alignInParts=MAX_PARTS)
    lengths = {step: len(json.dumps(submitted(made, step))) for step in made}
    longest = lengths["align"]
    assert max(lengths.values()) == longest > 32 * 85

    monkeypatch.setattr(plan_module, "MAX_COMMAND_CHARACTERS", longest)
    plans(alignInParts=MAX_PARTS)
    monkeypatch.setattr(plan_module, "MAX_COMMAND_CHARACTERS", longest - 1)
    with pytest.raises(InvalidInputError, match=f"the job's arguments have {longest:,} characters"):
        plans(alignInParts=MAX_PARTS)


def test_parts_of_more_lanes_than_a_job_can_be_given_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"\$\.bwa: the job's arguments have 7,"):
        plans(alignInParts=MAX_PARTS, **lanes(29, 112))
