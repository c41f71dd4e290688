"""A cohort from its sheet to its end, in the emulator with scripted jobs."""

import json
from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.words import RunState
from tests.harness.scripted import Act
from tests.support.cohorts import Cohort
from tests.support.samples import INPUTS
from tests.support.workflow_world import World


def of_project(project: str, caller: str = "bcftools") -> dict[str, Any]:
    """What the runs of a project's cohort share."""
    reference = {
        "referenceS3Path": f"s3://{INPUTS}/ref.fa",
        "annotationS3Path": f"s3://{INPUTS}/genes.gff3",
    }
    return {**reference, "project": project, caller: {}}


def test_every_sample_of_a_sheet_runs(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), cohort.row("a", "2"), cohort.row("b"), cohort.row("c")])

    ended = cohort.run()

    assert ended.execution["status"] == "SUCCEEDED", ended.cause
    assert cohort.states() == {name: ["SUCCEEDED"] for name in "abc"}
    runs = {run.sample_id: run for run in cohort.runs}
    assert runs["a"].tags == {"patient": "a", "batch": "b7"}
    assert {run.cohort_size for run in cohort.runs} == {3}
    aligned = world.ledger.history(runs["a"].run_id).steps[0].plan.inputs
    assert len([each for each in aligned if each.name.startswith("a_")]) == 4  # two lanes
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)
    output = json.loads(ended.execution["output"])
    manifest = output["results"]["ResultWriterDetails"]["Key"]
    assert manifest.startswith(f"cohorts/{cohort.cohort_id}/{ended.run_id}/results/")
    assert output["counts"] == {"total": 3, "succeeded": 3}


def test_bad_rows_refuse_the_sheet_with_every_problem_by_line(world: World) -> None:
    cohort = Cohort(world)
    good, twin = cohort.row("good"), cohort.row("twin")
    s3 = world.emulator.client("s3")
    s3.copy_object(
        Bucket=INPUTS,
        Key=f"sheets/{cohort.cohort_id}/copy.fastq.gz",
        CopySource=f"{INPUTS}/sheets/{cohort.cohort_id}/twin_1_1.fastq.gz",
    )
    s3.put_object(Bucket=INPUTS, Key=f"sheets/{cohort.cohort_id}/text.fastq.gz", Body=b"no reads")
    other = [cohort.read(name) for name in ("d2", "e2")]
    cohort.write(
        [
            good,
            twin,
            f"lost,lost,1,nowhere.fastq.gz,{other[0]},b7",
            f"copy,copy,1,copy.fastq.gz,{other[1]},b7",
            f"text,text,1,text.fastq.gz,{cohort.read('f2')},b7",
            "lone,lone,1,x.fastq.gz,,b7",
        ]
    )

    ended = cohort.run(run={"referenceS3Path": f"s3://{INPUTS}/none.fa", "bcftools": {}})

    assert ended.execution["status"] == "FAILED"
    world.eventually(RunState.FAILED, lambda: cohort.record.state)
    failure = cohort.record.failure
    assert failure is not None
    assert failure.error == "InvalidCohortError"
    lines = failure.cause.splitlines()[1:]
    assert [line.partition(":")[0] for line in lines if line.startswith("line")] == [
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert "nowhere.fastq.gz does not exist" in failure.cause
    assert "copy.fastq.gz has the same content" in failure.cause
    assert "none.fa does not exist" in failure.cause
    assert sum("none.fa does not exist" in line for line in lines) == 1
    assert cohort.runs == []
    assert "RunSamples" not in ended.states


@pytest.mark.long
def test_failing_sample_stops_no_other_and_resume_runs_just_that(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row(name) for name in "abc"])
    run_id = cohort.plan()["b"]["runId"]
    world.play({f"{run_id}-align-1": [Act.fail(1)]})

    ended = cohort.run()

    assert (ended.execution["status"], ended.error) == ("FAILED", "SamplesFailed")
    assert ended.cause.startswith("2 of 3 samples")
    assert cohort.states() == {"a": ["SUCCEEDED"], "b": ["FAILED"], "c": ["SUCCEEDED"]}
    world.eventually(RunState.FAILED, lambda: cohort.record.state)

    resumed = cohort.run()

    assert resumed.execution["status"] == "SUCCEEDED", resumed.cause
    assert cohort.states() == {"a": ["SUCCEEDED"], "b": ["FAILED", "SUCCEEDED"], "c": ["SUCCEEDED"]}
    plan = json.loads(resumed.execution["output"])["plan"]
    assert (plan["done"], plan["again"], plan["left"]) == (2, 1, 1)


