"""Gates are checked before a run, and name each miss with value and bound after it."""

import json
from typing import Any

import pytest

from seqstack.domain.qc.gates import RunGates, misses
from seqstack.domain.qc.metrics import METRICS, Need

GATES = {"meanTargetDepth": {"min": 30}, "alignedRate": {"min": 0.95}}
GOOD = {"meanTargetDepth": 30.0, "alignedRate": 0.95}


def problems(
    gates: dict[str, Any], defaults: str = "{}", has: frozenset[Need] = frozenset(Need)
) -> list[str]:
    return [str(problem) for problem in RunGates(gates, defaults, has).problems]


def test_values_on_their_bounds_meet_gates() -> None:
    assert problems(GATES) == []
    assert misses(GATES, GOOD) == []


def test_each_miss_is_named_with_value_and_bound() -> None:
    measured = {"meanTargetDepth": 12.25, "alignedRate": 0.949}

    assert [str(miss) for miss in misses(GATES, measured)] == [
        "meanTargetDepth is 12.25x, and must be at least 30x",
        "alignedRate is 0.949, and must be at least 0.95",
    ]


@pytest.mark.parametrize("measured", [{}, {"meanTargetDepth": float("nan")}])
def test_metric_that_was_not_measured_misses_its_gate(measured: dict[str, float]) -> None:
    assert len(misses({"meanTargetDepth": {"min": 0}}, measured)) == 1


def test_value_between_two_bounds_meets_and_one_above_misses() -> None:
    gates = {"meanInsertSize": {"min": 100, "max": 500}}

    assert not misses(gates, {"meanInsertSize": 500})
    assert [str(miss) for miss in misses(gates, {"meanInsertSize": 501})] == [
        "meanInsertSize is 501 bases, and must be at least 100 bases and at most 500 bases"
    ]


def test_word_meets_its_gate_and_another_or_none_misses_it() -> None:
    gates = {"sex": "female"}

    assert not problems(gates)
    assert not misses(gates, {"sex": "female"})
    assert [
        str(miss)
        for measured in ({"sex": "male"}, {"sex": "ambiguous"}, {})
        for miss in misses(gates, measured)
    ] == [
        "sex is male, and must be female",
        "sex is ambiguous, and must be female",
        "sex was not measured, and must be female",
    ]


def test_gate_is_found_in_the_input_or_in_the_parameter() -> None:
    defaults = '{"sex": "male", "titv": {"min": 1}}'

    assert RunGates({"sex": "female"}, defaults, frozenset()).path_of("sex") == "$.qcGates.sex"
    assert RunGates({"sex": None}, defaults, frozenset()).path_of("sex") == ""
    assert RunGates({}, defaults, frozenset()).path_of("sex") == "DefaultQcGates.sex"
    assert RunGates({}, "{", frozenset()).path_of("sex") == ""
    assert RunGates({}, "{}", frozenset()).path_of("sex") == ""


def test_unknown_metric_is_refused_with_the_list_of_names() -> None:
    (problem,) = problems({"coverage": {"min": 30}})

    assert problem.startswith("$.qcGates.coverage: is not a metric; there are: reads, alignedRate,")
    assert all(name in problem for name in METRICS)


@pytest.mark.parametrize(
    ("name", "gate", "message"),
    [
        ("alignedRate", {"min": 95}, "min is 95, and alignedRate is a share from 0 to 1"),
        ("meanTargetDepth", {"max": -1}, "max is -1, and meanTargetDepth is a depth from 0 to inf"),
        ("reads", {"min": 2, "max": 1}, "min is 2, above max, 1: no sample could pass"),
        ("sex", "XX", 'must be "female" or "male"'),
        ("sex", "ambiguous", 'must be "female" or "male"'),
        ("sex", {"min": 1}, 'must be "female" or "male"'),
        ("reads", "many", 'must be an object with "min", "max" or both'),
        ("reads", {}, 'must be an object with "min", "max" or both'),
        ("reads", 30, 'must be an object with "min", "max" or both'),
        ("reads", {"above": 1}, 'must be an object with "min", "max" or both'),
        ("reads", {"min": True}, "min must be a number"),
        ("reads", {"min": "30"}, "min must be a number"),
        ("reads", json.loads('{"min": NaN}'), "min must be a finite number"),
    ],
)
def test_impossible_gate_is_refused(name: str, gate: object, message: str) -> None:
    assert problems({name: gate}) == [f"$.qcGates.{name}: {message}"]


def test_gates_of_the_stack_count_where_a_run_has_none_of_its_own() -> None:
    defaults = '{"alignedRate": {"min": 0.9}, "titv": {"min": 1}, "reads": {"min": 1000}}'
    own = {"alignedRate": {"min": 0.5}, "titv": None}

    gates = RunGates(own, defaults, frozenset())

    assert not list(gates.problems)
    assert gates.gates == {"alignedRate": {"min": 0.5}, "reads": {"min": 1000}}


@pytest.mark.parametrize("defaults", ["{", "[]", "{not json}"])
def test_parameter_that_is_no_json_object_is_refused_by_its_name(defaults: str) -> None:
    (problem,) = problems({}, defaults)

    assert problem.startswith("DefaultQcGates: the stack's parameter is not a JSON object: ")


def test_problem_of_the_stacks_gate_names_the_parameter() -> None:
    assert problems({}, '{"titv": {"min": -1}}') == [
        "DefaultQcGates.titv: min is -1, and titv is a ratio from 0 to inf"
    ]


def test_gate_on_targets_is_refused_for_a_run_without_targets() -> None:
    gate = {"fold80": {"max": 3}}
    advice = "needs targets: give targetRegionsS3Path (--targets), or"
    null = 'take the gate away by "qcGates": {"fold80": null} in the input'

    assert problems(gate, has=frozenset({Need.TRIMMING})) == [
        f"$.qcGates.fold80: {advice} leave this gate out"
    ]
    assert problems({}, json.dumps(gate), has=frozenset({Need.TRIMMING})) == [
        f"DefaultQcGates.fold80: {advice} {null}"
    ]
    assert not problems({"fold80": None}, json.dumps(gate), has=frozenset({Need.TRIMMING}))


def test_gate_on_trimming_is_refused_for_a_run_whose_reads_stay_as_they_are() -> None:
    gate = {"q30Rate": {"min": 0.8}}

    advice = "give trimReads (--trim), or leave this gate out"

    assert problems(gate, has=frozenset({Need.TARGETS})) == [
        f"$.qcGates.q30Rate: needs trimmed reads: {advice}"
    ]
    assert not problems(gate, has=frozenset({Need.TRIMMING}))
