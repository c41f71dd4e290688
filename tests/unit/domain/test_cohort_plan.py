"""The runs of a cohort: their inputs, ids, and what is left to do."""

from typing import Any

import pytest

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.cohort_plan import (
    Intent,
    content_id,
    next_run,
    run_document,
    start_delays,
)
from seqstack.domain.cohort_record import is_run_of
from seqstack.domain.records import RunRow
from seqstack.domain.run_names import RUN_ID
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_sheet import read_sheet
from seqstack.domain.words import RunState

FOLDER = S3Uri("sheets", "trio/")
SHARED = {
    "referenceS3Path": "s3://bkt/ref.fa",
    "annotationS3Path": "s3://bkt/g.gff3",
    "bcftools": {},
}
SHEET = b"""patient,sex,sample,lane,fastq_1,fastq_2,bam,centre
p1,XX,a,1,a1_1.fastq.gz,a1_2.fastq.gz,,Oslo
p1,XX,a,2,s3://other/a2_1.fastq.gz,s3://other/a2_2.fastq.gz,,Oslo
p2,,b,1,,,b.bam,
"""


def documents(**shared: Any) -> dict[str, dict[str, Any]]:
    samples = read_sheet(SHEET)
    return {
        sample.sample_id: run_document(sample, FOLDER, SHARED | shared, ("trio", len(samples)))
        for sample in samples
    }


def test_rows_of_a_sample_are_lanes_of_a_valid_input() -> None:
    document = documents()["a"]

    assert document["fastq1S3Path"] == [
        "s3://sheets/trio/a1_1.fastq.gz",
        "s3://other/a2_1.fastq.gz",
    ]
    assert document["fastq2S3Path"] == [
        "s3://sheets/trio/a1_2.fastq.gz",
        "s3://other/a2_2.fastq.gz",
    ]
    assert document["tags"] == {"patient": "p1", "sex": "female", "centre": "Oslo"}
    assert (document["cohortId"], document["cohortSize"]) == ("trio", 2)
    assert CheckedInput.of(document, "results").problems == ()


def test_key_of_alignments_is_only_in_inputs_with_alignments() -> None:
    both = documents(readsReferenceS3Path="s3://bkt/old.fa")

    assert "readsReferenceS3Path" not in both["a"]
    assert both["b"]["readsReferenceS3Path"] == "s3://bkt/old.fa"
    assert both["b"]["readsS3Path"] == ["s3://sheets/trio/b.bam"]
    assert all(CheckedInput.of(each, "results").problems == () for each in both.values())


def test_own_tags_of_the_sheet_go_before_shared_ones() -> None:
    assert documents(tags={"centre": "Bergen", "batch": "7"})["a"]["tags"] == {
        "patient": "p1",
        "sex": "female",
        "centre": "Oslo",
        "batch": "7",
    }


def test_id_is_a_name_that_step_functions_and_batch_take() -> None:
    run_id, _ = next_run(content_id(documents()["a"], ["1:etag"]), [])

    assert RUN_ID.fullmatch(run_id)
    assert is_run_of("trio", run_id)
    assert not is_run_of("other", run_id)
    # <runId>-<step>-<retry>-<redrive>, with a step of 16 letters
    assert len(f"{run_id[:-1]}9999-{'s' * 16}-10-99") <= 80


@pytest.mark.parametrize(
    ("change", "reads", "is_same"),
    [
        ({"cohortSize": 9}, "e", True),
        ({"tags": {"batch": "other", "sex": "female"}}, "e", True),
        ({"tags": {"sex": "male"}}, "e", False),
        ({"project": "p", "submitter": "s", "cache": False}, "e", True),
        ({}, "other reads", False),
        ({"cohortId": "other"}, "e", False),
        ({"referenceS3Path": "s3://bkt/new.fa"}, "e", False),
        ({"bwa": {"cmdArgs": "-M"}}, "e", False),
        ({"sampleId": "z"}, "e", False),
    ],
)
def test_id_changes_with_what_changes_the_results(
    change: dict[str, Any], reads: str, is_same: bool
) -> None:
    document = documents()["a"]

    changed = content_id(document | change, [reads])

    assert (changed == content_id(document, ["e"])) is is_same


def run(run_id: str, state: RunState, day: int = 1, sample: str = "a") -> RunRow:
    return RunRow(run_id, sample, state, f"2026-01-{day:02}T00:00:00.000Z")


CONTENT = content_id(documents()["a"], ["e"])
OTHER = content_id(documents()["a"], ["f"])


@pytest.mark.parametrize(
    ("earlier", "number", "intent"),
    [
        ([], 1, Intent.NEW),
        ([run(f"{OTHER}-3", RunState.SUCCEEDED), run("by-hand", RunState.FAILED)], 1, Intent.NEW),
        ([run(f"{CONTENT}-1", RunState.RUNNING)], 1, Intent.FOLLOW),
        ([run(f"{CONTENT}-1", RunState.FAILED)], 2, Intent.AGAIN),
        ([run(f"{CONTENT}-1", RunState.FAILED), run(f"{CONTENT}-2", RunState.ABORTED)], 3, "again"),
        (
            [run(f"{CONTENT}-2", RunState.SUCCEEDED), run(f"{CONTENT}-1", RunState.FAILED)],
            2,
            "done",
        ),
        (
            [run(f"{CONTENT}-9", RunState.FAILED), run(f"{CONTENT}-10", RunState.RUNNING)],
            10,
            "follow",
        ),
        (  # its files were changed and changed back: the other run's results are in its folder
            [run(f"{CONTENT}-1", RunState.SUCCEEDED), run(f"{OTHER}-1", RunState.SUCCEEDED, day=2)],
            2,
            "again",
        ),
        (
            [run(f"{CONTENT}-1", RunState.SUCCEEDED), run(f"{OTHER}-1", RunState.FAILED, day=2)],
            2,
            "again",
        ),
        (
            [
                run(f"{CONTENT}-1", RunState.SUCCEEDED),
                run(f"{OTHER}-1", RunState.SUCCEEDED, day=2),
                run(f"{CONTENT}-2", RunState.SUCCEEDED, day=3),
            ],
            2,
            "done",
        ),
        (
            [
                run(f"{CONTENT}-1", RunState.SUCCEEDED),
                run(f"{OTHER}-1", RunState.SUCCEEDED, day=2, sample="b"),
            ],
            1,
            "done",
        ),
        (  # joint calls, each with a folder of its own
            [
                run(f"{CONTENT}-1", RunState.SUCCEEDED, sample=""),
                run(f"{OTHER}-1", RunState.SUCCEEDED, day=2, sample=""),
            ],
            1,
            "done",
        ),
    ],
)
def test_next_run_of_a_content_follows_from_its_earlier_runs(
    earlier: list[RunRow], number: int, intent: str
) -> None:
    assert next_run(CONTENT, earlier) == (f"{CONTENT}-{number}", intent)


def test_next_run_of_a_content_whose_results_are_lost_is_another_try() -> None:
    earlier = [run(f"{CONTENT}-{number}", RunState.SUCCEEDED, day=number) for number in (1, 2)]

    assert next_run(CONTENT, earlier, {f"{CONTENT}-1"}) == (f"{CONTENT}-2", "done")
    assert next_run(CONTENT, earlier, {f"{CONTENT}-1", f"{CONTENT}-2"}) == (
        f"{CONTENT}-3",
        "again",
    )


def test_first_samples_are_spread_and_others_wait_for_a_place_only() -> None:
    assert start_delays(12, 11) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 0]
    assert max(start_delays(10_000, 10_000)) == 1_999
