"""The metrics of a run's report, each with its gate."""

from xml.etree.ElementTree import Element

from seqstack.domain.qc.gates import bound_text, meets, value_text
from seqstack.domain.qc.metrics import METRICS, Metric
from seqstack.domain.records import RunRow
from seqstack.report.html import Content, element, table

_DIGITS = 4


def quality_table(run: RunRow) -> Element | None:
    """A row for each metric that was measured or has a gate; None if there is none."""
    rows = [
        _row(metric, run)
        for name, metric in METRICS.items()
        if name in run.metrics or name in run.qc_gates
    ]
    head = ["metric", "value", *(["gate", "verdict"] if run.qc_gates else []), "meaning"]
    return table("Metrics of the sample", head, rows) if rows else None


def _row(metric: Metric, run: RunRow) -> list[Content]:
    value, gate = run.metrics.get(metric.name), run.qc_gates.get(metric.name)
    gated: list[Content] = []
    if run.qc_gates:
        verdict = "met" if gate and meets(gate, value) else "missed"
        judged = gate and run.metrics  # a run that failed before has none
        colour = "succeeded" if verdict == "met" else "failed"
        gated = [
            bound_text(metric, gate) if gate else "",
            element("span", verdict, class_=colour) if judged else "",
        ]
    shown = "not measured" if value is None else value_text(metric, value, _DIGITS)
    return [metric.name, shown, *gated, element("span", metric.meaning, class_="meaning")]
