"""Workflows, tools and state machines fit together, and no code goes over all steps there are."""

import ast
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from seqstack.domain.errors import InvalidInputError
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from seqstack.domain.workflow_names import workflow_of
from seqstack.tools.registry import Tool
from seqstack.workflows.checks import CHECKS, check_input
from seqstack.workflows.order import StepOrder, order_of_steps
from seqstack.workflows.registry import (
    WORKFLOWS,
    in_order,
    is_intermediate,
    step_of,
)
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

ROOT = Path(__file__).parents[3]
PRODUCT = (
    "cli",
    "containers",
    "demo",
    "emulator",
    "functions",
    "hosts",
    "layers/common/seqstack",
    "scripts",
)
ARN = "arn:aws-us-gov:states:us-gov-west-1:123456789012:execution"
every_workflow = pytest.mark.parametrize("name", WORKFLOWS)


@pytest.mark.parametrize("tool", Tool)
def test_tool_fills_a_step_of_one_workflow(tool: Tool) -> None:
    assert step_of(tool).name == tool.step


@every_workflow
def test_every_step_of_a_workflow_has_a_tool(name: str) -> None:
    definition = WORKFLOWS[name]

    assert {tool.step for tool in definition.tools} == set(definition.step_names)
    assert all(tool.step == step for step, tool in definition.default_tools.items())


def test_every_workflow_has_what_checks_its_input() -> None:
    assert CHECKS.keys() == WORKFLOWS.keys()


def test_named_steps_are_those_of_secondary_analysis() -> None:
    assert tuple(Step) == SECONDARY_ANALYSIS.step_names


@pytest.mark.parametrize(
    ("arn", "workflow"),
    [
        (f"{ARN}:prepare_reference-prod-2:GRCh38", "prepare_reference"),
        (f"{ARN}:secondary_analysis-dev:run-1", "secondary_analysis"),
        ("", "secondary_analysis"),  # of a row that an early version has written
    ],
)
def test_workflow_of_an_execution_is_found_by_its_state_machine(arn: str, workflow: str) -> None:
    assert workflow_of(arn) == workflow


def test_input_for_a_workflow_that_there_is_not_is_refused() -> None:
    with pytest.raises(
        InvalidInputError, match="'tally' is not a workflow; there are: secondary_analysis"
    ):
        check_input("tally", {}, "results")


def test_steps_of_an_unknown_workflow_have_an_order_and_no_intermediates() -> None:
    bam = S3Uri.parse("s3://results/NA12878/bam/sorted.bam")

    assert in_order("tally", ["count", "align"]) == ["align", "count"]
    assert not is_intermediate("tally", "align", bam)
    assert not is_intermediate("secondary_analysis", "polish", bam)
    assert is_intermediate("secondary_analysis", "align", bam)


@every_workflow
def test_state_machine_starts_each_step_once_and_after_those_before_it(name: str) -> None:
    machine = json.loads((ROOT / f"statemachine/{name}.asl.json").read_text())
    order = order_of_steps(WORKFLOWS[name], WORKFLOWS[name].step_names)
    started = list(_started(machine, machine["StartAt"], order))

    assert sorted(started) == sorted(WORKFLOWS[name].step_names)
    for branch in order.branches:
        for number, step in enumerate(branch):
            done = {*order.first, *branch[:number]}
            assert done >= set(WORKFLOWS[name].step(step).after), step
    for step in WORKFLOWS[name].steps:
        assert set(started[: started.index(step.name)]) >= set(step.after), step.name


def _started(machine: Mapping[str, Any], name: str | None, order: StepOrder) -> Iterator[str]:
    """The steps that are started from a state on; a choice is followed where a run has the step."""
    if name is None:
        return
    state = machine["States"][name]
    own = state.get("Parameters", {}).get("Input", {}).get("step")
    yield from [own] if own else []
    if state.get("ItemsPath") == "$.branches":
        yield from chain(*order.branches)
    if state.get("ItemsPath") == "$.stages":
        yield from chain(*chain(*order.stages))
    chosen = state.get("Choices", [{}])[0].get("Next")
    yield from _started(machine, state.get("Next", chosen), order)


def test_no_code_goes_over_all_named_steps() -> None:
    """A run has steps of its own: one of another version, or of another workflow, has others."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in PRODUCT
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in _uses_of_all_steps(path.read_text())
    ]

    assert found == []


def test_going_over_all_named_steps_is_found() -> None:
    text = "for s in Step: pass\n[s for s in Step]\nlist(Step)\nStep('x')\n(1, *Step)\nStep.ALIGN\n"

    assert list(_uses_of_all_steps(text)) == [1, 2, 3, 4, 5]


def _uses_of_all_steps(text: str) -> Iterator[int]:
    lines = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.For(iter=ast.Name(id="Step")) | ast.comprehension(iter=ast.Name(id="Step")):
                lines.add(node.iter.lineno)
            case ast.Call(func=ast.Name(id="Step")) | ast.Starred(value=ast.Name(id="Step")):
                lines.add(node.lineno)
            case ast.Call(args=[ast.Name(id="Step"), *_]):
                lines.add(node.lineno)
    yield from sorted(lines)
