from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from seqstack.domain.architecture import Architecture
from seqstack.domain.bucket_access import BUCKET_REGION_OPTION, REQUEST_PAYER_OPTION
from seqstack.domain.errors import InvalidInputError
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState, Step, StepState
from seqstack.tools.registry import Tool
from seqstack.use_cases.validate_run import StartedRun, validate_run
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import (
    EXECUTION_ARN,
    HIGH,
    RESULTS_BUCKET,
    RUN_ID,
    SOURCE_BUCKET,
    STARTED_AT,
    exome_input,
    original_input,
    stack_defaults,
)
from tests.support.fakes import FakeBatch, FakeEnds, FakeLedger, FakeObjects, FakeReferences

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
SOUND = b"A" * 40 + b"\n+\n" + b"F" * 40 + b"\n"
DIGEST = f"sha256:{'0' * 64}"


class World:
    def __init__(self) -> None:
        self.ledger = FakeLedger()
        self.batch = FakeBatch()
        self.executions = FakeEnds()
        self.objects = FakeObjects()
        self.digests: dict[str, str | None] = {}
        self.references = FakeReferences()
        self.defaults = stack_defaults()

    def validate(
        self, document: object, run_id: str = RUN_ID, execution_arn: str = EXECUTION_ARN
    ) -> RunRow:
        return validate_run(
            StartedRun(run_id, execution_arn, STARTED_AT, document),
            RESULTS_BUCKET,
            self.defaults,
            NOW,
            self.ledger,
            self.executions,
            self.batch,
            self.objects,
            self.objects.read_start,
            self.objects.read_blocks,
            self.objects.read_whole,
            lambda image: self.digests.get(image, DIGEST),
            lambda arn: f"{arn}:version",
            self.references,
        )

    def problems(self, document: object, **started: Any) -> list[str]:
        with pytest.raises(InvalidInputError) as refused:
            self.validate(document, **started)
        assert self.ledger.runs == {}
        assert self.batch.submitted == {}
        return [problem.path for problem in refused.value.problems]


@pytest.fixture
def world() -> World:
    return World()


def test_validate_run_sound_input_opens_the_run_and_plans_every_step(world: World) -> None:
    run = world.validate(exome_input())

    assert run == world.ledger.runs[RUN_ID]
    assert (run.state, run.sample_id, run.started_at) == (RunState.RUNNING, "NA12878", STARTED_AT)
    assert run.execution_arn == EXECUTION_ARN
    assert run.results == f"s3://{RESULTS_BUCKET}/results/"
    assert run.tools == {
        Step.ALIGN: Tool.BWA,
        Step.CALL_VARIANTS: Tool.BCFTOOLS,
        Step.ANNOTATE: Tool.SNPEFF,
        Step.ALIGNMENT_STATS: Tool.SAMTOOLS_STATS,
        Step.TARGET_METRICS: Tool.PICARD,
        Step.AGGREGATE_QC: Tool.MULTIQC,
    }
    steps = world.ledger.history(RUN_ID).steps
    assert [(step.step, step.state, step.attempt) for step in steps] == [
        (step, StepState.PENDING, 0) for step in SECONDARY_ANALYSIS.step_names
    ]
    assert all(step.plan.command for step in steps)
    assert world.batch.submitted == {}


def test_validate_run_of_a_submitter_is_in_the_ledger(world: World) -> None:
    assert world.validate(exome_input(submitter="exomecore")).submitter == "exomecore"


def test_validate_run_original_input_is_planned_with_its_own_definitions(world: World) -> None:
    world.validate(original_input())

    plan = world.ledger.step(RUN_ID, Step.ALIGN).plan
    assert plan.job_definition == (
        "arn:aws:batch:us-east-1:123456789012:job-definition/isaac-dev:1"
    )


def test_validate_run_again_for_the_same_execution_gives_the_same_run(world: World) -> None:
    first = world.validate(exome_input())

    assert world.validate(exome_input()) == first


def test_validate_run_whose_id_another_execution_has_is_refused(world: World) -> None:
    world.validate(exome_input())

    with pytest.raises(InvalidInputError, match=r"\$\$\.Execution\.Name: .*another execution"):
        world.validate(exome_input(), execution_arn="arn:of:another")


@pytest.mark.parametrize("name", ["a" * 57, "-a", "a.b", "a b", "é", "", "a\n"])
def test_validate_run_under_a_name_that_jobs_cant_carry_is_refused(world: World, name: str) -> None:
    assert world.problems(exome_input(), run_id=name) == ["$$.Execution.Name"]


