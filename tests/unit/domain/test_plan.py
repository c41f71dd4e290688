import pytest

from seqstack.domain.errors import InvalidInputError
from seqstack.domain.plan import JobDefinition, StepPlan, plan_steps
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.scratch import GIB
from seqstack.domain.words import Step
from seqstack.tools.bwa import BWA
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import (
    HIGH,
    LOW,
    exome_input,
    job_definition,
    original_input,
    run_input,
    stack_defaults,
)

DEFINITIONS: dict[Step, JobDefinition] = {
    step: job_definition(f"{step}-dev", vcpus=16, memory_mib=28 * 1024)
    for step in SECONDARY_ANALYSIS.step_names
}


def plan(document: dict[str, object], step: Step) -> StepPlan:
    (found,) = [
        plan
        for plan in plan_steps(run_input(document), stack_defaults(), DEFINITIONS, {})
        if plan.step == step
    ]
    return found


def option(plan: StepPlan, name: str) -> str:
    return plan.command[plan.command.index(name) + 1]


def test_plan_covers_every_step_in_order() -> None:
    plans = plan_steps(run_input(), stack_defaults(), DEFINITIONS, {})

    assert [(plan.step, plan.tool) for plan in plans] == [
        (Step.ALIGN, Tool.BWA),
        (Step.CALL_VARIANTS, Tool.BCFTOOLS),
        (Step.ANNOTATE, Tool.SNPEFF),
        (Step.ALIGNMENT_STATS, Tool.SAMTOOLS_STATS),
        (Step.TARGET_METRICS, Tool.PICARD),
        (Step.AGGREGATE_QC, Tool.MULTIQC),
    ]


def test_plan_takes_queues_by_priority_as_the_original_did() -> None:
    plans = plan_steps(run_input(), stack_defaults(), DEFINITIONS, {})

    assert {plan.step: plan.job_queue for plan in plans} == {
        Step.ALIGN: HIGH,
        Step.CALL_VARIANTS: HIGH,
        Step.ANNOTATE: LOW,
        Step.ALIGNMENT_STATS: LOW,
        Step.TARGET_METRICS: LOW,
        Step.AGGREGATE_QC: LOW,
    }


def test_plan_takes_the_queue_that_the_input_names() -> None:
    assert plan(original_input(), Step.ALIGNMENT_STATS).job_queue == (
        "arn:aws:batch:us-east-1:123456789012:job-queue/lowPriority-dev"
    )


def test_plan_pins_the_job_definition_found_with_its_revision() -> None:
    assert plan(exome_input(), Step.ALIGN).job_definition.endswith("job-definition/align-dev:1")


def test_plan_takes_memory_of_the_definition_and_gives_the_container_whole_gib() -> None:
    planned = plan(exome_input(), Step.ALIGN)

    assert (planned.vcpus, planned.memory_mib) == (16, 28672)
    assert option(planned, "--memory") == "28"
    assert option(planned, "--threads") == "16"


def test_plan_takes_memory_in_gib_of_the_input() -> None:
    planned = plan(exome_input(bwa={"memory": 48}), Step.ALIGN)

    assert planned.memory_mib == 48 * 1024
    assert option(planned, "--memory") == "48"


@pytest.mark.parametrize(("mib", "gib"), [(512, "1"), (1024, "1"), (2047, "1"), (3072, "3")])
def test_plan_rounds_memory_down_to_whole_gib_but_never_to_none(mib: int, gib: str) -> None:
    definitions = {
        step: job_definition("x-dev", memory_mib=mib) for step in SECONDARY_ANALYSIS.step_names
    }
    plans = plan_steps(run_input(), stack_defaults(), definitions, {})

    assert {option(plan, "--memory") for plan in plans} == {gib}


def test_plan_of_more_arguments_than_a_job_carries_is_refused() -> None:
    long = "k" * 240
    document = exome_input(
        fastq1S3Path=[f"s3://reads/{long}/{lane}_R1.fq.gz" for lane in range(32)],
        fastq2S3Path=[f"s3://reads/{long}/{lane}_R2.fq.gz" for lane in range(32)],
    )

    with pytest.raises(InvalidInputError) as refused:
        plan(document, Step.ALIGN)

    (problem,) = refused.value.problems
    assert problem.path == "$.bwa"
    assert "7,000" in problem.message


