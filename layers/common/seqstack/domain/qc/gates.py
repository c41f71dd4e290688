"""Gates: bounds on the metrics of a sample, given as data (`qcGates`)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seqstack.domain.errors import Problem
from seqstack.domain.qc.metrics import METRICS, Metric

KEY: Final = "qcGates"
_BOUNDS = ("min", "max")


@dataclass(frozen=True, slots=True)
class Miss:
    """A metric that misses its gate; `value` is None if the run did not measure it."""

    metric: Metric
    bound: str
    value: float | str | None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.metric.name} was not measured, and must be {self.bound}"
        return f"{self.metric.name} is {_shown(self.value, self.metric)}, and must be {self.bound}"


def gate_problems(gates: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield unknown metrics, and bounds that no value or every value satisfies."""
    for name, gate in gates.items():
        path = f"$.{KEY}.{name}"
        metric = METRICS.get(name)
        if metric is None:
            yield Problem(path, f"is not a metric; there are: {', '.join(METRICS)}")
        elif metric.words:
            if gate not in metric.words:
                yield Problem(path, f"must be one of {', '.join(metric.words)}")
        else:
            yield from (Problem(path, said) for said in _bound_problems(gate, metric))


def misses(gates: Mapping[str, Any], measured: Mapping[str, float | str]) -> list[Miss]:
    """The misses of gates without problems, in the gates' order.

    A metric that was not measured misses its gate: it was never shown to be met.
    """
    missed = []
    for name, gate in gates.items():
        metric, value = METRICS[name], measured.get(name)
        if metric.words:
            if value != gate:
                missed.append(Miss(metric, str(gate), value))
            continue
        low, high = gate.get("min", -math.inf), gate.get("max", math.inf)
        if not isinstance(value, int | float) or not low <= value <= high:
            missed.append(Miss(metric, _bound(gate, metric), value))
    return missed


def _bound_problems(gate: object, metric: Metric) -> Iterator[str]:
    if not isinstance(gate, Mapping) or not gate or set(gate) - set(_BOUNDS):
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


def _bound(gate: Mapping[str, float], metric: Metric) -> str:
    words = {"min": "at least", "max": "at most"}
    return " and ".join(
        f"{words[side]} {_shown(gate[side], metric)}" for side in _BOUNDS if side in gate
    )


def _shown(value: float | str, metric: Metric) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.6g}{metric.suffix}"
