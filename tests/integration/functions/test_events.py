"""Every file below events/ is handled in the world that it speaks of, and its effects are read."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cost.hosts import PurchaseOption
from seqstack.domain.cost.totals import Cost
from seqstack.domain.errors import InvalidCohortError, InvalidInputError, UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.records import utc_text
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import CohortState, JobState, RunState, Step, StepState
from seqstack.use_cases.sweep_runs import Swept
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.aws_world import AwsWorld, heard_ends, make_state_machines, rent_host, template
from tests.support.builders import (
    ALIGN,
    EVENTS,
    EXECUTION_ARN,
    HIGH,
    JOB_ID,
    LOG_STREAM,
    LOW,
    RESULTS_BUCKET,
    RUN_ID,
    STARTED_AT,
    original_input,
    read_event,
    run_row,
    step_row,
)
from tests.support.cost_builders import USAGE, spot_host
from tests.support.situation import RESULTS, TOKEN, Invoke, Situation

FUNCTIONS = {
    resource["Properties"]["CodeUri"].removeprefix("functions/").rstrip("/")
    for resource in template()["Resources"].values()
    if resource["Type"] == "AWS::Serverless::Function"
}
FILES = sorted(str(path.relative_to(EVENTS).with_suffix("")) for path in EVENTS.glob("*/*.json"))
NOTHING = asdict(Swept(0, 0, 0))
ASKS_BATCH = {
    "validate_input",
    "validate_cohort",
    "submit_job",
    "get_job_status",
    "account_runs",
    "stop_jobs",
    "sweep_runs",
}
EXPECTATIONS: dict[str, Callable[[Situation], None]] = {}


def expect(path: str) -> Callable[[Callable[[Situation], None]], Callable[[Situation], None]]:
    """Register what is expected of the event `path`, such as `track_job/failed`."""

    def register(expectation: Callable[[Situation], None]) -> Callable[[Situation], None]:
        EXPECTATIONS[path] = expectation
        return expectation

    return register


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.split("/")[0] in FUNCTIONS - {"api"}]
)
def test_event_is_handled_as_expected(
    path: str, world: AwsWorld, invoke: Invoke, request: pytest.FixtureRequest
) -> None:
    assert path in EXPECTATIONS, f"nothing is expected of events/{path}.json"
    function = path.split("/", maxsplit=1)[0]
    if function in ASKS_BATCH:
        request.getfixturevalue("batch")

    EXPECTATIONS[path](Situation(world, invoke, function, read_event(f"{path}.json")))


def test_event_expected_exists() -> None:
    assert set(EXPECTATIONS) <= set(FILES)


def test_event_folders_are_functions_and_machines_and_no_function_lacks_one() -> None:
    folders = {path.split("/")[0] for path in FILES}

    assert folders == {*FUNCTIONS, "secondary_analysis"}


def answer_of(situation: Situation) -> tuple[str, dict[str, Any]]:
    (answer,) = situation.world.answers
    return answer


# validate_input


@expect("validate_input/exome")
def exome_opens_a_run_and_again_the_same(situation: Situation) -> None:
    situation.upload_inputs(situation.event["input"])

    opened = {
        "runId": RUN_ID,
        "sampleId": "NA12878",
        "tools": {
            "align": "bwa",
            "callVariants": "bcftools",
            "annotate": "snpEff",
            "alignmentStats": "samtoolsStats",
            "targetMetrics": "picard",
            "aggregateQc": "multiqc",
        },
        "branches": [["callVariants", "annotate"], ["alignmentStats"], ["targetMetrics"]],
        "stages": [
            [["align"]],
            [["callVariants", "annotate"], ["alignmentStats"], ["targetMetrics"]],
            [["aggregateQc"]],
        ],
    }
    assert situation.handle() == opened
    first = situation.world.ledger.history(RUN_ID)
    assert situation.handle() == opened

    assert situation.world.ledger.history(RUN_ID) == first
    assert (first.run.started_at, first.run.execution_arn) == (STARTED_AT, EXECUTION_ARN)
    assert first.run.state is RunState.RUNNING
    assert [(step.plan.tool, step.plan.job_queue) for step in first.steps] == [
        ("bwa", HIGH),
        ("bcftools", HIGH),
        ("snpEff", LOW),
        ("samtoolsStats", LOW),
        ("picard", LOW),
        ("multiqc", LOW),
    ]
    align = first.steps[0].plan
    assert align.job_definition.endswith("job-definition/bwa-dev:1")
    # validation plans what Batch will report about the job
    told = read_event("track_job/runnable.json")["detail"]["container"]["command"]
    assert list(align.command) == told
    assert (
        situation.world.client("batch").list_jobs(jobQueue="highPriority-dev")["jobSummaryList"]
        == []
    )


@expect("validate_input/original")
def original_opens_a_run(situation: Situation) -> None:
    situation.upload_inputs(situation.event["input"])

    assert situation.handle()["sampleId"] == "NA12878_states_1"

    history = situation.world.ledger.history("NA12878-original-1")
    assert [step.plan.tool for step in history.steps] == [
        "isaac",
        "strelka",
        "snpEff",
        "samtoolsStats",
        "picard",
        "multiqc",
    ]


@expect("validate_input/invalid")
def invalid_is_refused_with_every_problem_and_writes_nothing(situation: Situation) -> None:
    source = "s3://amzn-s3-demo-source-bucket"
    for name in ("fastq/NA12878_L001_R1.fastq.gz", "reference/genes.gff3.gz"):
        situation.world.put_object(f"{source}/{name}")

    with pytest.raises(InvalidInputError) as refused:
        situation.handle()

    assert [problem.path for problem in refused.value.problems] == [
        "$.bwa",  # beside isaac
        "$.fastq1S3Path[1]",
        "$.fastq2S3Path",  # unpaired
        "$.fastq2S3Path[0]",
        "$.isaac.memory",
        "$.isaac.referenceS3Path",  # no sorted reference beside the FASTA
        "$.referenceS3Path",
        "$.referenceS3Path",  # its index
        "$.sampleId",
        "$.threads",
    ]
    with pytest.raises(UnknownRunError):
        situation.world.ledger.history("NA12878-invalid-1")


# validate_cohort


@expect("validate_cohort/trio")
def trio_is_planned_and_again_the_same(situation: Situation) -> None:
    given = situation.event["input"]
    sheet = S3Uri.parse(given["sheetS3Path"])
    samples = ("NA12878", "NA12891", "NA12892")
    for name in samples:
        reads = {f"fastq{n}S3Path": str(sheet.parent / f"{name}_{n}.fastq.gz") for n in (1, 2)}
        situation.upload_inputs({**given["run"], **reads, "sampleId": name})
    rows = ["sample,fastq_1,fastq_2", *(f"{n},{n}_1.fastq.gz,{n}_2.fastq.gz" for n in samples)]
    s3 = situation.world.client("s3")
    s3.put_object(Bucket=sheet.bucket, Key=sheet.key, Body="\n".join(rows).encode())

    plan = situation.handle()

    assert (plan["samples"], plan["left"], plan["new"], plan["done"]) == (3, 3, 3, 0)
    found = s3.get_object(Bucket=RESULTS_BUCKET, Key=plan["samplesKey"])["Body"].read()
    items = [json.loads(line) for line in found.splitlines()]
    assert [item["input"]["sampleId"] for item in items] == list(samples)
    assert items[0]["input"]["resultsS3Path"] == f"s3://{RESULTS_BUCKET}/results/cohorts/trio-1"
    row = situation.world.ledger.cohort("trio-1")
    assert row is not None
    assert (row.state, row.plan) == (RunState.RUNNING, plan)
    assert situation.world.index("ByCohort", cohortId="trio-1") == []  # it lists runs alone
    assert situation.handle() == plan
    assert s3.get_object(Bucket=RESULTS_BUCKET, Key=plan["samplesKey"])["Body"].read() == found


@expect("validate_cohort/joint")
def joint_call_of_no_execution_is_refused(situation: Situation) -> None:
    with pytest.raises(InvalidCohortError, match="trio-1 is not being run by this execution"):
        situation.handle()

    assert situation.world.ledger.cohort("trio-1") is None


@expect("validate_cohort/invalid")
def invalid_cohort_is_refused_with_every_problem(situation: Situation) -> None:
    with pytest.raises(InvalidCohortError) as refused:
        situation.handle()

    paths = {problem.partition(":")[0] for problem in refused.value.problems}
    assert paths == {
        "$.cohortId",
        "$.sheetS3Path",
        "$.run.sampleId",
        "$.maxConcurrency",
        "$.threads",
    }
    assert situation.world.ledger.cohort("trio-1") is None


# close_cohort


@expect("close_cohort/failed")
def failed_cohort_is_closed_once(situation: Situation) -> None:
    arn = situation.event["detail"]["executionArn"]
    row = CohortRow("trio-1", arn, CohortState.RUNNING, STARTED_AT, "s3://amzn/trio.csv")
    assert situation.world.ledger.open_cohort(row)

    told = {"stopped": [], "notification": "nothing has ended"}  # no sample was to be run
    assert situation.handle() == {"closed": True, **told}
    assert situation.handle() == {"closed": False, **told}

    closed = situation.world.ledger.cohort("trio-1")
    assert closed is not None
    assert (closed.state, closed.ended_at) == (RunState.FAILED, "2025-06-02T10:15:00.500Z")
    assert closed.failure is not None
    assert closed.failure.error == "SamplesFailed"


# submit_job


@expect("submit_job/align")
def align_is_submitted_once(situation: Situation) -> None:
    situation.open_run()

    answer = situation.handle()
    again = situation.handle()

    assert again["jobId"] == answer["jobId"]
    assert answer == {"jobId": situation.job.job_id, "status": "SUBMITTED"}
    assert situation.job.task_token == situation.event["taskToken"]
    assert situation.align.state is StepState.RUNNING
    listed = situation.world.client("batch").list_jobs(
        jobQueue="highPriority-dev", filters=[{"name": "JOB_NAME", "values": ["*"]}]
    )
    assert [job["jobName"] for job in listed["jobSummaryList"]] == [f"{RUN_ID}-align-1"]


@expect("submit_job/align_again")
def align_again_waits_with_the_new_token(situation: Situation) -> None:
    situation.submit_align()

    assert situation.handle() == {"jobId": JOB_ID, "status": "SUBMITTED"}

    assert situation.job.task_token == situation.event["taskToken"] != TOKEN
    assert situation.world.answers == []


# get_job_status


@expect("get_job_status/align")
def align_without_an_event_is_looked_up(situation: Situation) -> None:
    submitted = situation.world.client("batch").submit_job(
        jobName=ALIGN.job_name,
        jobQueue="highPriority-dev",
        jobDefinition="bwa-dev",
        parameters=ALIGN.as_parameters(),
    )
    situation.submit_align(submitted["jobId"])
    situation.write_align(submitted["jobId"])

    answer = situation.handle()

    assert answer == {
        "jobId": submitted["jobId"],
        "status": str(situation.job.state),
        "canRetry": False,
        "error": "",
        "cause": "",
    }
    assert situation.job.state is not JobState.SUBMITTED


# track_job


@expect("track_job/runnable")
def runnable_is_recorded(situation: Situation) -> None:
    situation.submit_align()

    assert situation.handle() == {"jobId": JOB_ID, "state": "RUNNABLE"}

    assert situation.job.created_at == 1_748_856_605_000
    assert situation.world.answers == []


@expect("track_job/queue_blocked")
def queue_blocked_is_told_on_the_job_and_wakes_nobody(situation: Situation) -> None:
    situation.submit_align()
    situation.invoke("track_job", read_event("track_job/runnable.json"))

    assert situation.handle() == {"jobId": JOB_ID, "state": "RUNNABLE"}

    assert situation.job.status_reason == (
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested "
        "for instance type [r6i.4xlarge]"
    )
    assert situation.world.answers == []


@expect("track_job/running")
def running_is_recorded_with_its_log(situation: Situation) -> None:
    situation.submit_align()

    assert situation.handle() == {"jobId": JOB_ID, "state": "RUNNING"}

    assert situation.job.log_stream == LOG_STREAM
    assert situation.job.started_at == 1_748_856_800_000
    assert situation.world.answers == []


@expect("track_job/runnable_after_reclaim")
def reclaimed_goes_back_to_runnable(situation: Situation) -> None:
    situation.submit_align()
    situation.invoke("track_job", read_event("track_job/running.json"))

    assert situation.handle() == {"jobId": JOB_ID, "state": "RUNNABLE"}

    assert situation.job.batch_attempts == 1
    assert situation.world.answers == []


@expect("track_job/succeeded")
def succeeded_closes_the_step_and_wakes_the_machine_once(situation: Situation) -> None:
    situation.submit_align()
    situation.write_align()

    assert situation.handle() == {"jobId": JOB_ID, "state": "SUCCEEDED"}
    situation.handle()
    situation.invoke("track_job", read_event("track_job/running.json"))

    assert (situation.job.state, situation.job.exit_code) == (JobState.SUCCEEDED, 0)
    assert situation.align.state is StepState.SUCCEEDED
    assert [item.uri for item in situation.align.written] == [
        *SECONDARY_ANALYSIS.outputs(Step.ALIGN, RESULTS)
    ]
    assert answer_of(situation) == (
        "SendTaskSuccess",
        {"taskToken": TOKEN, "output": f'{{"jobId": "{JOB_ID}", "status": "SUCCEEDED"}}'},
    )


@expect("track_job/failed")
def failed_wakes_the_machine_with_cause_and_log(situation: Situation) -> None:
    situation.submit_align()
    situation.world.write_log(LOG_STREAM, ["[bwa] reading", "[bwa] no index", "exit status 1"])

    assert situation.handle() == {"jobId": JOB_ID, "state": "FAILED"}

    name, sent = answer_of(situation)
    assert (name, sent["taskToken"], sent["error"]) == (
        "SendTaskFailure",
        TOKEN,
        "ToolFailedError",
    )
    assert sent["cause"].splitlines() == [
        "align (bwa) failed: exit status 1; Essential container in task exited",
        f"job {JOB_ID}, log stream {LOG_STREAM}",
        "last 3 lines of its log:",
        "[bwa] reading",
        "[bwa] no index",
        "exit status 1",
    ]
    assert situation.job.failure == Failure(sent["error"], sent["cause"])


@expect("track_job/out_of_memory")
def out_of_memory_is_told_apart(situation: Situation) -> None:
    situation.submit_align()

    situation.handle()

    _, sent = answer_of(situation)
    assert sent["error"] == "OutOfMemoryError"
    assert "Container killed due to memory usage" in sent["cause"]


@expect("track_job/foreign")
def foreign_changes_nothing(situation: Situation) -> None:
    situation.submit_align()
    before = situation.world.ledger.history(RUN_ID)

    assert situation.handle() == {
        "jobId": "9d8c7b6a-5f4e-4d3c-8b2a-1f0e9d8c7b6a",
        "state": "UNKNOWN",
    }

    assert situation.world.ledger.history(RUN_ID) == before
    assert situation.world.answers == []


# account_job


def keep_hosts(situation: Situation) -> None:
    """The hosts of the job's attempts were seen while they ran."""
    for attempt in situation.event["detail"]["attempts"]:
        host = attempt["container"]["containerInstanceArn"]
        situation.world.ledger.keep_host(host, spot_host(), 2_000_000_000)


