"""`--gate`: bounds on a sample's metrics."""

import math
import re
from collections.abc import Iterable
from typing import Annotated

import typer

from seqstack.domain.qc.gates import Gate

GateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="METRIC>=NUMBER",
        help="A bound that a metric must meet, such as 'meanTargetDepth>=30', "
        "'duplicateRate<=0.3' or 'sex=female'; otherwise the run ends as QC_FAILED. May be "
        "repeated.",
    ),
]
_WORD = re.compile(r"\s*([A-Za-z0-9]+)\s*=\s*([a-z]+)\s*")
_GATE = re.compile(r"\s*([A-Za-z0-9]+)\s*(>=|<=)\s*(.+?)\s*")
_SIDES = {">=": "min", "<=": "max"}


def qc_gates(texts: Iterable[str]) -> dict[str, Gate]:
    """The bounds by metric, as `qcGates` has them.

    Raises:
        typer.BadParameter: a text is not a metric, `>=` or `<=`, and a number, nor a metric, `=`
            and a word; or a bound is given twice.
    """
    words: dict[str, str] = {}
    gates: dict[str, dict[str, float]] = {}
    for text in texts:
        if worded := _WORD.fullmatch(text):
            metric, word = worded.groups()
            if metric in words:
                raise typer.BadParameter(f"--gate: {metric} = is given twice")
            words[metric] = word
            continue
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
                "'alignedRate>=0.9', nor a metric, = and a word, as in 'sex=female'"
            ) from error
        gate = gates.setdefault(metric, {})
        if _SIDES[sign] in gate:
            raise typer.BadParameter(f"--gate: {metric} {sign} is given twice")
        gate[_SIDES[sign]] = int(bound) if bound.is_integer() else bound
    if both := words.keys() & gates.keys():
        raise typer.BadParameter(f"--gate: {min(both)} has a word and a bound")
    return {**gates, **words}
