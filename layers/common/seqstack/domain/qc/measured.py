"""A sample's metrics from the files of samtools stats, bcftools stats, picard and fastp: pure.

What a file does not have is left out: a metric without a value was not measured.
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from seqstack.domain.qc.metrics import METRICS, Value, Values

SCHEMA_VERSION: Final = 1
# picard's columns: https://broadinstitute.github.io/picard/picard-metric-definitions.html
_PICARD = {
    "MEAN_TARGET_COVERAGE": "meanTargetDepth",
    "MEDIAN_TARGET_COVERAGE": "medianTargetDepth",
    "FOLD_80_BASE_PENALTY": "fold80",
    **{
        f"PCT_TARGET_BASES_{depth}X": f"targetBasesAt{depth}x" for depth in (1, 10, 20, 30, 50, 100)
    },
    "MEAN_INSERT_SIZE": "meanInsertSize",
}


def from_samtools_stats(text: str, reference_bases: int = 0) -> dict[str, float]:
    """The metrics in the summary numbers (`SN`) of samtools stats.

    `reference_bases` are those of the contigs, 0 if unknown.
    """
    rows = (line.split("\t") for line in text.splitlines() if line.startswith("SN\t"))
    numbers = {row[1].rstrip(":"): _number(row[2]) for row in rows if len(row) > 2}
    reads, mapped = numbers.get("raw total sequences"), numbers.get("reads mapped")
    return _known(
        {
            "reads": reads,
            "alignedRate": _ratio(mapped, reads),
            "properlyPairedRate": _ratio(numbers.get("reads properly paired"), reads),
            "duplicateRate": _ratio(numbers.get("reads duplicated"), mapped),
            "meanInsertSize": numbers.get("insert size average") or None,
            "meanDepth": _ratio(numbers.get("bases mapped (cigar)"), reference_bases),
        }
    )


def from_bcftools_stats(text: str) -> dict[str, float]:
    """The metrics in the summary numbers and the Ti/Tv of bcftools stats."""
    numbers: dict[str, float | None] = {}
    ratio = None
    for row in (line.split("\t") for line in text.splitlines()):
        if row[0] == "SN" and len(row) > 3:
            numbers[row[2].rstrip(":")] = _number(row[3])
        if row[0] == "TSTV" and len(row) > 3:
            ratio = _ratio(_number(row[2]), _number(row[3]))
    return _known(
        {
            "variants": numbers.get("number of records"),
            "snvs": numbers.get("number of SNPs"),
            "indels": numbers.get("number of indels"),
            "titv": ratio,
        }
    )


def from_picard(text: str) -> dict[str, float]:
    """The metrics in the first row of a picard file, of any of its kinds that we know."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("## METRICS CLASS"):
            break
    names, values = (next(lines, "").split("\t") for _ in range(2))
    row = {name: _number(value) for name, value in zip(names, values, strict=False)}
    aligned = row.get("PF_BASES_ALIGNED")
    # The targets are the baits. ON_TARGET_BASES would lack duplicates and low qualities.
    return _known(
        {
            **{metric: row.get(name) for name, metric in _PICARD.items()},
            "onTargetRate": _ratio(row.get("ON_BAIT_BASES"), aligned),
            "nearTargetRate": _ratio(row.get("NEAR_BAIT_BASES"), aligned),
        }
    )


def from_fastp(text: str) -> dict[str, float]:
    """The metrics in fastp's report, by its counts of reads and bases."""
    report = json.loads(text)
    before, after = (report["summary"][f"{when}_filtering"] for when in ("before", "after"))
    cut = report.get("adapter_cutting", {})  # absent if no adapter is looked for
    lost = before["total_bases"] - after["total_bases"]
    return _known(
        {
            "readsAfterTrimming": after["total_reads"],
            "trimmedBaseRate": _ratio(lost, before["total_bases"]),
            "adapterRate": _ratio(cut.get("adapter_trimmed_reads"), before["total_reads"]),
            "q30Rate": _ratio(after["q30_bases"], after["total_bases"]),
        }
    )


def as_document(sample_id: str, values: Values) -> dict[str, Any]:
    """The content of `qc/metrics.json`, in the published order."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "sampleId": sample_id,
        "metrics": {name: dict(_shown(name, values[name])) for name in METRICS if name in values},
    }


def read_metrics(content: bytes) -> dict[str, Value]:
    """The metrics in `qc/metrics.json` that this version knows; none in another document."""
    try:
        rows = json.loads(content)["metrics"]
        found = {name: rows[name]["value"] for name in METRICS if name in rows}
        words = {name: found.pop(name) for name in [*found] if METRICS[name].words}
        known = {name: text for name, text in words.items() if METRICS[name].has_word(text)}
        return {**_known({name: float(value) for name, value in found.items()}), **known}
    except (ValueError, LookupError, TypeError):
        return {}


def _shown(name: str, value: Value) -> Iterator[tuple[str, Any]]:
    metric = METRICS[name]
    yield "value", value
    yield "unit", metric.unit_name
    if metric.ga4gh:
        yield "ga4gh", metric.ga4gh


def _known(values: Mapping[str, float | None]) -> dict[str, float]:
    """Those that are numbers, and possible ones."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and METRICS[name].least <= value <= METRICS[name].most
    }


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _ratio(part: float | None, whole: float | None) -> float | None:
    return round(part / whole, 6) if part is not None and whole else None
