"""The files of a cohort's report."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.cohort_report.page import cohort_page
from cli.cohort_report.samples import SampleResult, outliers
from cli.errors import writing
from cli.relatedness.collecting import Relations
from cli.shapes.cohorts import CohortDetail
from seqstack.domain.qc.metrics import METRICS

CSV, PAIRS, JSON, PAGE = "cohort.csv", "pairs.csv", "cohort.json", "cohort.html"


def write_report(
    cohort: CohortDetail,
    samples: Sequence[SampleResult],
    relations: Relations,
    folder: Path,
) -> list[Path]:
    """Write the tables, the document and the page; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    odd = outliers(samples)
    table, pairs, document, page = (folder / name for name in (CSV, PAIRS, JSON, PAGE))
    with writing(table), table.open("w", encoding="utf-8", newline="") as lines:
        measured = [name for name in METRICS if any(name in each.metrics for each in samples)]
        writer = csv.DictWriter(lines, [*_FIXED, *measured, "unusual"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(_rows(samples, odd))
    with writing(pairs), pairs.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, _OF_PAIR, lineterminator="\n")
        writer.writeheader()
        for each in _pairs(relations):
            names = {key: _text(each[key]) for key in ("first", "second")}
            writer.writerow({**each, **names})
    text = json.dumps(as_document(cohort, samples, relations), indent=2)
    with writing(document):
        document.write_text(f"{text}\n", "utf-8")
    with writing(page):
        page.write_text(cohort_page(cohort, samples, odd, relations), "utf-8")
    return [table, pairs, document, page]


def as_document(
    cohort: CohortDetail, samples: Sequence[SampleResult], relations: Relations
) -> dict[str, Any]:
    """The report for programs; amounts are US dollars, null if unknown."""
    odd = outliers(samples)
    return {
        "formatVersion": 1,
        "cohortId": cohort["cohortId"],
        "execution": cohort["execution"],
        "state": cohort["state"],
        "costUsd": cohort["costUsd"],
        "budgetUsd": cohort["budgetUsd"],
        "budgetMetAt": cohort["budgetMetAt"],
        "notStarted": cohort["notStarted"],
        "costToComeUsd": cohort["costToComeUsd"],
        "joint": cohort["plan"].get("joint") if cohort["plan"] else None,
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
        "relations": {
            "compared": relations.compared,
            "withoutFingerprint": list(relations.without),
            "pairsNotCompared": relations.not_compared,
            "mixed": {sample: round(share, _DIGITS) for sample, share in relations.mixed.items()},
            "purityUnknown": relations.purity_unknown,
            "absentParents": list(relations.absent_parents),
            "contradictions": list(relations.contradictions),
            "pairs": list(_pairs(relations)),
        },
    }


_OF_PAIR = ("first", "second", "relatedness", "kinship", "opposite", "sites")
_DIGITS = 4


def _pairs(relations: Relations) -> Iterator[dict[str, Any]]:
    for each in relations.pairs:
        yield {
            "first": each.first,
            "second": each.second,
            "relatedness": round(each.relatedness, _DIGITS),
            "kinship": each.kinship.value,
            "opposite": each.opposite,
            "sites": each.sites,
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
