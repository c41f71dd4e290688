"""Gates are checked before a run, and name each miss with value and bound after it."""

import json
from typing import Any

import pytest

from seqstack.domain.qc.gates import gate_problems, misses
from seqstack.domain.qc.metrics import METRICS

GATES = {"meanTargetDepth": {"min": 30}, "alignedRate": {"min": 0.95}, "sex": "female"}
GOOD = {"meanTargetDepth": 30.0, "alignedRate": 0.95, "sex": "female"}


def problems(gates: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in gate_problems(gates)]


def test_values_on_their_bounds_meet_gates() -> None:
    assert problems(GATES) == []
    assert misses(GATES, GOOD) == []


def test_each_miss_is_named_with_value_and_bound() -> None:
    measured = {"meanTargetDepth": 12.25, "alignedRate": 0.949, "sex": "male"}

    assert [str(miss) for miss in misses(GATES, measured)] == [
        "meanTargetDepth is 12.25x, and must be at least 30x",
        "alignedRate is 0.949, and must be at least 0.95",
        "sex is male, and must be female",
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
        ("reads", {}, 'must be an object with "min", "max" or both'),
        ("reads", 30, 'must be an object with "min", "max" or both'),
        ("reads", {"above": 1}, 'must be an object with "min", "max" or both'),
        ("reads", {"min": True}, "min must be a number"),
        ("reads", {"min": "30"}, "min must be a number"),
        ("reads", json.loads('{"min": NaN}'), "min must be a finite number"),
        ("sex", {"min": 1}, "must be one of female, male"),
        ("sex", "f", "must be one of female, male"),
    ],
)
def test_impossible_gate_is_refused(name: str, gate: object, message: str) -> None:
    assert problems({name: gate}) == [f"$.qcGates.{name}: {message}"]
