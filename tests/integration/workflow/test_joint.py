"""The joint VCF of a cohort, in the emulator with scripted jobs."""

from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import JOINT_CALLING_NAME
from tests.harness.scripted import Act
from tests.support.cohorts import Cohort
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


def test_share_of_samples_is_enough_and_the_failed_one_is_still_told(world: World) -> None:
    cohort = Cohort(world, joint={"minSamplesPercentage": 50})
    cohort.write([cohort.row(name) for name in "ab"])
    lost = cohort.plan()["b"]["runId"]
    world.play({f"{lost}-align-1": [Act.fail(1)]})

    ended = cohort.run()

    assert ended.execution["error"] == "SamplesFailed"
    (run,) = joint_runs(cohort)
    assert run.state is RunState.SUCCEEDED


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