@expect("account_job/running")
def running_job_has_its_host_written_down(situation: Situation) -> None:
    situation.submit_align()
    container = situation.event["detail"]["container"]
    container["containerInstanceArn"] = rent_host(situation.world, "c6i.4xlarge")

    assert situation.handle() == {"jobId": JOB_ID}

    host = situation.world.ledger.host(container["containerInstanceArn"])
    assert host
    assert (host.instance_type, host.purchase_option) == ("c6i.4xlarge", PurchaseOption.SPOT)
    assert host.availability_zone == "us-east-1a"
    assert situation.job.account is None


@expect("account_job/succeeded")
def ended_job_has_its_cost_on_job_step_and_run(situation: Situation) -> None:
    situation.submit_align()
    keep_hosts(situation)
    situation.world.write_log(LOG_STREAM, [f"2025-06-02T11:33:20Z {USAGE.as_message()}"])

    # an hour of all of a c6i.4xlarge, which costs 0.00001 an hour in moto
    assert situation.handle() == {"jobId": JOB_ID, "costUsd": "0.00001"}
    situation.handle()

    assert situation.job.account
    assert situation.job.account.is_complete
    (attempt,) = situation.job.account.attempts
    assert (attempt.usage, attempt.price_source) == (USAGE, "spotHistory")
    cost = Cost(Decimal("0.00001"))
    assert (situation.align.cost, situation.run.cost) == (cost, cost)
    assert situation.world.answers == []  # no state machine waits for it