def sized(gib: float) -> dict[S3Uri, int]:
    """Two FASTQ files of so many GiB together, and a reference and its indexes of 1 GiB each."""
    run = run_input()
    inputs = BWA.inputs(run, run.reference)
    reads = {inputs[0]: int(gib * GIB / 2), inputs[1]: int(gib * GIB / 2)}
    return {**dict.fromkeys(inputs, GIB), **reads}


def planned(gib: float, step: Step = Step.ALIGN) -> StepPlan:
    plans = plan_steps(run_input(), stack_defaults(), DEFINITIONS, sized(gib))
    return next(plan for plan in plans if plan.step == step)


def test_plan_expects_scratch_for_the_steps_own_input_and_its_reference() -> None:
    # bwa: 4 for each byte of reads, and FASTA, .fai and five files of its index
    assert planned(10).scratch_gib == 10 * 4 + 7
    # bcftools: twice a BAM of 1.2 times the reads, FASTA and .fai
    assert planned(10, Step.CALL_VARIANTS).scratch_gib == 24 + 2
    # samtools stats: 1.1 times such a BAM, and the FASTA
    assert planned(10, Step.ALIGNMENT_STATS).scratch_gib == 14 + 1
    # snpEff: five times a VCF of a fiftieth of the reads, and the FASTA (the genes are not sized)
    assert planned(9, Step.ANNOTATE).scratch_gib == 1 + 1


def test_plan_keeps_the_vcpus_that_come_with_enough_of_the_hosts_disk() -> None:
    # 16 vCPUs come with 16 x 45 = 720 GiB
    assert planned((720 - 7) / 4).vcpus == 16


def test_plan_asks_for_more_vcpus_where_their_part_of_the_disk_would_not_do() -> None:
    plan = planned((721 - 7) / 4)

    assert (plan.scratch_gib, plan.vcpus) == (721, 17)
    assert option(plan, "--threads") == "17"


def test_plan_of_reads_that_no_host_can_hold_is_refused_before_anything_runs() -> None:
    assert planned((1440 - 7) / 4).vcpus == 32

    with pytest.raises(InvalidInputError) as refused:
        planned((1441 - 7) / 4)

    (problem,) = refused.value.problems
    assert problem.path == "$.fastq1S3Path"
    assert "align by bwa needs about 1,441 GiB of scratch" in problem.message
    assert "a job can have 1,440" in problem.message
    assert "MaxScratchGiB" in problem.message


def test_plan_steps_names_image_and_objects_of_each_step() -> None:
    align = plan(exome_input(), Step.ALIGN)
    annotate = plan(exome_input(), Step.ANNOTATE)

    assert align.image == "repository/align-dev:0.1.0"
    assert align.inputs == BWA.inputs(run_input(), run_input().reference)
    assert align.outputs == SECONDARY_ANALYSIS.outputs(Step.ALIGN, run_input().layout)
    assert run_input().layout.variants in annotate.inputs
    assert annotate.outputs[-1] == run_input().layout.provenance(Step.ANNOTATE)


def test_plan_draws_on_the_submitters_share_or_on_the_common_one() -> None:
    for step in SECONDARY_ANALYSIS.step_names:
        assert plan(exome_input(submitter="exomecore"), step).submitter == "exomecore"
        assert plan(exome_input(), step).submitter == "default"


def test_plan_of_a_later_step_goes_before_an_earlier_one_of_the_same_submitter() -> None:
    priorities = [
        plan(exome_input(), step).scheduling_priority for step in SECONDARY_ANALYSIS.step_names
    ]

    assert priorities == sorted(set(priorities))
    assert priorities[0] >= 0  # Batch takes 0 to 9999


@pytest.mark.parametrize(("changes", "expected"), [({}, True), ({"cache": False}, False)])
def test_plan_steps_may_reuse_unless_the_input_says_no(
    changes: dict[str, bool], *, expected: bool
) -> None:
    for step in SECONDARY_ANALYSIS.step_names:
        assert plan(exome_input(**changes), step).use_cache is expected