@pytest.mark.long
def test_sheet_with_more_rows_runs_only_those(world: World) -> None:
    cohort = Cohort(world)
    rows = [cohort.row(name) for name in "ab"]
    cohort.write(rows)
    assert cohort.run().execution["status"] == "SUCCEEDED"
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)
    first = {run.sample_id: run.run_id for run in cohort.runs}

    cohort.write([*rows, cohort.row("c")])
    assert cohort.run().execution["status"] == "SUCCEEDED"

    assert cohort.states() == {name: ["SUCCEEDED"] for name in "abc"}
    assert {run.sample_id: run.run_id for run in cohort.runs} | first == {
        run.sample_id: run.run_id for run in cohort.runs
    }


@pytest.mark.long
def test_runs_have_the_tags_of_the_sheet_as_it_is_now_and_nothing_runs_again(world: World) -> None:
    cohort = Cohort(world)
    rows = [cohort.row(name) for name in "abc"]
    cohort.write(rows)
    assert cohort.run().execution["status"] == "SUCCEEDED"
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)
    corrected = rows[0].replace("a,a,", "p7,a,", 1)
    cohort.write([corrected, rows[1]])

    dry = cohort.run(dryRun=True)
    assert json.loads(dry.execution["output"])["plan"]["leftOut"] == 1
    assert {run.tags["patient"]: run.is_left_out for run in cohort.runs} == dict.fromkeys(
        "abc", False
    )
    again = cohort.run()

    assert json.loads(again.execution["output"])["plan"]["left"] == 0
    assert cohort.states() == {name: ["SUCCEEDED"] for name in "abc"}
    runs = {run.sample_id: run for run in cohort.runs}
    assert {name: run.tags["patient"] for name, run in runs.items()} == {
        "a": "p7",
        "b": "b",
        "c": "c",
    }
    assert [name for name, run in runs.items() if run.is_left_out] == ["c"]
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)
    cohort.write(rows)
    assert cohort.run().execution["status"] == "SUCCEEDED"
    assert not any(run.is_left_out for run in cohort.runs)


@pytest.mark.long
def test_sample_with_other_reads_of_the_same_name_runs_again(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), cohort.row("b")])
    assert cohort.run().execution["status"] == "SUCCEEDED"
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)
    s3 = world.emulator.client("s3")
    for mate in "12":
        source = f"{INPUTS}/sheets/{cohort.cohort_id}/{cohort.read(f'new_{mate}')}"
        key = f"sheets/{cohort.cohort_id}/a_1_{mate}.fastq.gz"
        s3.copy_object(Bucket=INPUTS, Key=key, CopySource=source)

    assert cohort.run().execution["status"] == "SUCCEEDED"

    assert cohort.states() == {"a": ["SUCCEEDED", "SUCCEEDED"], "b": ["SUCCEEDED"]}


@pytest.mark.long
def test_samples_run_again_with_other_targets_under_the_same_key(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    targets = {"targetRegionsS3Path": cohort.shared("capture.bed", b"chr1\t0\t20\n")}
    shared = cohort.document()["run"] | targets
    assert cohort.run(run=shared).execution["status"] == "SUCCEEDED"
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)
    assert cohort.run(run=shared).execution["status"] == "SUCCEEDED"
    assert cohort.states() == {"a": ["SUCCEEDED"]}
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)

    cohort.shared("capture.bed", b"chr1\t0\t10\n")
    assert cohort.run(run=shared).execution["status"] == "SUCCEEDED"

    assert cohort.states() == {"a": ["SUCCEEDED", "SUCCEEDED"]}


@pytest.mark.long
def test_sample_whose_results_were_deleted_runs_again(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), cohort.row("b")])
    assert cohort.run().execution["status"] == "SUCCEEDED"
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)
    first = {run.sample_id: run for run in cohort.runs}
    cohort.delete_results(first["a"].run_id)

    again = cohort.run()

    assert again.execution["status"] == "SUCCEEDED", again.cause
    plan = json.loads(again.execution["output"])["plan"]
    assert (plan["done"], plan["again"], plan["left"]) == (1, 1, 1)
    assert cohort.states() == {"a": ["SUCCEEDED", "SUCCEEDED"], "b": ["SUCCEEDED"]}
    written = world.emulator.client("s3").list_objects_v2(
        Bucket=first["a"].results_folder.partition("/")[0],
        Prefix=first["a"].results_folder.partition("/")[2],
    )
    assert any(each["Key"].endswith("bam/sorted.bam") for each in written["Contents"])