@expect("account_job/succeeded_after_reclaim")
def reclaimed_attempt_is_paid_for_too(situation: Situation) -> None:
    situation.submit_align()
    keep_hosts(situation)

    # a minute and an hour of 0.00001: 0.00001 / 60 = 0.000000167 to the billionth
    assert situation.handle() == {"jobId": JOB_ID, "costUsd": "0.000010167"}

    assert situation.job.account
    first, second = situation.job.account.attempts
    assert (first.attempt.run_seconds, second.attempt.run_seconds) == (60, 3600)
    # submitted at …605, running at …700; ended at …760, running again at …800
    assert (first.attempt.queue_seconds, second.attempt.queue_seconds) == (95, 40)
    assert first.attempt.exit_reason.startswith("Host EC2")
    assert first.unknown == ("peakMemoryBytes", "cpuSeconds")


@expect("account_job/foreign")
def foreign_job_is_not_accounted_for(situation: Situation) -> None:
    situation.submit_align()

    assert situation.handle() == {"jobId": situation.event["detail"]["jobId"]}

    assert situation.job.account is None


# account_runs


def start_run(situation: Situation) -> None:
    """Step Functions knows the run's execution, which has entered one state."""
    make_state_machines(situation.world)
    machine = EXECUTION_ARN.replace(":execution:", ":stateMachine:").rpartition(":")[0]
    situation.world.client("stepfunctions").start_execution(stateMachineArn=machine, name=RUN_ID)


