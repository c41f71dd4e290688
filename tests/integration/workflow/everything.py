"""Everything that happens to runs, so that every function does everything that it ever does.

The events of runs whose names begin with `lost` are lost.
"""

from typing import Any

import requests

from emulator.engine.batch.runner import Outcome
from emulator.engine.events import Event
from seqstack.domain.job_record import JobKey
from seqstack.domain.words import RunState, Step
from tests.harness.scripted import Act
from tests.integration.workflow.test_run_ends import let_time_pass
from tests.support.api_client import ApiClient
from tests.support.cohorts import Cohort
from tests.support.prepared import prepared, put_reference
from tests.support.samples import INPUTS
from tests.support.small_reads import input_body
from tests.support.workflow_world import World

SCHEDULES = ("account_runs-dev", "sweep_runs-dev")


def play_everything(world: World) -> None:
    """Let everything happen, and wait until all is quiet."""
    world.play(
        {
            "lost-stopped-align-1": [Act.hang()],
            "lost-failed-align-1": [Act.lose_host()],
            "lost-failed-align-2": [Act.fail(65, lines=["FAILED align: bad FASTQ"])],
            "late-annotate-1": [Act.fail(65, lines=["FAILED annotate: bad VCF"])],
            "failed-callVariants-1": [Act.hang()],
            "failed-alignmentStats-1": [Act.hang()],
            "failed-targetMetrics-1": [Act.hang()],
            "reclaimed-align-1": [Act.lose_host()],
            "incomplete-annotate-1": [Act.hang()],
            "holder-align-1": [Act.hang()],
            "watched-align-1": [Act.hang()],
        }
    )
    world.emulator.events.intercept = unless_lost
    play_crashes(world)
    play_lost_events(world)
    late = world.start(world.sample(), name="late")
    play_ordinary_runs(world)
    play_parts(world)
    play_one_folder(world)
    play_requests(world)
    play_reference(world)
    world.wait(late)
    play_cohort(world)
    for schedule in SCHEDULES:
        world.emulator.run_schedule(schedule)
    world.eventually((), world.emulator.batch.jobs_running)


def unless_lost(event: Event) -> list[Event]:
    """Lose the events of a `lost` run, and of three jobs of a `late` one, which no sweep sees."""
    detail = event["detail"]
    name = str(detail.get("jobName") or detail.get("name"))
    late = ("late-align-1", "late-annotate-1", "late-alignmentStats-1")
    return [] if name.startswith("lost-") or name in late else [event]


def play_crashes(world: World) -> None:
    """A run whose validation dies, and which is stopped while its first job can't be submitted."""
    world.emulator.faults.crash_after("validate_input-dev", "dynamodb", "TransactWriteItems")
    fault = world.emulator.faults.crash_before("submit_job-dev", "batch", "SubmitJob", times=1000)
    arn = world.start(world.sample(), name="stopped")
    world.eventually(True, lambda: fault.fired > 0)
    world.emulator.client("stepfunctions").stop_execution(executionArn=arn)
    ended = world.wait(arn)
    world.eventually(RunState.ABORTED, lambda: world.run_state(ended))
    world.emulator.faults.clear()


def isaac(bucket: str) -> dict[str, Any]:
    """Alignment by Isaac, whose reference is a folder."""
    return {"isaac": {"referenceS3Path": f"s3://{bucket}/inputs/isaac/"}}


def play_lost_events(world: World) -> None:
    """A run that is stopped, one that fails and one that succeeds, as the sweep finds them."""
    names = ("lost-stopped", "lost-failed", "lost-ended")
    s3 = world.emulator.client("s3")
    for bucket in (INPUTS, world.emulator.outputs["ResultsBucketName"]):
        for name in ("sorted-reference.xml", "genome.fa"):
            s3.put_object(Bucket=bucket, Key=f"inputs/isaac/{name}", Body=b"x")
    world.emulator.faults.crash_after("submit_job-dev", "batch", "SubmitJob", times=len(names))
    sample = {"cohortId": "lost", "cohortSize": len(names) + 1, **isaac(INPUTS)}
    arns = {name: world.start(world.sample(**sample), name=name) for name in names}
    world.eventually(True, lambda: has_lost_success(world, "lost-ended"))
    world.sweep()  # at once: no time has passed in which its run could ask about the job
    world.eventually(True, lambda: "lost-stopped-align-1" in world.running_jobs())
    world.emulator.client("stepfunctions").stop_execution(executionArn=arns["lost-stopped"])
    world.clock.until(lambda: world.sweep() and not has_open(world, arns["lost-failed"]))
    world.wait(arns["lost-failed"])
    for name in ("lost-stopped", "lost-failed"):
        let_time_pass(world, name)
    world.sweep()
    world.emulator.run_schedule("account_runs-dev")