def test_dry_run_starts_nothing_and_leaves_the_cohort_as_it_is(world: World) -> None:
    cohort = Cohort(world, run=of_project("without-runs"))
    cohort.write([cohort.row("a")])

    ended = cohort.run(dryRun=True)

    plan = json.loads(ended.execution["output"])["plan"]
    assert (plan["samples"], plan["new"], plan["left"]) == (1, 1, 1)
    assert plan["estimate"] is None
    assert world.ledger.cohort(cohort.cohort_id) is None
    dry = world.ledger.cohort(cohort.cohort_id, is_dry_run=True)
    assert dry is not None
    assert dry.plan == plan
    assert cohort.runs == []


@pytest.mark.long
def test_estimate_of_a_new_cohort_is_made_from_earlier_runs_of_its_project_with_its_tools(
    world: World,
) -> None:
    first = Cohort(world, run=of_project("estimated"))
    first.write([first.row(name) for name in "ab"])
    assert first.run().execution["status"] == "SUCCEEDED"
    world.eventually(
        True,
        lambda: all(
            run.cost_by_step.keys() == run.tools.keys() and run.orchestration for run in first.runs
        ),
    )
    second = Cohort(world, run=of_project("estimated"))
    second.write([second.row(name) for name in "cdef"])

    plan = json.loads(second.run(dryRun=True).execution["output"])["plan"]

    ratio = Decimal(plan["estimate"]["priceRatio"])  # 1, unless a price has just changed
    spent = sum(run.cost.usd for run in first.runs if run.cost)
    jobs = sum(cost for run in first.runs for cost in run.cost_by_step.values())
    share = Decimal(plan["inputBytesLeft"]) / sum(run.input_bytes for run in first.runs)
    expected = (spent + jobs * (ratio - 1)) * share
    assert plan["estimate"] == {
        "usd": str(round(expected, 2)),
        "hours": plan["estimate"]["hours"],
        "runs": 2,
        "basis": "tools",
        "priceRatio": str(ratio),
    }
    of_samples = [Decimal(line["estimate"]["usd"]) for line in second.plan().values()]
    assert len(of_samples) == 4
    assert sum(of_samples) == pytest.approx(expected, abs=Decimal("0.006"))

    other = Cohort(world, run=of_project("estimated", "freebayes"))
    other.write([other.row("g")])
    assert json.loads(other.run(dryRun=True).execution["output"])["plan"]["estimate"] is None


def test_stop_leaves_nothing_running(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row(name) for name in "abc"])
    ids = {sample: plan["runId"] for sample, plan in cohort.plan().items()}
    world.play({f"{ids[name]}-align-1": [Act.hang()] for name in "ab"})
    arn = cohort.start(maxConcurrency=2)
    hanging = {f"{ids[name]}-align-1" for name in "ab"}
    world.eventually(hanging, lambda: set(world.running_jobs()))

    world.emulator.client("stepfunctions").stop_execution(executionArn=arn, error="StoppedByUser")

    assert world.wait(arn).execution["status"] == "ABORTED"
    world.eventually(RunState.ABORTED, lambda: cohort.record.state)
    world.eventually({"a": ["ABORTED"], "b": ["ABORTED"]}, cohort.states)
    world.eventually((), world.emulator.batch.jobs_running)
    running = world.emulator.client("stepfunctions").list_executions(
        stateMachineArn=world.emulator.resources["SecondaryAnalysisStateMachine"],
        statusFilter="RUNNING",
    )
    assert running["executions"] == []


def test_failures_over_the_tolerated_share_stop_the_others(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row(name) for name in "abc"])
    ids = {sample: plan["runId"] for sample, plan in cohort.plan().items()}
    world.play({f"{ids['a']}-align-1": [Act.fail(1)], f"{ids['b']}-align-1": [Act.hang()]})

    ended = cohort.run(maxConcurrency=2, toleratedFailurePercentage=30)

    assert ended.error == "States.ExceedToleratedFailureThreshold"
    world.eventually({"a": ["FAILED"], "b": ["ABORTED"]}, cohort.states)
    world.eventually((), world.emulator.batch.jobs_running)


