"""A step's arguments about earlier steps."""

import hashlib

import pytest

from seqstack.domain.classification import classify_failure
from seqstack.domain.errors import ResultsReplacedError
from seqstack.domain.fingerprint import work_key
from seqstack.domain.own_results import earlier_steps, own_inputs, told_of_earlier, unfinished
from seqstack.domain.plan import MAX_COMMAND_CHARACTERS, StepPlan, plan_steps
from seqstack.domain.records import StepRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step, StepState
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import (
    RUN_ID,
    exome_input,
    job_definition,
    job_record,
    run_input,
    stack_defaults,
    written_objects,
)


def plans(**changes: object) -> dict[Step, StepPlan]:
    definitions = {step: job_definition(f"{step}-dev") for step in SECONDARY_ANALYSIS.step_names}
    made = plan_steps(run_input(exome_input(**changes)), stack_defaults(), definitions, {})
    return {plan.step: plan for plan in made}


def rows(*done: Step) -> list[StepRow]:
    """The steps of a run, of which some have succeeded."""
    return [
        StepRow(RUN_ID, plan, StepState.SUCCEEDED, 1, written=written_objects(plan))
        if plan.step in done
        else StepRow(RUN_ID, plan)
        for plan in plans().values()
    ]


@pytest.mark.parametrize(
    ("step", "earlier"),
    [
        (Step.ALIGN, []),
        (Step.CALL_VARIANTS, [Step.ALIGN]),
        (Step.ALIGNMENT_STATS, [Step.ALIGN]),
        (Step.TARGET_METRICS, [Step.ALIGN]),
        (Step.ANNOTATE, [Step.CALL_VARIANTS]),
    ],
)
def test_earlier_steps_are_those_whose_outputs_are_read(step: Step, earlier: list[Step]) -> None:
    assert [row.step for row in earlier_steps(plans()[step], rows())] == earlier


def test_earlier_steps_are_named_by_the_sha256_of_their_provenance() -> None:
    plan = plans()[Step.CALL_VARIANTS]
    provenance = written_objects(plans()[Step.ALIGN])[-1].uri

    told = told_of_earlier(plan, rows(Step.ALIGN)).command

    # tests/support/builders.py makes the content of an object of its URI
    digest = hashlib.sha256(str(provenance).encode()).hexdigest()
    assert told == (*plan.command, "--made_by", f"align:{digest}")
    assert len(" ".join(told[-2:])) < 8_192 - MAX_COMMAND_CHARACTERS


def test_own_inputs_are_as_the_run_has_written_them() -> None:
    align, calls = plans()[Step.ALIGN], plans()[Step.CALL_VARIANTS]
    bam, bai = written_objects(align)[:2]

    assert own_inputs(calls, rows(Step.ALIGN)) == {bam.uri: bam, bai.uri: bai}
    assert own_inputs(align, rows(Step.ALIGN)) == {}


def test_unfinished_are_the_steps_that_cannot_be_read_yet() -> None:
    calls = plans()[Step.CALL_VARIANTS]

    assert [row.step for row in unfinished(calls, rows())] == [Step.ALIGN]
    assert unfinished(calls, rows(Step.ALIGN)) == []


@pytest.mark.parametrize("results", ["x", "x/", "x//", "/x", "//x///"])
def test_folder_is_the_same_for_all_ways_to_write_it(results: str) -> None:
    layout = ResultLayout(S3Uri("results", results).as_folder(), "NA1")

    assert layout.folder == "results/x/NA1/"


def test_folders_of_different_samples_and_paths_differ() -> None:
    of = {
        ResultLayout(S3Uri(bucket, key), sample).folder
        for bucket, key, sample in [
            ("b", "x/", "y"),
            ("b", "x/y/", "z"),
            ("b", "x/", "z"),
            ("c", "x/", "y"),
            ("b", "", "y"),
        ]
    }

    assert of == {"b/x/y/", "b/x/y/z/", "b/x/z/", "c/x/y/", "b/y/"}


INPUTS = {S3Uri("reads", "1.fq"): "9:aa"}


def test_work_key_is_of_tools_options_and_contents_and_of_nothing_else() -> None:
    same = work_key(plans().values(), INPUTS)

    assert (
        work_key(plans(submitter="other", project="p", bwa={"memory": 60}).values(), INPUTS) == same
    )
    others = [
        work_key(plans(bwa={"cmdArgs": "-k 25"}).values(), INPUTS),
        work_key(plans(sampleId="other").values(), INPUTS),
        work_key(plans().values(), {S3Uri("reads", "1.fq"): "9:bb"}),
    ]
    assert len({same, *others}) == 4


def test_work_key_of_a_run_that_wants_it_made_again_is_empty() -> None:
    assert work_key(plans(cache=False).values(), INPUTS) == ""


def test_classify_failure_by_the_exit_code_of_replaced_results() -> None:
    job = job_record("FAILED", container={"exitCode": 67})

    assert classify_failure(job) is ResultsReplacedError