@expect("account_runs/succeeded")
def ended_run_has_its_orchestration_added(situation: Situation) -> None:
    situation.submit_align()
    start_run(situation)
    ended = read_event("account_job/succeeded.json")
    for attempt in ended["detail"]["attempts"]:
        host = attempt["container"]["containerInstanceArn"]
        situation.world.ledger.keep_host(host, spot_host(), 2_000_000_000)
    situation.world.write_log(LOG_STREAM, [f"2025-06-02T11:33:20Z {USAGE.as_message()}"])
    situation.invoke("account_job", ended)

    # 1 transition: 0.000025. 8 calls, 4 of track_job, 2 of account_job, account_runs and
    # notify_run_end: 0.0000016, and 1.1 GB s: 0.000018333. 54 reads and 61 writes of the ledger:
    # 0.00000675 and 0.000038125. A message: 0.0000015. A look at an input in S3 and one at its
    # bucket, its first block, another look, and the job's 120: 0.0000496;
    # its 140 writes: 0.0007. And the job: 0.00001
    assert situation.handle() == {"runId": RUN_ID, "costUsd": "0.000850908"}
    situation.handle()

    assert situation.run.cost == Cost(Decimal("0.000850908"))
    assert situation.run.orchestration
    assert situation.run.orchestration.transitions == 1


