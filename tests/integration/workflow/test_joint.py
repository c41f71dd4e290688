"""The joint VCF of a cohort, in the emulator with scripted jobs."""

from typing import Any

import pytest

from emulator.engine.batch.runner import Outcome
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState, StepState
from seqstack.domain.workflow_names import JOINT_CALLING_NAME
from tests.harness.scripted import Act
from tests.support.cohorts import Cohort
from tests.support.samples import INPUTS
from tests.support.workflow_world import World


def joint_runs(cohort: Cohort) -> list[RunRow]:
    return [run for run in cohort.runs if run.workflow == JOINT_CALLING_NAME]


def sample_runs(cohort: Cohort) -> dict[str, str]:
    return {run.sample_id: run.run_id for run in cohort.runs if run.sample_id}


def test_samples_are_merged_once_they_have_ended_and_a_further_one_merges_again(
    world: World,
) -> None:
    cohort = Cohort(world, joint={})
    rows = [cohort.row("b"), cohort.row("a")]
    cohort.write(rows)

    ended = cohort.run()

    assert ended.execution["status"] == "SUCCEEDED", ended.cause
    (run,) = joint_runs(cohort)
    assert (run.state, run.sample_id) == (RunState.SUCCEEDED, "")
    assert run.tools == {
        "mergeGvcfs": "bcftoolsMerge",
        "annotate": "snpEff",
        "tabulateVariants": "parquet",
        "aggregateQc": "multiqc",
    }
    plan = cohort.record.plan["joint"]
    assert (plan["runId"], plan["samples"], plan["of"]) == (run.run_id, 2, 2)
    steps = {row.step: row for row in world.ledger.history(run.run_id).steps}
    listed = steps["mergeGvcfs"].plan.inputs[0]
    lines = cohort.lines(str(listed))
    assert [line["sampleId"] for line in lines] == ["a", "b"]
    called = world.ledger.step(sample_runs(cohort)["a"], "callVariants").written
    (gvcf,) = (item for item in called if item.uri.name == "genome.vcf.gz")
    assert lines[0] == {
        "sampleId": "a",
        "gvcfS3Path": str(gvcf.uri),
        "bytes": gvcf.size,
        "etag": gvcf.etag,
    }
    assert run.input_bytes == sum(line["bytes"] for line in lines)
    assert {str(item.uri) for item in steps["annotate"].written} >= {
        f"{plan['results']}vcf/annotated/variants.ann.vcf.gz"
    }
    report = next(item for item in steps["aggregateQc"].written if item.uri.name.endswith("html"))
    assert str(report.uri) == plan["report"] == f"{plan['results']}qc/multiqc_report.html"
    (qc_files,) = steps["aggregateQc"].plan.inputs
    assert_lists_what_runs_recorded(cohort, cohort.lines(str(qc_files)))
    first = sample_runs(cohort)

    assert cohort.run().execution["status"] == "SUCCEEDED"
    assert [each.run_id for each in joint_runs(cohort)] == [run.run_id]

    cohort.write([*rows, cohort.row("c")])
    assert cohort.run().execution["status"] == "SUCCEEDED"
    _, more = sorted(joint_runs(cohort), key=lambda each: each.started_at)
    assert (more.state, cohort.record.plan["joint"]["runId"]) == (RunState.SUCCEEDED, more.run_id)
    assert more.results_folder != run.results_folder
    assert sample_runs(cohort).items() > first.items()
    assert {name: len(states) for name, states in cohort.states().items()} == {
        "a": 1,
        "b": 1,
        "c": 1,
        "": 2,
    }


def assert_lists_what_runs_recorded(cohort: Cohort, lines: list[dict[str, Any]]) -> None:
    assert [line["sampleId"] for line in lines] == ["a", "b"]
    for line in lines:
        history = cohort.world.ledger.history(sample_runs(cohort)[line["sampleId"]])
        recorded = {
            str(item.uri): {"bytes": item.size, "etag": item.etag}
            for step in history.steps
            for item in step.written
        }
        assert line["files"].keys() == {
            *("stats/bam_stats.dat", "vcf/annotated/snpEff_summary.csv"),
            *("vcf/variants/variants.vcf.gz", "qc/coverage_metrics.txt"),
            "qc/insert_size_metrics.txt",
        }
        for path, listed in line["files"].items():
            assert recorded[line["resultsS3Path"] + path] == listed


@pytest.mark.long
def test_joint_vcf_that_was_deleted_is_made_again(world: World) -> None:
    cohort = Cohort(world, joint={})
    cohort.write([cohort.row("a")])
    assert cohort.run().execution["status"] == "SUCCEEDED"
    (first,) = joint_runs(cohort)
    cohort.delete_results(first.run_id)

    again = cohort.run()

    assert again.execution["status"] == "SUCCEEDED", again.cause
    (second,) = (run for run in joint_runs(cohort) if run.run_id != first.run_id)
    assert (second.state, second.results_folder) == (RunState.SUCCEEDED, first.results_folder)
    merged = world.ledger.step(second.run_id, "mergeGvcfs")
    assert (merged.state, merged.reused_from) == (StepState.SUCCEEDED, "")
    assert len(sample_runs(cohort)) == 1


