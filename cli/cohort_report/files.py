"""The files of a cohort's report."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.cohort_report.page import cohort_page
from cli.cohort_report.samples import SampleResult, outliers
from cli.shapes import CohortDetail
from seqstack.domain.qc.metrics import METRICS

CSV, JSON, PAGE = "cohort.csv", "cohort.json", "cohort.html"


def write_report(cohort: CohortDetail, samples: Sequence[SampleResult], folder: Path) -> list[Path]:
    """Write the table, the document and the page; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    odd = outliers(samples)
    table, document, page = (folder / name for name in (CSV, JSON, PAGE))
    with table.open("w", encoding="utf-8", newline="") as lines:
        measured = [name for name in METRICS if any(name in each.metrics for each in samples)]
        writer = csv.DictWriter(lines, [*_FIXED, *measured, "unusual"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(_rows(samples, odd))
    document.write_text(json.dumps(as_document(cohort, samples), indent=2) + "\n", "utf-8")
    page.write_text(cohort_page(cohort, samples, odd), "utf-8")
    return [table, document, page]


def as_document(cohort: CohortDetail, samples: Sequence[SampleResult]) -> dict[str, Any]:
    """The report for programs; amounts are US dollars, null if unknown."""
    odd = outliers(samples)
    return {
        "formatVersion": 1,
        "cohortId": cohort["cohortId"],
        "execution": cohort["execution"],
        "state": cohort["state"],
        "costUsd": cohort["costUsd"],
        "samples": [
            {
                "sampleId": each.sample,
                "runId": each.run_id,
                "state": each.state,
                "cause": each.cause or None,
                "metrics": dict(each.metrics),
                "unusual": dict(odd.get(each.sample, {})),
                "warnings": len(each.warnings),
                "seconds": each.seconds,
                "costUsd": each.usd,
                "resultsS3Path": each.results or None,
            }
            for each in samples
        ],
    }


_FIXED = ("sample", "state", "cause", "run", "results", "warnings", "seconds", "cost_usd")


def _rows(
    samples: Sequence[SampleResult], odd: Mapping[str, Mapping[str, str]]
) -> Iterator[dict[str, Any]]:
    for each in samples:
        yield {
            "sample": _text(each.sample),
            "state": each.state,
            "cause": _text(each.cause),
            "run": each.run_id,
            "results": _text(each.results),
            "warnings": len(each.warnings),
            "seconds": each.seconds,
            "cost_usd": each.usd,
            "unusual": "; ".join(
                f"{name} {what}" for name, what in odd.get(each.sample, {}).items()
            ),
            **each.metrics,
        }


def _text(value: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@")) else value
