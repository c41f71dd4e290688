"""The samples of a cohort, each with its newest run, and which of them differ from the others."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cli.shapes.runs import RunDetail, StepWarning
from seqstack.domain.failures import Failure, reason
from seqstack.domain.qc.metrics import METRICS, Values, numbers
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME

WATCHED = ("meanTargetDepth", "meanDepth", "alignedRate", "duplicateRate", "variants", "titv")
"""Metrics in which the samples of a cohort are like each other."""
LEAST_SAMPLES = 5
"""Fewer samples tell nothing of what is usual."""
MOST_DEVIATIONS = 3.5
"""A modified z-score above that is an outlier's (Iglewicz and Hoaglin, 1993)."""
_LEAST_SPREAD = 0.01  # of the median: samples closer to each other don't differ
_NORMAL = 0.6745  # the median absolute deviation of a normal distribution of standard deviation 1


@dataclass(frozen=True, slots=True)
class SampleResult:
    """A sample and its newest run.

    Attributes:
        sample: its id.
        run_id: of its newest run.
        state: of that run.
        cause: why it did not succeed, in one line; else empty.
        metrics: by name; empty if it has none.
        warnings: what is suspicious in its results.
        seconds: from start to end, or None while it runs.
        usd: what the run cost so far, or None if that is unknown.
        results: the S3 folder of the results; empty if there is none.
    """

    sample: str
    run_id: str
    state: str
    cause: str
    metrics: Values
    warnings: Sequence[StepWarning]
    seconds: float | None
    usd: float | None
    results: str

    @property
    def succeeded(self) -> bool:
        """True if the run has succeeded."""
        return self.state == "SUCCEEDED"


def sample_result(run: RunDetail) -> SampleResult:
    """The line of a run in its cohort's report."""
    failure = run["failure"]
    cause = reason(Failure(failure["error"], failure["cause"])) if failure else ""
    seconds = None
    if run["endedAt"]:
        begun, ended = map(datetime.fromisoformat, (run["startedAt"], run["endedAt"]))
        seconds = (ended - begun).total_seconds()
    return SampleResult(
        sample=run["sampleId"] or run["subject"] or run["runId"],
        run_id=run["runId"],
        state=run["state"],
        cause=cause,
        metrics={name: run["metrics"][name] for name in METRICS if name in run["metrics"]},
        warnings=run["warnings"],
        seconds=seconds,
        usd=run["costUsd"],
        results=run["resultsS3Path"] or "",
    )


def outliers(samples: Sequence[SampleResult]) -> dict[str, dict[str, str]]:
    """By sample, the metrics in which it is far from the others, and what is usual.

    Compared with the median of all by the median absolute deviation, which a few odd samples don't
    move. Metrics of fewer than `LEAST_SAMPLES` samples are left out.
    """
    found: dict[str, dict[str, str]] = {}
    for name in WATCHED:
        values = {
            each.sample: measured[name]
            for each in samples
            if name in (measured := numbers(each.metrics))
        }
        if len(values) < LEAST_SAMPLES:
            continue
        middle = statistics.median(values.values())
        spread = statistics.median(abs(value - middle) for value in values.values())
        spread = max(spread, abs(middle) * _LEAST_SPREAD)
        for sample, value in values.items():
            if spread and _NORMAL * abs(value - middle) / spread > MOST_DEVIATIONS:
                side = "low" if value < middle else "high"
                found.setdefault(sample, {})[name] = f"{side}, usual is {middle:.4g}"
    return found


def newest(runs: Iterable[Mapping[str, object]]) -> list[str]:
    """The ids of each sample's newest run, from runs that are listed newest first.

    Samples that the cohort's sheet no longer has are left out.
    """
    by_sample: dict[object, str] = {}
    for run in runs:
        if run.get("workflow", SECONDARY_ANALYSIS_NAME) != SECONDARY_ANALYSIS_NAME:
            continue  # such as a joint call
        if run.get("leftOut"):
            continue
        by_sample.setdefault(run["sampleId"] or run["subject"] or run["runId"], str(run["runId"]))
    return list(by_sample.values())
