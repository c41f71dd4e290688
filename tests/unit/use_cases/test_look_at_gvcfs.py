"""The lists of a joint call are of the same samples, or nothing is started."""

import json
from collections.abc import Iterable

from seqstack.domain.checked_joint import CheckedJoint
from seqstack.domain.gvcf_list import ListedGvcf
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.qc_list import NEEDED, ListedQc
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import ListedFile, list_text
from seqstack.use_cases.look_at_gvcfs import look_at_gvcfs
from tests.support.builders import RESULTS_BUCKET

GVCFS, QC_FILES = (
    S3Uri(RESULTS_BUCKET, f"cohorts/trio/joint/0{end}") for end in (".jsonl", ".qc.jsonl")
)


def gvcf(name: str) -> ListedGvcf:
    return ListedGvcf(name, S3Uri(RESULTS_BUCKET, f"{name}.g.vcf.gz"), 9, name)


def qc(name: str, bucket: str = RESULTS_BUCKET) -> ListedQc:
    return ListedQc(name, S3Uri(bucket, f"{name}/"), {path: ListedFile(9, "e1") for path in NEEDED})


def problems(gvcfs: Iterable[ListedGvcf], text: str | None) -> list[str]:
    """The problems of both lists; a list of QC files without text is absent."""
    gvcfs = list(gvcfs)
    document = {
        "cohortId": "trio",
        "gvcfsS3Path": str(GVCFS),
        "qcFilesS3Path": str(QC_FILES),
        "referenceS3Path": "s3://inputs/ref.fa",
        "multiqc": {},
    }
    texts = {GVCFS: list_text(gvcfs)} | ({} if text is None else {QC_FILES: text})
    objects = {uri: each for each in gvcfs for uri in (each.uri, each.index)}
    found = ObjectsFound(
        {**dict.fromkeys(objects, 9), **{uri: len(body) for uri, body in texts.items()}},
        {},
        {uri: each.etag for uri, each in objects.items()},
    )
    look = look_at_gvcfs(
        CheckedJoint.of(document, RESULTS_BUCKET),
        found,
        lambda uri, _most: (texts[uri].encode(), "etag"),
        lambda _uris: found,
    )
    return [f"{each.path} {each.message}" for each in look.problems]


def said(text: str) -> str:
    return f"$.qcFilesS3Path {QC_FILES}: {text}"


def test_lists_of_the_same_samples_have_no_problem() -> None:
    assert problems(map(gvcf, "ab"), list_text(map(qc, "ba"))) == []


def test_list_that_does_not_exist_is_reported_once_elsewhere() -> None:
    assert problems(map(gvcf, "ab"), None) == []


def test_sample_of_one_list_alone_is_named() -> None:
    assert problems(map(gvcf, "ab"), list_text(map(qc, "bc"))) == [
        said("a is in gvcfsS3Path, and not here"),
        said("c is not in gvcfsS3Path"),
    ]


def test_results_that_the_job_may_not_read_are_refused() -> None:
    assert problems([gvcf("a")], list_text([qc("a", "other-bucket")])) == [
        said("s3://other-bucket/a/ of a is in another bucket than the list")
    ]


def test_line_that_is_wrong_is_named() -> None:
    assert problems([gvcf("a")], json.dumps({"sampleId": "a"})) == [
        said("line 1: needs sampleId, resultsS3Path, files")
    ]
