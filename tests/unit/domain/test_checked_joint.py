"""The input of `joint_calling`, and the plan of its steps."""

from typing import Any

import pytest

from seqstack.domain.checked_joint import CheckedJoint
from seqstack.domain.checked_run import RunContent
from seqstack.domain.errors import InvalidInputError
from seqstack.domain.joint_run import joint_layout
from seqstack.domain.plan import JobDefinition, plan_steps
from seqstack.domain.s3uri import S3Uri
from tests.support.builders import RESULTS_BUCKET, stack_defaults

LIST = S3Uri(RESULTS_BUCKET, "cohorts/trio/joint/0.jsonl")
QC = {"qcFilesS3Path": f"s3://{RESULTS_BUCKET}/cohorts/trio/joint/0.qc.jsonl", "multiqc": {}}
GIB = 1 << 30
DEFINITION = JobDefinition("arn:merge:1", "registry.example/merge:1", 8, 14336)


def document(**changes: Any) -> dict[str, Any]:
    return {
        "cohortId": "trio",
        "gvcfsS3Path": str(LIST),
        "referenceS3Path": "s3://inputs/ref.fa",
        "annotationS3Path": "s3://inputs/genes.gff3",
        **changes,
    }


def problems(**changes: Any) -> list[str]:
    return [each.path for each in CheckedJoint.of(document(**changes), RESULTS_BUCKET).problems]


def plans(gib: int, samples: int, **changes: Any) -> Any:
    checked = CheckedJoint.of(document(**changes), RESULTS_BUCKET)
    run = checked.as_run_input(RunContent({LIST: "9:etag"}, samples=samples))
    definitions = dict.fromkeys(run.tools, DEFINITION)
    return plan_steps(run, stack_defaults(), definitions, {LIST: gib * GIB})


def test_sound_input_has_no_problem() -> None:
    assert problems() == []
    assert problems(**QC) == []
    assert problems(project="p", tags={"a": "b"}, snpEff={"cmdArgs": "-canon"}) == []


def test_reference_is_given_by_path_or_by_name() -> None:
    neither = document()
    del neither["referenceS3Path"], neither["annotationS3Path"]
    named = CheckedJoint.of(neither | {"reference": "GRCh38"}, RESULTS_BUCKET)

    assert list(named.problems) == []
    assert [each.path for each in CheckedJoint.of(neither, RESULTS_BUCKET).problems] == [
        "$.referenceS3Path",
        "$.annotationS3Path",
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"gvcfsS3Path": "list.jsonl"}, "$.gvcfsS3Path"),
        ({"sampleId": "a"}, "$.sampleId"),
        ({"bwa": {}}, "$.bwa"),
        ({"multiqc": {}}, "$.qcFilesS3Path"),
        ({"qcFilesS3Path": QC["qcFilesS3Path"]}, "$.multiqc"),
        ({**QC, "qcFilesS3Path": "s3://inputs/cohorts/qc.jsonl"}, "$.qcFilesS3Path"),
        ({**QC, "qcFilesS3Path": f"s3://{RESULTS_BUCKET}/qc.jsonl"}, "$.qcFilesS3Path"),
        ({"bcftoolsMerge": {"cmdArgs": "--force-samples"}}, "$.bcftoolsMerge.cmdArgs"),
        ({"resultsS3Path": "s3://other/results"}, "$.resultsS3Path"),
        ({"resultsS3Path": f"s3://{RESULTS_BUCKET}/inputs"}, "$.resultsS3Path"),
    ],
)
def test_wrong_input_is_refused_by_its_path(changes: dict[str, Any], path: str) -> None:
    assert problems(**changes) == [path]


def test_results_of_another_list_have_another_folder() -> None:
    results = S3Uri(RESULTS_BUCKET, "results/cohorts/trio/")
    merge, annotate, _ = plans(1, 12)
    folder = joint_layout(results, "9:etag").root

    assert merge.outputs[0] == folder / "vcf/variants/variants.vcf.gz"
    assert annotate.inputs[0] == merge.outputs[0]
    assert joint_layout(results, "9:other").root != folder
    assert "--sample_id" not in merge.command


def test_scratch_and_memory_follow_the_gvcfs() -> None:
    merge, annotate, _ = plans(100, 12)
    assert merge.scratch_gib == 200
    assert annotate.scratch_gib == 50
    assert merge.memory_mib == DEFINITION.memory_mib

    assert plans(1, 1000)[0].memory_mib == 22 * 1024


def test_report_reads_the_list_alone_and_has_memory_by_the_samples() -> None:
    folder = joint_layout(S3Uri(RESULTS_BUCKET, "results/cohorts/trio/"), "9:etag").root

    report = plans(1, 12, **QC)[-1]

    assert [str(uri) for uri in report.inputs] == [QC["qcFilesS3Path"]]
    assert report.outputs == tuple(
        folder / name
        for name in (
            *("qc/multiqc_report.html", "qc/multiqc_data.json", "qc/multiqc_general_stats.txt"),
            "provenance/aggregateQc.json",
        )
    )
    assert report.command[:6] == (
        *("--qc_files_s3_path", QC["qcFilesS3Path"]),
        *("--report_s3_path", str(folder / "qc/multiqc_report.html")),
        *("--cohort", "trio"),
    )
    assert report.memory_mib == DEFINITION.memory_mib
    assert plans(1, 10_000, **QC)[-1].memory_mib == 41 * 1024
    assert plans(1, 10_000, **{**QC, "multiqc": {"memory": 50}})[-1].memory_mib == 50 * 1024


def test_gvcfs_that_no_disk_holds_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="merge fewer samples") as refused:
        plans(100_000, 12)

    assert {each.path for each in refused.value.problems} == {"$.gvcfsS3Path"}