def test_validate_run_missing_objects_are_all_named(world: World) -> None:
    document = exome_input()
    index = document["referenceS3Path"] + ".bwt"
    hint = "run `bwa index` on the reference and upload all 5 files beside it"
    world.objects.wrong = {
        document["fastq2S3Path"]: "does not exist",
        index: "may not be read, or does not exist",
    }

    with pytest.raises(InvalidInputError) as refused:
        world.validate(document)

    assert [(problem.path, problem.message) for problem in refused.value.problems] == [
        (
            "$.fastq2S3Path",
            f"{document['fastq2S3Path']} does not exist; upload it or correct the path",
        ),
        (
            "$.referenceS3Path",
            f"{index} may not be read, or does not exist; {hint}",
        ),
    ]


def test_validate_run_of_reads_too_large_for_any_host_is_refused(world: World) -> None:
    document = exome_input(alignInParts=False)
    world.objects.sizes = {document["fastq1S3Path"]: 1 << 40, document["fastq2S3Path"]: 1 << 40}

    # 2 TiB of reads: bwa may need 8, and bcftools 4.8 for a BAM of 2.4, which statistics and
    # metrics read too
    assert world.problems(document) == ["$.fastq1S3Path"] * 4


def test_validate_run_unknown_definition_and_closed_queue_are_named(world: World) -> None:
    world.batch.definitions = {"bwa-dev": None, "bcftools-dev:7": None}
    world.batch.closed_queues = {"highPriority-dev"}
    document = exome_input(
        bcftools={"jobDefinition": "bcftools-dev:7"}, snpEff={"jobQueue": "highPriority-dev"}
    )

    assert world.problems(document) == [
        "$.bcftools.jobDefinition",
        "$.bwa.jobDefinition",
        "$.snpEff.jobQueue",
    ]


@pytest.mark.parametrize("name", ["snpeff-dev", "snpeff-dev:3"])
def test_validate_run_names_a_revision_of_the_stacks_definition(world: World, name: str) -> None:
    world.validate(exome_input(snpEff={"jobDefinition": name, "jobQueue": "onDemand-dev"}))

    plan = world.ledger.step(RUN_ID, Step.ANNOTATE).plan
    assert plan.job_definition.endswith(":job-definition/snpeff-dev:1")
    assert plan.job_queue == "onDemand-dev"


@pytest.mark.parametrize("name", ["bwa-dev", "snpeff-prod:1", "snpeff-dev-2"])
def test_validate_run_other_definition_than_the_stacks_of_the_tool_is_refused(
    world: World, name: str
) -> None:
    document = exome_input(snpEff={"jobDefinition": name})

    assert world.problems(document) == ["$.snpEff.jobDefinition"]


@pytest.mark.parametrize(
    "queue",
    [
        "mine",
        "highPriority-prod",
        HIGH.replace("us-east-1", "us-west-2"),
        HIGH.replace("123456789012", "210987654321"),
    ],
)
def test_validate_run_queue_of_another_stack_is_refused(world: World, queue: str) -> None:
    document = exome_input(snpEff={"jobQueue": queue})

    assert world.problems(document) == ["$.snpEff.jobQueue"]


def test_validate_run_image_that_was_not_pushed_is_named_with_what_to_do(world: World) -> None:
    world.digests = {"repository/bcftools-dev:0.1.0": None}

    with pytest.raises(InvalidInputError, match="make push-images"):
        world.validate(exome_input())
    assert world.problems(exome_input()) == ["$.bcftools"]


def test_validate_run_writes_down_what_the_run_will_be_made_by(world: World) -> None:
    world.digests = {"repository/snpeff-dev:0.1.0": ""}  # in a registry that can't be asked

    run = world.validate(exome_input())

    assert run.state_machine_version == f"{EXECUTION_ARN}:version"
    assert run.images == {
        Step.ALIGN: f"repository/bwa-dev@{DIGEST}",
        Step.CALL_VARIANTS: f"repository/bcftools-dev@{DIGEST}",
        Step.ANNOTATE: "repository/snpeff-dev:0.1.0",
        Step.ALIGNMENT_STATS: f"repository/samtools_stats-dev@{DIGEST}",
        Step.TARGET_METRICS: f"repository/picard-dev@{DIGEST}",
        Step.AGGREGATE_QC: f"repository/multiqc-dev@{DIGEST}",
    }
    assert world.ledger.step(RUN_ID, Step.ALIGN).plan.image_digest == DIGEST
    assert run.tool_versions == {}