def has_lost_success(world: World, run_id: str) -> bool:
    """Whether the run's alignment has succeeded, and its row names the job and does not know it."""
    row = world.ledger.job(JobKey(run_id, Step.ALIGN, 1))
    if row is None or not row.job_id or row.state.is_terminal:
        return False
    (job,) = world.emulator.batch.describe([row.job_id])
    return bool(job["status"] == "SUCCEEDED")


def has_open(world: World, arn: str) -> bool:
    states = world.emulator.client("stepfunctions")
    return bool(states.describe_execution(executionArn=arn)["status"] == "RUNNING")


def play_ordinary_runs(world: World) -> None:
    """Runs that succeed, reuse, are refused, fail, lose their hosts, and lose a result."""
    bucket = world.emulator.outputs["ResultsBucketName"]
    s3 = world.emulator.client("s3")
    key = "inputs/r_1.fastq.gz"
    s3.put_object(Bucket=bucket, Key=key, Body=input_body(key))
    sample = world.sample(
        fastq1S3Path=f"s3://{bucket}/inputs/r_1.fastq.gz",
        cohortId="pair",
        cohortSize=2,
        **isaac(bucket),
    )
    absent = {
        "fastq1S3Path": f"s3://{bucket}/inputs/absent.fastq.gz",
        "fastq2S3Path": f"s3://{INPUTS}/absent.fastq.gz",
    }
    incomplete = world.sample()
    arns = [
        world.start(sample, name="first"),
        world.start(world.sample(**absent), name="refused"),
        world.start(world.sample(**isaac(INPUTS)), name="failed"),
        world.start(world.sample(), name="reclaimed"),
    ]
    last = world.start(incomplete, name="incomplete")
    beside = {"failed-alignmentStats-1", "failed-targetMetrics-1"}
    under_way = {"incomplete-annotate-1", "failed-callVariants-1", *beside}
    world.eventually(True, lambda: under_way <= {*world.running_jobs()})
    world.end("failed-callVariants-1", Outcome(65))
    bam = world.layout(incomplete["sampleId"]).bam
    s3.delete_object(Bucket=bam.bucket, Key=bam.key)
    world.end("incomplete-annotate-1", Outcome(0))
    for arn in (*arns, last):
        world.wait(arn)
    world.wait(world.start(sample, name="again"))


def play_parts(world: World) -> None:
    """A run that aligns in parts, and one that reuses its alignment when a part has expired."""
    sample = world.sample(alignInParts=2)
    world.wait(world.start(sample, name="in-parts"))
    written = world.ledger.history("in-parts").steps[0].written[0].uri
    world.emulator.client("s3").delete_object(Bucket=written.bucket, Key=written.key)
    again = world.wait(world.start({**sample, "snpEff": {"cmdArgs": "-lof"}}, name="of-parts"))
    assert "of-parts-align-1" not in world.jobs_of(again)


def play_one_folder(world: World) -> None:
    """A run that waits for another of the same work, and one that is refused beside them."""
    sample = world.sample()
    folder = world.layout(sample["sampleId"]).folder
    holder = world.start(sample, name="holder")
    world.eventually(True, lambda: "holder-align-1" in world.running_jobs())
    joined = world.start(sample, name="joined")
    world.eventually(1, lambda: len(world.ledger.waiting(folder)))
    world.wait(world.start(sample | {"cache": False}, name="refused-folder"))
    world.end("holder-align-1", Outcome(0))
    for arn in (holder, joined):
        world.wait(arn)