@expect("account_runs/aborted")
def run_whose_execution_is_forgotten_keeps_its_books_open(situation: Situation) -> None:
    situation.submit_align()

    assert situation.handle() == {"runId": RUN_ID}

    assert situation.run.orchestration is None


@expect("account_runs/scheduled")
def run_whose_end_was_missed_is_found_within_the_hour(situation: Situation) -> None:
    start_run(situation)
    now = utc_text(datetime.now(UTC))
    run = run_row(started_at=now, results_folder=f"{RESULTS_BUCKET}/results/NA12878/")
    assert situation.world.ledger.open_run(run, [step_row()])
    situation.world.ledger.finish_run(run_row(state=RunState.SUCCEEDED, ended_at=now))

    assert situation.handle() == {"runsClosed": 1}
    assert situation.handle() == {"runsClosed": 0}

    report = situation.run.report
    assert report
    assert [each.uri.key.rpartition("/")[2] for each in situation.run.crate] == [
        *("ro-crate-metadata.json", "ro-crate-workflow.json")
    ]
    place = {"Bucket": report.uri.bucket, "Key": report.uri.key}
    page = situation.world.client("s3").get_object(**place)
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert "NA12878 <span" in page["Body"].read().decode()

    # a transition: 0.000025; 2 calls: 0.0000004, and 0.5 GB s: 0.000008333; 30 reads and 17
    # writes: 0.00000375 and 0.000010625; a message: 0.0000015; the report, two files
    # of the RO-Crate and three tags: 0.00003; looks at an input, its bucket, its first
    # block, and four results: 0.0000028
    assert situation.run.cost == Cost(Decimal("0.000082408"))


# finish_run


@expect("finish_run/succeeded")
def succeeded_closes_the_run_with_its_results(situation: Situation) -> None:
    situation.open_run()
    situation.upload_results()

    answer = situation.handle()

    assert answer == {
        "runId": RUN_ID,
        "sampleId": "NA12878",
        "outputs": {
            step.name: [str(uri) for uri in step.outputs_in(RESULTS)]
            for step in SECONDARY_ANALYSIS.steps
        },
    }
    assert situation.run.state is RunState.SUCCEEDED
    assert situation.run.ended_at > STARTED_AT


