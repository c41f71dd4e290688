"""S3, Batch, CloudWatch Logs and Step Functions as the adapters show them to the use cases."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from seqstack.adapters import aws
from seqstack.adapters.batch import Batch
from seqstack.adapters.images import image_digest
from seqstack.adapters.job_logs import last_log_lines, newest_progress
from seqstack.adapters.object_blocks import read_blocks
from seqstack.adapters.objects import (
    INTERMEDIATE,
    PART,
    find_objects,
    mark_intermediate,
    mark_parts,
    may_expire,
    read_start,
)
from seqstack.adapters.task_tokens import TaskTokens
from seqstack.domain.errors import SubmissionRejectedError, TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.objects_found import ABSENT, ObjectsFound
from seqstack.domain.plan import JobDefinition
from seqstack.domain.progress import FRESH_SECONDS, Phase
from seqstack.domain.records import utc_text
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import JobState, Step
from tests.support.aws_world import (
    JOB_LOG_GROUP,
    AwsWorld,
    define_job,
    heard_answers,
    make_batch,
    make_objects_and_logs,
    push_image,
)
from tests.support.builders import ALIGN, LOG_STREAM, RUN_ID, SOURCE_BUCKET, step_plan

FASTQ = S3Uri.parse(f"s3://{SOURCE_BUCKET}/fastq/NA12878_1.fastq.gz")
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
IMAGE = f"{ECR}/seqstack-dev/bwa-dev:0.1.0"
PLAN = step_plan(job_queue="highPriority-dev", job_definition="bwa-dev:1")


@contextmanager
def answering(
    service: Any, operation: str, code: str, status: int = 400, message: str = "as the test says"
) -> Iterator[None]:
    """Let a service answer one operation with an error."""

    def fail(**_: Any) -> None:
        response: Any = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        raise ClientError(response, operation)

    own = {"SubmitJob": aws.job_submitter, "FilterLogEvents": aws.progress_reader}
    client: Any = own[operation]() if operation in own else aws.client(service)
    event = f"before-call.*.{operation}"
    client.meta.events.register(event, fail)
    yield
    client.meta.events.unregister(event, fail)


# S3


@pytest.fixture
def objects(world: AwsWorld) -> AwsWorld:
    make_objects_and_logs(world)
    return world


def test_missing_objects_of_readable_objects_are_none(objects: AwsWorld) -> None:
    objects.put_object(FASTQ)

    assert find_objects([FASTQ, FASTQ]).wrong == {}


# ECR


def test_image_digest_is_what_the_tag_stands_for(world: AwsWorld) -> None:
    push_image(world, "seqstack-dev/bwa", "0.1.0")
    answer = world.client("ecr").describe_images(repositoryName="seqstack-dev/bwa")

    assert image_digest(f"{ECR}/seqstack-dev/bwa:0.1.0") == answer["imageDetails"][0]["imageDigest"]


def test_image_digest_of_what_was_not_pushed_is_none(world: AwsWorld) -> None:
    push_image(world, "seqstack-dev/bwa", "0.1.0")

    assert image_digest(f"{ECR}/seqstack-dev/bwa:0.2.0") is None
    assert image_digest(f"{ECR}/seqstack-dev/isaac:0.1.0") is None


@pytest.mark.parametrize(
    "image", ["quay.io/biocontainers/bwa:1", f"{ECR.replace('us-east-1', 'eu-west-1')}/bwa:1"]
)
def test_image_digest_in_another_registry_is_not_known(world: AwsWorld, image: str) -> None:
    assert image_digest(image) == ""


def test_image_digest_in_a_name_is_taken_as_it_is(world: AwsWorld) -> None:
    assert image_digest(f"{ECR}/bwa@sha256:ab") == "sha256:ab"


def test_mark_intermediate_leaves_the_tag_that_the_lifecycle_rule_looks_for(
    objects: AwsWorld,
) -> None:
    objects.put_object(FASTQ)

    mark_intermediate([FASTQ])
    mark_intermediate([FASTQ])

    found = aws.client("s3").get_object_tagging(Bucket=FASTQ.bucket, Key=FASTQ.key)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == INTERMEDIATE


def test_part_may_expire_once_it_is_marked_or_gone(objects: AwsWorld) -> None:
    objects.put_object(FASTQ)
    assert not may_expire(FASTQ)

    mark_parts([FASTQ])

    found = aws.client("s3").get_object_tagging(Bucket=FASTQ.bucket, Key=FASTQ.key)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == PART
    assert may_expire(FASTQ)
    aws.client("s3").delete_object(Bucket=FASTQ.bucket, Key=FASTQ.key)
    assert may_expire(FASTQ)


def test_find_objects_tells_the_region_of_buckets_elsewhere(objects: AwsWorld) -> None:
    objects.client("s3").create_bucket(
        Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    far, absent = S3Uri("far", "reads.fastq.gz"), S3Uri("no-such-bucket", "reads.fastq.gz")
    objects.put_object(FASTQ)
    objects.put_object(far)

    assert find_objects([FASTQ, far, absent]).regions == {"far": "eu-west-1"}


@pytest.mark.parametrize("pays", [True, False])
def test_reading_inputs_says_who_pays(objects: AwsWorld, pays: bool) -> None:
    objects.put_object(FASTQ)
    sent: list[object] = []

    def take(params: dict[str, Any], **_: Any) -> None:
        sent.append(params["headers"].get("x-amz-request-payer"))

    events: Any = aws.client("s3").meta.events
    for operation in ("HeadObject", "GetObject"):
        events.register(f"before-call.s3.{operation}", take)
    found = find_objects([FASTQ], requester_pays=pays)
    read_start(FASTQ, 10, requester_pays=pays)
    read_blocks(found.sizes, requester_pays=pays)
    for operation in ("HeadObject", "GetObject"):
        events.unregister(f"before-call.s3.{operation}", take)

    assert sent == ["requester" if pays else None] * 3


def test_find_objects_gives_the_bytes_of_each_that_can_be_read(objects: AwsWorld) -> None:
    absent = FASTQ.with_suffix(".gone")
    objects.put_object(FASTQ)
    size = objects.client("s3").head_object(Bucket=FASTQ.bucket, Key=FASTQ.key)["ContentLength"]

    found = find_objects([FASTQ, absent])

    head = objects.client("s3").head_object(Bucket=FASTQ.bucket, Key=FASTQ.key)
    etag, modified = head["ETag"].strip('"'), utc_text(head["LastModified"])
    assert found == ObjectsFound(
        {FASTQ: size}, {absent: ABSENT}, {FASTQ: etag}, modified={FASTQ: modified}
    )
    assert found.identities == {FASTQ: f"{size}:{etag}"}


def test_missing_objects_names_what_is_not_there(objects: AwsWorld) -> None:
    objects.put_object(FASTQ)
    absent = FASTQ.with_suffix(".gone")
    nowhere = S3Uri.parse("s3://no-such-bucket-here/key")

    wrong = find_objects(iter([FASTQ, absent, nowhere])).wrong

    assert set(wrong) == {absent, nowhere}
    assert wrong[absent] == "does not exist"
    assert wrong[nowhere].startswith("does not exist")


def test_missing_objects_of_more_than_are_asked_at_once_are_all_named(objects: AwsWorld) -> None:
    absent = [FASTQ.with_suffix(f".{number}") for number in range(80)]

    assert list(find_objects(absent).wrong) == absent


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("403", 403, "may not be read"),
        ("AccessDenied", 403, "may not be read"),
        ("301", 301, "another region"),
        ("400", 400, "can't be read"),
    ],
)
def test_missing_objects_that_may_not_be_read_are_named(
    objects: AwsWorld, code: str, status: int, words: str
) -> None:
    with answering("s3", "HeadObject", code, status):
        assert words in find_objects([FASTQ]).wrong[FASTQ]


@pytest.mark.parametrize(("code", "status"), [("503", 503), ("SlowDown", 503), ("500", 500)])
def test_missing_objects_when_s3_is_busy_is_transient(
    objects: AwsWorld, code: str, status: int
) -> None:
    with answering("s3", "HeadObject", code, status), pytest.raises(TransientServiceError):
        find_objects([FASTQ])


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_missing_objects_names_archived_ones(objects: AwsWorld, storage_class: str) -> None:
    objects.put_object(FASTQ, StorageClass=storage_class)

    assert find_objects([FASTQ]).wrong == {
        FASTQ: f"is archived ({storage_class}); restore it first"
    }


@pytest.mark.parametrize("storage_class", ["STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"])
def test_missing_objects_in_classes_that_answer_at_once_are_none(
    objects: AwsWorld, storage_class: str
) -> None:
    objects.put_object(FASTQ, StorageClass=storage_class)

    assert find_objects([FASTQ]).wrong == {}


def test_missing_objects_that_were_restored_are_none(objects: AwsWorld) -> None:
    objects.put_object(FASTQ, StorageClass="GLACIER")
    objects.client("s3").restore_object(
        Bucket=FASTQ.bucket, Key=FASTQ.key, RestoreRequest={"Days": 7}
    )

    assert find_objects([FASTQ]).wrong == {}


# Batch


@pytest.fixture
def batch_world(world: AwsWorld) -> AwsWorld:
    make_batch(world)
    return world


def test_job_definition_by_name_is_the_newest_active_revision(batch_world: AwsWorld) -> None:
    newest = define_job(batch_world, "bwa-dev", memory_mib=4096)
    batch_world.client("batch").deregister_job_definition(
        jobDefinition=define_job(batch_world, "bwa-dev")
    )

    assert Batch("dev").job_definition("bwa-dev") == JobDefinition(newest, IMAGE, 16, 4096)


@pytest.mark.parametrize(
    "name",
    [
        "bwa-dev:1",
        "arn:aws:batch:us-east-1:123456789012:job-definition/bwa-dev:1",
        "arn:aws:batch:us-east-1:123456789012:job-definition/bwa-dev",
    ],
)
def test_job_definition_by_revision_or_arn_is_found(batch_world: AwsWorld, name: str) -> None:
    found = Batch("dev").job_definition(name)

    assert found == JobDefinition(
        "arn:aws:batch:us-east-1:123456789012:job-definition/bwa-dev:1", IMAGE, 16, 28672
    )


@pytest.mark.parametrize(
    "name",
    [
        "bwa",
        "bwa-dev:7",
        "no-such",
        "arn:aws:batch:us-east-1:999999999999:job-definition/bwa-dev",
    ],
)
def test_job_definition_unknown_is_none(batch_world: AwsWorld, name: str) -> None:
    assert Batch("dev").job_definition(name) is None


def test_job_definition_tells_its_timeout(batch_world: AwsWorld) -> None:
    answer = batch_world.client("batch").register_job_definition(
        jobDefinitionName="limited-dev",
        type="container",
        containerProperties={"image": IMAGE, "vcpus": 1, "memory": 512},
        timeout={"attemptDurationSeconds": 7200},
    )

    found = Batch("dev").job_definition(answer["jobDefinitionName"])

    assert found
    assert found.timeout_seconds == 7200


def test_queue_problem_is_none_of_an_enabled_queue_with_a_policy(batch_world: AwsWorld) -> None:
    client = batch_world.client("batch")
    (low,) = client.describe_job_queues(jobQueues=["lowPriority-dev"])["jobQueues"]
    client.update_job_queue(jobQueue="lowPriority-dev", state="DISABLED")

    assert Batch("dev").queue_problem("highPriority-dev") == ""
    for name in ("lowPriority-dev", low["jobQueueArn"], "no-such"):
        assert (
            Batch("dev").queue_problem(name)
            == "is not an enabled job queue of this account and region"
        )


def test_queue_problem_of_a_queue_first_in_first_out_is_reported(batch_world: AwsWorld) -> None:
    client = batch_world.client("batch")
    (low,) = client.describe_job_queues(jobQueues=["lowPriority-dev"])["jobQueues"]
    client.create_job_queue(
        jobQueueName="plain",
        priority=1,
        state="ENABLED",
        computeEnvironmentOrder=low["computeEnvironmentOrder"],
    )

    assert Batch("dev").queue_problem("plain") == "has no scheduling policy"


@pytest.mark.parametrize(("project", "tag"), [("", {}), ("rare", {"seqstack:project": "rare"})])
def test_submit_names_the_job_and_sends_its_plan(
    batch_world: AwsWorld, project: str, tag: dict[str, str]
) -> None:
    sent: list[dict[str, Any]] = []

    def take(params: dict[str, Any], **_: Any) -> None:
        sent.append(dict(params))

    events: Any = aws.job_submitter().meta.events
    events.register("provide-client-params.batch.SubmitJob", take)
    Batch("dev").submit(ALIGN, replace(PLAN, project=project))
    events.unregister("provide-client-params.batch.SubmitJob", take)

    assert sent == [
        {
            "jobName": f"{RUN_ID}-align-1",
            "jobQueue": "highPriority-dev",
            "jobDefinition": "bwa-dev:1",
            "shareIdentifier": "exomecore",
            "schedulingPriorityOverride": 0,
            "parameters": {"runId": RUN_ID, "step": "align", "attempt": "1"},
            "containerOverrides": {
                "command": ["--sample_id", "NA12878", "--memory", "28"],
                "resourceRequirements": [
                    {"type": "VCPU", "value": "16"},
                    {"type": "MEMORY", "value": "28672"},
                ],
            },
            "tags": {
                "seqstack:environment": "dev",
                "seqstack:runId": RUN_ID,
                "seqstack:step": "align",
                "seqstack:submitter": "exomecore",
                **tag,
            },
            "propagateTags": True,
        }
    ]


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({"timeout_seconds": 172_800}, {"timeout": {"attemptDurationSeconds": 172_800}}),
        ({"expected_seconds": 43_200}, {"retryStrategy": {"attempts": 1}}),
        ({"expected_seconds": 3_600}, {}),
        ({"expected_seconds": 43_200, "job_queue": "onDemand-dev"}, {}),
    ],
)
def test_submit_limits_a_long_job(
    batch_world: AwsWorld, changes: dict[str, Any], limits: dict[str, Any]
) -> None:
    sent: list[dict[str, Any]] = []

    def take(params: dict[str, Any], **_: Any) -> None:
        sent.append(dict(params))

    events: Any = aws.job_submitter().meta.events
    events.register("provide-client-params.batch.SubmitJob", take)
    plan = replace(PLAN, on_demand_queue="onDemand-dev", **changes)
    Batch("dev").submit(ALIGN, plan)
    events.unregister("provide-client-params.batch.SubmitJob", take)

    assert {key: sent[0][key] for key in ("timeout", "retryStrategy") if key in sent[0]} == limits


def test_submit_refused_by_batch_says_why(batch_world: AwsWorld) -> None:
    with (
        answering("batch", "SubmitJob", "ClientException", message="Job queue is DISABLED"),
        pytest.raises(SubmissionRejectedError, match=r"NA12878-exome-1-align-1 .*DISABLED"),
    ):
        Batch("dev").submit(ALIGN, PLAN)


@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyRequestsException", 429), ("ThrottlingException", 400), ("ServerException", 500)],
)
def test_submit_while_batch_is_busy_is_transient(
    batch_world: AwsWorld, code: str, status: int
) -> None:
    with answering("batch", "SubmitJob", code, status), pytest.raises(TransientServiceError):
        Batch("dev", sleep=lambda _: None).submit(ALIGN, PLAN)


def test_find_job_finds_an_ended_job_by_its_whole_name(batch_world: AwsWorld) -> None:
    # Batch's filter ignores case
    Batch("dev").submit(JobKey(RUN_ID.upper(), Step.ALIGN, 1), PLAN)
    Batch("dev").submit(JobKey(RUN_ID, Step.ALIGN, 11), PLAN)
    job_id = Batch("dev").submit(ALIGN, PLAN)

    assert Batch("dev").find_job(ALIGN, "highPriority-dev") == job_id


def test_find_job_never_submitted_is_none(batch_world: AwsWorld) -> None:
    Batch("dev").submit(JobKey(RUN_ID, Step.ALIGN, 11), PLAN)

    assert Batch("dev").find_job(ALIGN, "highPriority-dev") is None


def test_describe_gives_the_job_with_its_key(batch_world: AwsWorld) -> None:
    job_id = Batch("dev").submit(ALIGN, PLAN)

    job = Batch("dev").describe(job_id)

    assert job
    assert (job.job_id, job.key) == (job_id, ALIGN)
    assert job.state in JobState


def test_describe_forgotten_job_is_none(batch_world: AwsWorld) -> None:
    assert Batch("dev").describe("4c7599ae-0a82-49aa-ba5a-4727fcce14a8") is None


@dataclass
class Terminations:
    """TerminateJobs and TerminateJob, in Batch's place: jobs in `refused` need the second."""

    refused: set[str] = field(default_factory=set)
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def take(self, params: Any, model: Any, **_: Any) -> Any:
        body = json.loads(params["body"])
        jobs = body.get("jobs", body.get("jobId"))
        self.calls.append((model.name, jobs))
        errors = [{"job": job, "code": "Server", "message": "x"} for job in self.refused & {*jobs}]
        answer = {"successful": [], "errors": errors} if model.name == "TerminateJobs" else {}
        return AWSResponse("", 200, HTTPHeaders(), None), answer


