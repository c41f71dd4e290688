"""`--gate`: bounds on a sample's metrics."""

import math
import re
from collections.abc import Iterable
from typing import Annotated

import typer

GateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="METRIC>=NUMBER",
        help="A bound that a metric must meet, such as 'meanTargetDepth>=30' or "
        "'duplicateRate<=0.3'; otherwise the run ends as QC_FAILED. May be repeated.",
    ),
]
_GATE = re.compile(r"\s*([A-Za-z0-9]+)\s*(>=|<=)\s*(.+?)\s*")
_SIDES = {">=": "min", "<=": "max"}


def qc_gates(texts: Iterable[str]) -> dict[str, dict[str, float]]:
    """The bounds by metric, as `qcGates` has them.

    Raises:
        typer.BadParameter: a text is not a metric, `>=` or `<=`, and a number; or a bound is given
            twice.
    """
    gates: dict[str, dict[str, float]] = {}
    for text in texts:
        found = _GATE.fullmatch(text)
        try:
            if not found:
                raise ValueError(text)
            metric, sign, number = found.groups()
            bound = float(number)
            if not math.isfinite(bound):
                raise ValueError(number)
        except ValueError as error:
            raise typer.BadParameter(
                f"--gate: {text!r} is not a metric, >= or <=, and a number, as in "
                "'alignedRate>=0.9'"
            ) from error
        gate = gates.setdefault(metric, {})
        if _SIDES[sign] in gate:
            raise typer.BadParameter(f"--gate: {metric} {sign} is given twice")
        gate[_SIDES[sign]] = int(bound) if bound.is_integer() else bound
    return gates