@expect("finish_run/step_failed")
def step_failed_closes_the_step_alone(situation: Situation) -> None:
    situation.submit_align()

    answer = situation.handle()

    caught = situation.event["error"]
    assert answer == {"error": caught["Error"], "cause": caught["Cause"]}
    assert situation.align.state is StepState.FAILED
    assert situation.align.failure == Failure("ToolFailedError", caught["Cause"])
    assert situation.run.state is RunState.RUNNING


@expect("finish_run/run_failed")
def run_failed_closes_the_run_with_the_failure_inside(situation: Situation) -> None:
    situation.submit_align()

    answer = situation.handle()

    assert answer["error"] == "ToolFailedError"
    assert answer["cause"].startswith("align (bwa) failed: exit status 1;")
    assert situation.run.state is RunState.FAILED
    assert situation.run.failure == Failure(answer["error"], answer["cause"])


@expect("finish_run/rejected")
def rejected_writes_a_run_that_was_never_opened(situation: Situation) -> None:
    answer = situation.handle()

    assert answer == {
        "error": "InvalidInputError",
        "cause": "1 problem in the input\n$.sampleId: is missing",
    }
    run = situation.world.ledger.history("NA12878-invalid-1").run
    assert (run.state, run.started_at) == (RunState.FAILED, STARTED_AT)
    assert run.failure == Failure(answer["error"], answer["cause"])


# stop_jobs


@expect("stop_jobs/aborted")
def aborted_ends_run_job_and_steps_and_later_nothing_changes_them(situation: Situation) -> None:
    situation.submit_align()

    assert situation.handle() == {"runId": RUN_ID, "stopped": [JOB_ID]}

    run = situation.run
    assert (run.state, run.ended_at) == (RunState.ABORTED, "2025-06-02T10:15:00.500Z")
    assert run.failure == Failure("Cancelled", "Wrong sample sheet")
    steps = situation.world.ledger.history(RUN_ID).steps
    assert {step.state for step in steps} == {StepState.STOPPED}
    situation.handle()
    situation.invoke("finish_run", read_event("finish_run/run_failed.json"))
    assert (situation.run, situation.world.ledger.history(RUN_ID).steps) == (run, steps)


@expect("stop_jobs/timed_out")
def timed_out_ends_the_run_and_says_so_itself(situation: Situation) -> None:
    situation.open_run()

    assert situation.handle() == {"runId": RUN_ID, "stopped": []}

    assert situation.run.state is RunState.TIMED_OUT
    assert situation.run.failure == Failure("ExecutionTimedOut", "the execution ended as TIMED_OUT")


@expect("stop_jobs/failed")
def failed_keeps_what_the_run_recorded_itself_and_stops_the_other_branch(
    situation: Situation,
) -> None:
    situation.submit_align()
    situation.invoke("finish_run", read_event("finish_run/step_failed.json"))
    situation.invoke("finish_run", read_event("finish_run/run_failed.json"))
    recorded = situation.run

    assert situation.handle() == {"runId": RUN_ID, "stopped": [JOB_ID]}

    assert situation.run == recorded
    steps = situation.world.ledger.history(RUN_ID).steps
    assert [step.state for step in steps] == [StepState.FAILED, *[StepState.STOPPED] * 5]


# sweep_runs


@expect("sweep_runs/scheduled")
def sweep_closes_a_run_whose_execution_nobody_knows(situation: Situation) -> None:
    make_state_machines(situation.world)
    situation.submit_align()

    swept = situation.handle()

    # Batch does not know its job either
    assert swept == {**NOTHING, "runs_closed": 1, "jobs_caught_up": 1}
    assert situation.job.state is JobState.FAILED
    assert situation.run.state is RunState.ABORTED
    assert situation.run.failure
    assert situation.run.failure.error == "ExecutionGone"
    assert situation.handle() == NOTHING


# notify_run_end

WHY_ABORTED = "Cancelled", "Wrong sample sheet"


def told(situation: Situation) -> list[dict[str, Any]]:
    """The messages of the topic of ends since the last call; checks that events are the same."""
    return [json.loads(envelope["Message"]) for envelope in heard_ends(situation.world)]