@pytest.fixture
def terminations(batch_world: AwsWorld) -> Iterator[Terminations]:
    taken = Terminations()
    events: Any = aws.client("batch").meta.events
    names = [f"before-call.batch.{name}" for name in ("TerminateJobs", "TerminateJob")]
    for name in names:
        events.register(name, taken.take)
    yield taken
    for name in names:
        events.unregister(name, taken.take)


def test_terminate_all_takes_fifty_jobs_a_call(terminations: Terminations) -> None:
    jobs = [f"job-{number}" for number in range(51)]

    Batch("dev").terminate_all(jobs, "enough")

    assert terminations.calls == [("TerminateJobs", jobs[:50]), ("TerminateJobs", jobs[50:])]


def test_terminate_all_repeats_what_was_refused_one_by_one(terminations: Terminations) -> None:
    terminations.refused = {"job-2"}

    Batch("dev").terminate_all(["job-1", "job-2"], "enough")

    assert terminations.calls == [
        ("TerminateJobs", ["job-1", "job-2"]),
        ("TerminateJob", "job-2"),
    ]


def test_terminate_all_by_an_older_botocore_is_one_by_one(
    terminations: Terminations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(type(aws.client("batch")), "terminate_jobs")

    Batch("dev").terminate_all(["job-1", "job-2"], "enough")

    assert terminations.calls == [("TerminateJob", "job-1"), ("TerminateJob", "job-2")]


def test_terminate_all_of_no_job_calls_nobody(terminations: Terminations) -> None:
    Batch("dev").terminate_all([], "enough")

    assert terminations.calls == []


# CloudWatch Logs


def test_last_log_lines_are_the_newest_oldest_first(objects: AwsWorld) -> None:
    objects.write_log(LOG_STREAM, [f"line {number}" for number in range(30)])

    assert last_log_lines(JOB_LOG_GROUP, LOG_STREAM, 3) == ["line 27", "line 28", "line 29"]


@pytest.mark.parametrize("stream", ["", "bwa/default/never-started"])
def test_last_log_lines_of_a_job_without_log_are_none(objects: AwsWorld, stream: str) -> None:
    assert last_log_lines(JOB_LOG_GROUP, stream, 3) == []


def test_last_log_lines_while_logs_are_throttled_is_transient(objects: AwsWorld) -> None:
    with (
        answering("logs", "GetLogEvents", "ThrottlingException"),
        pytest.raises(TransientServiceError),
    ):
        last_log_lines(JOB_LOG_GROUP, LOG_STREAM, 3)


def test_last_log_lines_that_may_not_be_read_raises(objects: AwsWorld) -> None:
    with answering("logs", "GetLogEvents", "AccessDeniedException"), pytest.raises(ClientError):
        last_log_lines(JOB_LOG_GROUP, LOG_STREAM, 3)


PROGRESS = '2026-01-31T12:00:00Z PROGRESS {"phase": "run"}'


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_newest_progress_is_the_last_line_of_each_job_that_has_told_any(objects: AwsWorld) -> None:
    later = PROGRESS.replace("run", "stageOut")
    objects.write_log("bwa/default/one", [PROGRESS, "[bwa] PROGRESS {}", later, "the last line"])
    objects.write_log("bwa/default/two", [PROGRESS])
    objects.write_log("bwa/default/silent", ["started"])
    objects.write_log("bwa/default/of-another-run", [PROGRESS])

    asked = ("bwa/default/one", "bwa/default/two", "bwa/default/silent")
    told = newest_progress(JOB_LOG_GROUP, asked, now_ms())

    assert {stream: progress.phase for stream, progress in told.items()} == {
        "bwa/default/one": Phase.STAGE_OUT,
        "bwa/default/two": Phase.RUN,
    }


def test_newest_progress_of_a_job_that_has_told_nothing_lately_is_none(objects: AwsWorld) -> None:
    objects.write_log(LOG_STREAM, [PROGRESS])
    later = now_ms() + 1000 * int(FRESH_SECONDS + 1)

    assert newest_progress(JOB_LOG_GROUP, [LOG_STREAM], later) == {}


@pytest.mark.parametrize("code", ["ThrottlingException", "ResourceNotFoundException"])
def test_newest_progress_that_logs_do_not_answer_is_none(objects: AwsWorld, code: str) -> None:
    objects.write_log(LOG_STREAM, [PROGRESS])
    with answering("logs", "FilterLogEvents", code):
        assert newest_progress(JOB_LOG_GROUP, [LOG_STREAM], now_ms()) == {}


def test_newest_progress_asks_for_at_most_a_hundred_logs(objects: AwsWorld) -> None:
    asked: list[int] = []

    def note(params: Any, **_: Any) -> None:
        asked.append(len(params["logStreamNames"]))

    events = aws.progress_reader().meta.events
    events.register("before-parameter-build.*.FilterLogEvents", note)
    newest_progress(JOB_LOG_GROUP, [f"bwa/default/{n}" for n in range(150)], now_ms())
    events.unregister("before-parameter-build.*.FilterLogEvents", note)

    assert asked == [100]


def test_newest_progress_that_may_not_be_read_raises(objects: AwsWorld) -> None:
    with answering("logs", "FilterLogEvents", "AccessDeniedException"), pytest.raises(ClientError):
        newest_progress(JOB_LOG_GROUP, [LOG_STREAM], now_ms())


# Step Functions


def test_succeed_answers_with_json(world: AwsWorld) -> None:
    with heard_answers(world):
        assert TaskTokens().succeed("token", {"jobId": "j", "status": JobState.SUCCEEDED})

    assert world.answers == [
        (
            "SendTaskSuccess",
            {"taskToken": "token", "output": '{"jobId": "j", "status": "SUCCEEDED"}'},
        )
    ]


def test_fail_answers_within_the_limits_of_step_functions(world: AwsWorld) -> None:
    with heard_answers(world):
        assert TaskTokens().fail("token", Failure("E" * 300, "head " + "x" * 40_000 + " tail"))

    ((name, sent),) = world.answers
    assert (name, sent["taskToken"], len(sent["error"])) == ("SendTaskFailure", "token", 256)
    assert len(sent["cause"]) <= 32_768
    assert sent["cause"].startswith("head ")
    assert sent["cause"].endswith(" tail")


# https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_answer_that_is_no_longer_awaited_is_no_error(world: AwsWorld, code: str) -> None:
    with answering("stepfunctions", "SendTaskSuccess", code):
        assert not TaskTokens().succeed("token", {})
    with answering("stepfunctions", "SendTaskFailure", code):
        assert not TaskTokens().fail("token", Failure("E", "c"))


def test_answer_while_step_functions_throttles_is_transient(world: AwsWorld) -> None:
    with (
        answering("stepfunctions", "SendTaskSuccess", "ThrottlingException"),
        pytest.raises(TransientServiceError),
    ):
        TaskTokens().succeed("token", {})


def test_answer_that_is_not_allowed_raises(world: AwsWorld) -> None:
    with (
        answering("stepfunctions", "SendTaskSuccess", "AccessDeniedException"),
        pytest.raises(ClientError),
    ):
        TaskTokens().succeed("token", {})
