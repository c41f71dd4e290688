"""A workflow's value says which steps a run has, in which order, and what they write."""

from typing import Any

import pytest

from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import Output, Queue, StepDefinition, WorkflowDefinition
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS


def step(name: str = "measure", **changes: Any) -> StepDefinition:
    values: dict[str, Any] = {
        "outputs": (Output("x.txt"),),
        "queue": Queue.LOW_PRIORITY,
        "read_per_input_byte": 1.0,
        **changes,
    }
    return StepDefinition(name, **values)


def workflow(*steps: StepDefinition, name: str = "tally") -> WorkflowDefinition:
    return WorkflowDefinition(name, "tally.schema.json", steps)


@pytest.mark.parametrize("name", ["", "Tally", "secondary-analysis", "a" * 41])
def test_workflow_whose_name_no_state_machine_could_be_told_by_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid name of a workflow"):
        workflow(step(), name=name)


# 56 characters of a run, 16 of a step, a retry and a redrive make the 80 of an execution's name;
# warnings of the input's check have `input` in place of a step; a part of `measure` is another one
@pytest.mark.parametrize(
    "name", ["", "Measure", "call-variants", "m#", "m" * 17, "input", "measurePart2"]
)
def test_step_whose_name_can_not_be_part_of_names_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid name of a step of tally"):
        workflow(step(name))


def test_step_that_stands_before_what_it_comes_after_is_refused() -> None:
    with pytest.raises(ValueError, match=r"measure comes after .*'count'"):
        workflow(step(after=("count",)), step("count"))


def test_step_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a valid name of a step"):
        workflow(step(), step())


def test_run_has_an_optional_step_only_if_its_input_names_a_tool_for_it() -> None:
    required, optional = SECONDARY_ANALYSIS.step(Step.ALIGN), step(Step.CALL_VARIANTS)
    both = workflow(required, optional)

    assert both.chosen_tools({}) == {"align": Tool.BWA}
    assert both.chosen_tools({"freebayes": {}, "isaac": {}}) == {
        "align": Tool.ISAAC,
        "callVariants": Tool.FREEBAYES,
    }
    assert both.default_tools == {"align": Tool.BWA}


def test_names_of_steps_are_put_in_order_with_those_of_other_versions_behind() -> None:
    names = ["polish", "annotate", "aggregateQc", "align"]

    assert SECONDARY_ANALYSIS.in_order(names) == ["align", "annotate", "aggregateQc", "polish"]


def test_intermediates_are_bam_and_gvcf_with_what_lies_beside_them() -> None:
    outputs = [(step, output) for step in SECONDARY_ANALYSIS.steps for output in step.outputs]
    outputs += [
        (SECONDARY_ANALYSIS.step(tool.step), output)
        for tool in SECONDARY_ANALYSIS.tools
        for output in tool.definition.more_outputs
    ]
    folder = S3Uri.parse("s3://results/NA12878/")

    assert [
        output.path for step, output in outputs if step.is_intermediate(folder / output.path)
    ] == [
        "bam/sorted.bam",
        "bam/sorted.bam.bai",
        "bam/sorted.bam.md5",
        "vcf/variants/genome.vcf.gz",
        "vcf/variants/genome.vcf.gz.tbi",
        "vcf/variants/genome.S1.vcf.gz",
        "vcf/variants/genome.S1.vcf.gz.tbi",
    ]