@expect("notify_run_end/succeeded")
def succeeded_run_is_told_of_once(situation: Situation) -> None:
    situation.open_run()
    situation.upload_results()
    situation.invoke("finish_run", read_event("finish_run/succeeded.json"))

    assert situation.handle() == {"runId": RUN_ID, "run": "sent", "cohort": "nothing has ended"}
    assert situation.handle()["run"] == "already sent, or being sent"

    (envelope,) = heard_ends(situation.world)
    assert envelope["Subject"] == "SeqStack dev: NA12878 succeeded"
    labels = {name: label["Value"] for name, label in envelope["MessageAttributes"].items()}
    assert labels == {
        "kind": "run",
        "state": "SUCCEEDED",
        "sampleId": "NA12878",
        "workflow": "secondary_analysis",
    }
    facts = json.loads(envelope["Message"])
    assert facts["resultsS3Path"] == f"s3://{RESULTS_BUCKET}/results/NA12878/"
    assert facts["endedAt"] == situation.run.ended_at


@expect("notify_run_end/failed")
def failed_run_is_told_of_with_what_it_recorded_itself(situation: Situation) -> None:
    situation.submit_align()
    situation.invoke("finish_run", read_event("finish_run/run_failed.json"))

    situation.handle()

    (facts,) = told(situation)
    recorded = situation.run.failure
    assert recorded
    assert (facts["error"], facts["cause"]) == (recorded.error, recorded.cause)


@expect("notify_run_end/aborted")
def aborted_run_is_closed_and_told_of_by_whoever_is_first(situation: Situation) -> None:
    situation.submit_align()

    situation.handle()
    stopped = situation.invoke("stop_jobs", read_event("stop_jobs/aborted.json"))

    assert stopped == {"runId": RUN_ID, "stopped": [JOB_ID]}
    assert situation.run.state is RunState.ABORTED
    (facts,) = told(situation)
    assert (facts["error"], facts["cause"]) == WHY_ABORTED


@expect("notify_run_end/timed_out")
def timed_out_run_is_told_of_after_it_was_closed(situation: Situation) -> None:
    situation.open_run()
    situation.invoke("stop_jobs", read_event("stop_jobs/timed_out.json"))

    situation.handle()

    (facts,) = told(situation)
    assert (facts["state"], facts["error"]) == ("TIMED_OUT", "ExecutionTimedOut")


@expect("notify_run_end/rejected")
def rejected_run_is_told_of_by_its_sample_and_ends_its_cohort(situation: Situation) -> None:
    make_state_machines(situation.world)
    detail = situation.event["detail"]
    situation.world.client("stepfunctions").start_execution(
        stateMachineArn=detail["stateMachineArn"], name=detail["name"], input=detail["input"]
    )
    situation.invoke("finish_run", read_event("finish_run/rejected.json"))

    assert situation.handle() == {"runId": detail["name"], "run": "sent", "cohort": "sent"}

    run, cohort = told(situation)
    assert (run["sampleId"], run["error"]) == ("NA12878", "InvalidInputError")
    assert (cohort["cohortId"], cohort["samples"]) == ("trio-7", {"FAILED": 1})
    found = situation.world.index("BySample", runSample="NA12878")
    assert [item["runId"]["S"] for item in found] == [detail["name"]]
    assert situation.handle()["cohort"] == "already sent, or being sent"


# secondary_analysis: inputs of executions

INPUTS = {
    "secondary_analysis/exome": [],
    "secondary_analysis/lanes": [],
    "secondary_analysis/smallest": [],
    "secondary_analysis/original": [],  # with its gaps filled in
    "secondary_analysis/invalid": [
        "$.bwa",
        "$.fastq2S3Path",
        "$.isaac.memory",
        "$.sampleId",
        "$.threads",
    ],
}


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("secondary_analysis")])
def test_input_is_judged_as_expected(path: str) -> None:
    is_original = path.endswith("original")
    document = original_input() if is_original else read_event(f"{path}.json")

    problems = CheckedInput.of(document, RESULTS_BUCKET).problems

    assert sorted(problem.path for problem in problems) == INPUTS[path]


def test_input_of_validate_inputs_events_is_that_of_the_machine() -> None:
    for name in ("exome", "invalid"):
        event = read_event(f"validate_input/{name}.json")
        assert event["input"] == read_event(f"secondary_analysis/{name}.json")
