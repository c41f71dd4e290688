"""Gates: bounds on the metrics of a sample, given as data (`qcGates`)."""

import json
import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from seqstack.domain.errors import Problem
from seqstack.domain.qc.metrics import METRICS, Metric, Need, Value, Values

KEY: Final = "qcGates"
PARAMETER: Final = "DefaultQcGates"
_SIDES = {"min": "at least", "max": "at most"}

type Gate = Mapping[str, float] | str
"""Bounds, `min`, `max` or both; or the word that a metric must be."""
type Gates = Mapping[str, Gate]
"""Gates by a metric's name."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A metric that misses its gate; `value` is None if the run did not measure it."""

    metric: Metric
    gate: Gate
    value: Value | None

    def __str__(self) -> str:
        bound = bound_text(self.metric, self.gate)
        if self.value is None:
            return f"{self.metric.name} was not measured, and must be {bound}"
        return f"{self.metric.name} is {value_text(self.metric, self.value)}, and must be {bound}"


@dataclass(frozen=True, slots=True)
class RunGates:
    """The gates of a run: its own, and for other metrics those of the stack.

    Attributes:
        own: those of its input; a metric that is null there has no gate.
        defaults: JSON, the stack's parameter.
        has: what the run has of what some metrics need.
    """

    own: Mapping[str, Any]
    defaults: str
    has: Set[Need]

    @property
    def gates(self) -> Gates:
        """All of them; only for those without problems."""
        both = {**_document(self.defaults), **self.own}
        return {name: gate for name, gate in both.items() if gate is not None}

    def path_of(self, metric: str) -> str:
        """Where the metric's gate is, in the input or the stack's parameter; empty without one."""
        if metric in self.own:
            return f"$.{KEY}.{metric}" if self.own[metric] is not None else ""
        try:
            standard = _document(self.defaults)
        except ValueError:  # it is reported as a problem
            return ""
        return f"{PARAMETER}.{metric}" if standard.get(metric) is not None else ""

    @property
    def problems(self) -> Iterator[Problem]:
        """Unknown metrics, metrics that the run can't measure, and impossible bounds."""
        try:
            standard = _document(self.defaults)
        except ValueError as error:
            yield Problem(PARAMETER, f"the stack's parameter is not a JSON object: {error}")
            standard = {}
        left = {name: gate for name, gate in standard.items() if name not in self.own}
        yield from gate_problems(left, PARAMETER, self.has)
        yield from gate_problems(self.own, f"$.{KEY}", self.has)


def gate_problems(gates: Mapping[str, Any], path: str, has: Set[Need]) -> Iterator[Problem]:
    """Yield unknown metrics, metrics that the run can't measure, and impossible bounds."""
    for name, gate in gates.items():
        if gate is None:
            continue
        metric = METRICS.get(name)
        if metric is None:
            said: Iterator[str] = iter([f"is not a metric; there are: {', '.join(METRICS)}"])
        elif metric.need and metric.need not in has:
            said = iter([f"needs {metric.need}, or {without_gate(name, path)}"])
        else:
            said = _bound_problems(gate, metric)
        yield from (Problem(f"{path}.{name}", each) for each in said)


def without_gate(metric: str, path: str) -> str:
    """How a run is to have no gate of a metric; `path` says where its gate is."""
    if path.startswith(PARAMETER):
        return f'take the gate away by "{KEY}": {{"{metric}": null}} in the input'
    return "leave this gate out"


def misses(gates: Gates, measured: Values) -> list[Miss]:
    """The misses of gates without problems, in the gates' order.

    A metric that was not measured misses its gate: it was never shown to be met.
    """
    return [
        Miss(METRICS[name], gate, measured.get(name))
        for name, gate in gates.items()
        if name in METRICS and not meets(gate, measured.get(name))
    ]


def meets(gate: Gate, value: Value | None) -> bool:
    """True for the word, or a number within the bounds."""
    if isinstance(gate, str) or isinstance(value, str):
        return gate == value
    low, high = gate.get("min", -math.inf), gate.get("max", math.inf)
    return value is not None and low <= value <= high


def bound_text(metric: Metric, gate: Gate) -> str:
    """A gate in words, such as `at least 30x`."""
    if isinstance(gate, str):
        return gate
    return " and ".join(
        f"{_SIDES[side]} {value_text(metric, gate[side])}" for side in _SIDES if side in gate
    )


def value_text(metric: Metric, value: Value, digits: int = 6) -> str:
    """A value with its unit, such as `12.25x`; counts are whole."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if metric.is_count else f"{value:.{digits}g}{metric.suffix}"


def _document(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"{text} is none")
    return found


def _bound_problems(gate: object, metric: Metric) -> Iterator[str]:
    if metric.words:
        if gate not in metric.words:
            yield f"must be {' or '.join(json.dumps(word) for word in metric.words)}"
        return
    if not isinstance(gate, Mapping) or not gate or set(gate) - set(_SIDES):
        yield 'must be an object with "min", "max" or both'
        return
    for side, value in gate.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{side} must be a number"
            return
        if not math.isfinite(value):
            yield f"{side} must be a finite number"
            return
        if not metric.least <= value <= metric.most:
            yield (
                f"{side} is {value:g}, and {metric.name} is {metric.unit} "
                f"from {metric.least:g} to {metric.most:g}"
            )
    if gate.get("min", -math.inf) > gate.get("max", math.inf):
        yield f"min is {gate['min']:g}, above max, {gate['max']:g}: no sample could pass"