@pytest.mark.long
def test_joint_call_is_made_again_with_another_annotation_under_the_same_key(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    genes = world.emulator.client("s3").get_object(Bucket=INPUTS, Key="genes.gff3")["Body"].read()
    shared = cohort.document()["run"] | {"annotationS3Path": cohort.shared("genes.gff3", genes)}
    assert cohort.run(run=shared, joint={}).execution["status"] == "SUCCEEDED"
    (first,) = joint_runs(cohort)

    cohort.shared("genes.gff3", genes + b"# corrected\n")
    again = cohort.run(run=shared, joint={})

    assert again.execution["status"] == "SUCCEEDED", again.cause
    (second,) = (run for run in joint_runs(cohort) if run.run_id != first.run_id)
    steps = {row.step: row.reused_from for row in world.ledger.history(second.run_id).steps}
    assert (steps["mergeGvcfs"], steps["annotate"]) == (first.run_id, "")


@pytest.mark.long
def test_report_does_not_wait_for_the_merge(world: World) -> None:
    cohort = Cohort(world, joint={})
    cohort.write([cohort.row("a")])
    world.play({"-1-mergeGvcfs-1": [Act.hang()]})

    execution = cohort.start()

    world.until(lambda: bool(joint_runs(cohort)))
    run_id = joint_runs(cohort)[0].run_id
    world.until(
        lambda: (
            world.ledger.step(run_id, "aggregateQc").state is StepState.SUCCEEDED
            and f"{run_id}-mergeGvcfs-1" in world.running_jobs()
        )
    )
    world.end("-1-mergeGvcfs-1", Outcome(0))
    ended = world.wait(execution)
    assert ended.execution["status"] == "SUCCEEDED", ended.cause


@pytest.mark.long
def test_run_that_recorded_no_file_of_quality_control_is_named_and_its_gvcf_merged(
    world: World,
) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row(name) for name in "ab"])
    assert cohort.run().execution["status"] == "SUCCEEDED"
    assert have_written(world, sample_runs(cohort)["b"], "alignmentStats", [])

    ended = cohort.run(joint={})

    assert ended.execution["status"] == "SUCCEEDED", ended.cause
    (run,) = joint_runs(cohort)
    assert "aggregateQc" not in run.tools
    plan = cohort.record.plan["joint"]
    assert plan["reportMessage"] == (
        "no MultiQC report of all samples: the runs of b recorded no stats/bam_stats.dat"
    )
    assert "report" not in plan


@pytest.mark.long
def test_joint_vcf_of_an_earlier_version_gets_the_report_alone(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    assert cohort.run().execution["status"] == "SUCCEEDED"
    sample = sample_runs(cohort)["a"]
    kept = have_written(world, sample, "alignmentStats", [])
    assert cohort.run(joint={}).execution["status"] == "SUCCEEDED"  # as without a list of QC files
    (before,) = joint_runs(cohort)

    assert kept
    have_written(world, sample, "alignmentStats", kept)
    ended = cohort.run(joint={})

    assert ended.execution["status"] == "SUCCEEDED", ended.cause
    _, after = sorted(joint_runs(cohort), key=lambda each: each.started_at)
    assert after.results_folder == before.results_folder
    origins = {row.step: row.reused_from for row in world.ledger.history(after.run_id).steps}
    assert origins == {
        **dict.fromkeys(("mergeGvcfs", "annotate", "tabulateVariants"), before.run_id),
        "aggregateQc": "",
    }


def have_written(world: World, run_id: str, step: str, written: list[Any]) -> list[Any]:
    """Have a step's row say that it has written these objects; return what it said."""
    table = world.emulator.resource("dynamodb").Table(world.emulator.outputs["LedgerTableName"])
    answer = table.update_item(
        Key={"pk": f"RUN#{run_id}", "sk": f"STEP#{step}"},
        UpdateExpression="SET written = :written",
        ExpressionAttributeValues={":written": written},
        ReturnValues="UPDATED_OLD",
    )
    return list(answer["Attributes"]["written"])


@pytest.mark.long
def test_too_few_samples_make_none_and_say_so(world: World) -> None:
    cohort = Cohort(world, joint={})
    cohort.write([cohort.row(name) for name in "abc"])
    lost = cohort.plan()["b"]["runId"]
    world.play({f"{lost}-align-1": [Act.fail(1)]})

    ended = cohort.run()

    assert ended.execution["status"] == "FAILED"
    said = "no joint VCF: 2 of 3 samples have succeeded, and it needs 3"
    assert (ended.execution["error"], ended.execution["cause"]) == ("JointNotMade", said)
    assert cohort.record.plan["joint"]["message"] == said
    assert joint_runs(cohort) == []

    only = cohort.run(joint={"minSamplesPercentage": 60, "only": True})

    assert only.execution["status"] == "SUCCEEDED", only.cause
    assert cohort.states()["b"] == ["FAILED"]
    (run,) = joint_runs(cohort)
    assert run.state is RunState.SUCCEEDED
    assert cohort.record.plan["joint"]["samples"] == 2


@pytest.mark.long
def test_share_of_samples_is_enough_and_the_failed_one_is_still_told(world: World) -> None:
    cohort = Cohort(world, joint={"minSamplesPercentage": 50})
    cohort.write([cohort.row(name) for name in "ab"])
    lost = cohort.plan()["b"]["runId"]
    world.play({f"{lost}-align-1": [Act.fail(1)]})

    ended = cohort.run()

    assert ended.execution["error"] == "SamplesFailed"
    (run,) = joint_runs(cohort)
    assert run.state is RunState.SUCCEEDED


@pytest.mark.long
def test_failed_joint_call_fails_the_cohort_and_is_tried_again(world: World) -> None:
    cohort = Cohort(world, joint={})
    cohort.write([cohort.row(name) for name in "ab"])
    world.play({"-1-mergeGvcfs-1": [Act.fail(1)]})

    ended = cohort.run()

    assert ended.execution["status"] == "FAILED"
    (run,) = joint_runs(cohort)
    assert run.state is RunState.FAILED
    again = cohort.run()
    assert again.execution["status"] == "SUCCEEDED", again.cause
    assert cohort.record.plan["joint"]["runId"].endswith("-2")