def play_requests(world: World) -> None:
    """What the HTTP API can do to a run."""
    api = ApiClient.of(world.emulator)
    done = api.get("/runs/first/outputs?links=true").json
    with requests.get(done["outputs"][0]["link"], timeout=1200) as fetched:
        assert fetched.status_code == requests.codes.ok
    assert api.get("/runs?state=SUCCEEDED").json["runs"]
    assert api.get("/runs/first/logs/align").status == requests.codes.ok
    run_id = api.post("/runs", world.sample(), Idempotency_Key="once").json["runId"]
    world.eventually(True, lambda: bool(api.get(f"/runs/{run_id}").json["steps"]))  # redrivable
    assert api.delete(f"/runs/{run_id}").status == requests.codes.accepted
    world.eventually("ABORTED", lambda: api.get(f"/runs/{run_id}").json["state"])
    assert api.call("POST", f"/runs/{run_id}/resume").status == requests.codes.accepted
    world.start(world.sample(), name="watched")
    world.eventually(["watched-align-1"], lambda: running_of(world, "watched"))
    world.eventually(["RUNNING"], lambda: states_of_align(api, "watched"))  # asks for its progress
    assert api.delete("/runs/watched").status == requests.codes.accepted


def running_of(world: World, run_id: str) -> list[str]:
    return [name for name in world.running_jobs() if name.startswith(run_id)]


def states_of_align(api: ApiClient, run_id: str) -> list[str]:
    steps = api.get(f"/runs/{run_id}").json["steps"]
    return [job["state"] for step in steps if step["step"] == "align" for job in step["jobs"]]


def play_reference(world: World) -> None:
    """A reference that is prepared, listed and deleted, and one that a run names."""
    api = ApiClient.of(world.emulator)
    given = {"name": "small", "referenceS3Path": f"s3://{INPUTS}/ref.fa"}
    started = api.post("/references", given)
    assert started.status == requests.codes.created
    run_id = started.json["runId"]
    world.eventually("SUCCEEDED", lambda: api.get(f"/runs/{run_id}").json["state"])
    # the files of a scripted preparation are none that a run accepts
    bucket = world.emulator.outputs["ResultsBucketName"]
    put_reference(world.emulator.client("s3"), prepared(bucket, "GRCh38"))
    sample = world.sample(reference="GRCh38")
    del sample["referenceS3Path"], sample["annotationS3Path"]
    world.wait(world.start(sample, name="by-name"))
    assert api.get("/runs/by-name").json["state"] == "SUCCEEDED"
    _, reference = api.get("/references").json["references"]
    version = reference["versions"][0]["version"]
    assert api.delete(f"/references/small/{version}").status == requests.codes.ok


def play_cohort(world: World) -> None:
    """A cohort that is stopped, while a second execution is refused; and one with a joint VCF,
    which is then planned again.
    """
    cohort = Cohort(world, run={"reference": "GRCh38", "bcftools": {}})
    cohort.write([cohort.row("a"), cohort.row("b")])
    run_id = cohort.plan()["a"]["runId"]
    world.play({f"{run_id}-align-1": [Act.hang()]})
    api = ApiClient.of(world.emulator)
    started = api.post("/cohorts", cohort.document())
    path = f"/cohorts/{cohort.cohort_id}"
    assert api.get(f"{path}?execution={started.json['execution']}").status == requests.codes.ok
    world.eventually(True, lambda: f"{run_id}-align-1" in world.running_jobs())
    assert "is running" in cohort.run().cause
    assert api.delete(path).status == requests.codes.accepted
    world.eventually(RunState.ABORTED, lambda: cohort.record.state)
    world.play({})
    assert cohort.run(joint={}).execution["status"] == "SUCCEEDED"
    world.eventually(RunState.SUCCEEDED, lambda: cohort.record.state)
    done = [run.run_id for run in cohort.runs if run.state is RunState.SUCCEEDED]
    world.until(lambda: all(world.ledger.run(run_id).report for run_id in done))
    assert {each["intent"] for each in cohort.plan().values()} == {"done"}