def test_validate_run_everything_wrong_is_one_error_before_any_job(world: World) -> None:
    missing = "s3://reads/L1_R1.fq.gz"
    world.objects.wrong = {missing: "does not exist"}
    world.batch.definitions = {"bcftools-dev": None}
    document = exome_input(
        sampleId="bad id",
        fastq1S3Path=[missing, 7],
        fastq2S3Path=["s3://reads/L1_R2.fq.gz"],
        isaac={},
        threads=8,
    )

    assert world.problems(document, run_id="bad.name") == [
        "$$.Execution.Name",
        "$.bcftools.jobDefinition",
        "$.bwa",
        "$.fastq1S3Path[0]",
        "$.fastq1S3Path[1]",
        "$.fastq2S3Path",
        "$.sampleId",
        "$.threads",
    ]


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_validate_run_input_that_is_no_object_is_refused(world: World, document: object) -> None:
    assert world.problems(document) == ["$"]


def test_validate_run_of_a_cohort_opens_the_run_in_it(world: World) -> None:
    run = world.validate(exome_input(cohortId="trio-7", cohortSize=3))

    assert (run.cohort_id, run.cohort_size) == ("trio-7", 3)


def test_validate_run_for_a_project_tags_the_run_and_its_jobs(world: World) -> None:
    run = world.validate(exome_input(project="rare-disease"))

    assert run.project == "rare-disease"
    steps = world.ledger.history(run.run_id).steps
    assert {step.plan.project for step in steps} == {"rare-disease"}


def test_validate_run_of_no_cohort_opens_the_run_in_none(world: World) -> None:
    run = world.validate(exome_input())

    assert (run.cohort_id, run.cohort_size) == ("", 0)


def test_validate_run_whose_reads_are_wrong_opens_nothing(world: World) -> None:
    document = exome_input()
    world.objects.bodies = {document["fastq2S3Path"]: b"CRAM\x03\x00"}

    with pytest.raises(InvalidInputError, match="it is a CRAM file; give it as readsS3Path"):
        world.validate(document)

    assert world.ledger.runs == {}


def test_validate_run_whose_reads_are_suspicious_reports_it(world: World) -> None:
    document = exome_input()
    world.objects.bodies = {document["fastq1S3Path"]: b"@SIM:1:FC:1:1101:1000:1\n" + SOUND}

    run = world.validate(document)

    assert [each.code for each in run.warnings["input"]] == ["notGzipped"]


def test_validate_run_whose_reads_are_suspicious_is_refused_if_it_asked_for_that(
    world: World,
) -> None:
    document = exome_input(failOnWarnings=True)
    world.objects.bodies = {document["fastq1S3Path"]: b"@SIM:1:FC:1:1101:1000:1\n" + SOUND}

    assert world.problems(document) == ["$.failOnWarnings"]


def test_validate_run_whose_database_is_not_used_reports_it(world: World) -> None:
    run = world.validate(exome_input(snpEff={"cmdArgs": "GRCh38.105"}))

    assert [each.code for each in run.warnings["input"]] == ["databaseNotUsed"]


def test_validate_run_plans_each_step_to_fail_on_warnings_if_asked(world: World) -> None:
    world.validate(exome_input(failOnWarnings=True))

    steps = world.ledger.history(RUN_ID).steps
    assert all(step.plan.fails_on_warnings for step in steps)


def arguments_of(world: World, step: Step) -> list[str]:
    return list(world.ledger.steps[RUN_ID, step].plan.command)


def test_validate_run_bucket_of_another_region_tells_the_jobs_that_read_it(world: World) -> None:
    world.objects.regions = {SOURCE_BUCKET: "eu-west-1"}

    world.validate(exome_input())

    told = [BUCKET_REGION_OPTION, f"{SOURCE_BUCKET}=eu-west-1"]
    assert arguments_of(world, Step.ALIGN)[-2:] == told


def test_validate_run_tool_without_programs_for_the_hosts_is_refused(world: World) -> None:
    world.defaults = replace(world.defaults, architecture=Architecture.ARM64)

    with pytest.raises(InvalidInputError, match="isaac has no program for arm64") as refused:
        world.validate(original_input())

    paths = {problem.path for problem in refused.value.problems if "arm64" in problem.message}
    assert paths == {"$.isaac", "$.strelka"}


def test_validate_run_bucket_of_another_region_is_refused_without_internet(world: World) -> None:
    world.objects.regions = {SOURCE_BUCKET: "eu-west-1"}
    world.defaults = replace(world.defaults, reaches_other_regions=False)

    with pytest.raises(InvalidInputError, match=r"is in eu-west-1, .*Network=private") as refused:
        world.validate(exome_input())

    assert {problem.path for problem in refused.value.problems} >= {
        "$.fastq1S3Path",
        "$.fastq2S3Path",
    }


def test_validate_run_that_pays_for_requests_tells_the_jobs_that_read_inputs(world: World) -> None:
    world.validate(exome_input(requesterPays=True))

    assert arguments_of(world, Step.ALIGN)[-2:] == [REQUEST_PAYER_OPTION, "requester"]
