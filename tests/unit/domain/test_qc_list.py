"""The list of the QC files of a cohort's samples."""

import json
from typing import Any

import pytest

from seqstack.domain.qc_list import ListedQc, read_qc_list
from seqstack.domain.results import ANNOTATION_STATISTICS, STATS, VARIANTS
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import ListedFile, list_text

FILES = {path: {"bytes": 9, "etag": "e1"} for path in (STATS, ANNOTATION_STATISTICS, VARIANTS)}


def line(**changes: Any) -> str:
    row = {"sampleId": "ann", "resultsS3Path": "s3://results/ann/", "files": FILES, **changes}
    return json.dumps(row)


def problems(*lines: str) -> list[str]:
    return read_qc_list("\n".join(lines))[1]


def test_list_is_read_as_it_is_written_in_the_order_of_names() -> None:
    files = {path: ListedFile(9, "e1") for path in FILES}
    samples = [ListedQc(name, S3Uri("results", f"{name}/"), files) for name in ("bob", "ann")]

    assert read_qc_list(list_text(samples)) == ((samples[1], samples[0]), [])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sampleId": "a b"}, "line 1: sampleId 'a b' is not a sample's name"),
        ({"resultsS3Path": "ann/"}, "line 1: resultsS3Path: 'ann/' is not an S3 URI"),
        ({"files": [STATS]}, "line 1: files is to have the size and ETag of each file"),
        ({"files": {**FILES, "bam/sorted.bam": FILES[STATS]}}, "line 1: bam/sorted.bam is none of"),
        ({"files": {**FILES, STATS: {"bytes": 0}}}, f"bytes is to be the size of {STATS}"),
        ({"files": {STATS: FILES[STATS]}}, f"line 1: ann has no {ANNOTATION_STATISTICS}"),
    ],
)  # fmt: skip
def test_line_that_is_wrong_is_named(changes: dict[str, Any], said: str) -> None:
    (found,) = problems(line(**changes))

    assert said in found


def test_what_is_no_line_is_named() -> None:
    assert problems("{")[0].startswith("line 1: is not JSON: ")
    assert problems("[]") == ["line 1: needs sampleId, resultsS3Path, files"]
    assert problems("") == ["it lists no sample"]


def test_samples_and_results_are_listed_once() -> None:
    assert problems(line(), line(resultsS3Path="s3://results/other/")) == [
        "the sample ann is listed twice"
    ]
    assert problems(line(), line(sampleId="bob")) == ["ann and bob have the same results"]