def test_second_execution_of_a_running_cohort_is_refused(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    run_id = cohort.plan()["a"]["runId"]
    world.play({f"{run_id}-align-1": [Act.hang()]})
    arn = cohort.start()
    world.eventually([f"{run_id}-align-1"], world.running_jobs)

    refused = cohort.run()

    assert "is running" in refused.cause
    assert cohort.record.execution_arn == arn
    world.emulator.client("stepfunctions").stop_execution(executionArn=arn)
    world.wait(arn)
    world.eventually((), world.emulator.batch.jobs_running)


@pytest.mark.long
def test_run_that_has_succeeded_under_the_name_is_taken_as_it_is(world: World) -> None:
    """The ledger's index may lag behind, and an execution's name is valid only once."""
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), cohort.row("b")])
    folder = json.loads(cohort.run(dryRun=True).execution["output"])["plan"]["folder"]
    items = {one["input"]["sampleId"]: one for one in cohort.lines(f"{folder}samples.jsonl")}
    # an earlier sheet had another number of samples
    earlier = items["a"]["input"] | {"cohortSize": 1}
    world.wait(world.start(earlier, name=items["a"]["runId"]))
    table = world.emulator.resource("dynamodb").Table(world.emulator.outputs["LedgerTableName"])
    for item in table.query(
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": f"RUN#{items['a']['runId']}"},
    )["Items"]:
        table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
    world.start(items["b"]["input"] | {"sampleId": "z"}, name=items["b"]["runId"])

    ended = cohort.run()

    assert (ended.error, ended.cause[:12]) == ("SamplesFailed", "1 of 2 sampl")
    output = world.emulator.client("stepfunctions").list_map_runs(
        executionArn=ended.execution["executionArn"]
    )
    assert len(output["mapRuns"]) == 1


@pytest.mark.long
def test_budget_met_starts_no_further_sample_and_resume_with_more_runs_just_them(
    world: World,
) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row(name) for name in "abcd"])

    # a run costs more than this, which is known minutes before its execution could end
    ended = cohort.run(maxConcurrency=1, budgetUsd=0.000001)

    assert (ended.execution["status"], ended.error) == ("FAILED", "BudgetMet")
    assert ended.cause.startswith("the budget of 0.000001 USD is met")
    started = cohort.states()
    assert 0 < len(started) < 4
    assert set(map(tuple, started.values())) == {("SUCCEEDED",)}  # none under way was stopped
    world.eventually(RunState.FAILED, lambda: cohort.record.state)
    row = cohort.record
    assert row.budget_usd == Decimal("0.000001")
    assert row.budget_met_at > row.opened_at
    assert row.has_held_back
    assert row.failure is not None
    left = 4 - len(started)
    assert f"and {left} sample{'s were' if left > 1 else ' was'} not started" in row.failure.cause
    assert world.ledger.spent(cohort.cohort_id) > row.budget_usd

    in_vain = cohort.run(budgetUsd=0.000001)

    assert in_vain.error == "BudgetMet"
    assert cohort.states() == started
    world.eventually(RunState.FAILED, lambda: cohort.record.state)

    resumed = cohort.run(budgetUsd=1000)

    assert resumed.execution["status"] == "SUCCEEDED", resumed.cause
    assert cohort.states() == {name: ["SUCCEEDED"] for name in "abcd"}
    plan = json.loads(resumed.execution["output"])["plan"]
    assert (plan["done"], plan["new"]) == (4 - left, left)
    assert plan["exceedsBudget"] is False


@pytest.mark.long
def test_costs_of_a_cohort_are_those_of_its_runs_however_often_they_are_recorded(
    world: World,
) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row(name) for name in "ab"])
    assert cohort.run().execution["status"] == "SUCCEEDED"
    world.eventually(True, lambda: all(run.orchestration for run in cohort.runs))

    def of_runs() -> Decimal:
        return sum((run.cost.usd for run in cohort.runs if run.cost), Decimal(0))

    world.eventually(True, lambda: world.ledger.spent(cohort.cohort_id) == of_runs() > 0)
    job = world.ledger.history(cohort.runs[0].run_id).jobs[0]
    assert job.account is not None
    assert not world.ledger.record_account(job.key, job.account, None, cohort.cohort_id)
    assert world.ledger.spent(cohort.cohort_id) == of_runs()


def test_run_that_only_names_a_cohort_does_not_spend_its_budget(world: World) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    folder = json.loads(cohort.run(dryRun=True).execution["output"])["plan"]["folder"]
    (item,) = cohort.lines(f"{folder}samples.jsonl")

    run = world.run(item["input"])

    assert run.execution["status"] == "SUCCEEDED"
    world.eventually(True, lambda: all(each.orchestration for each in cohort.runs))
    assert cohort.runs[0].cost is not None
    assert world.ledger.spent(cohort.cohort_id) == 0
