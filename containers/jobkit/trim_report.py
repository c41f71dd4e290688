"""fastp's reports of a sample's lanes as one."""

from collections.abc import Mapping, Sequence
from typing import Any

_SUMMED = ("filtering_result", "adapter_cutting", "polyx_trimming", "insert_size")
_STAGES = ("before_filtering", "after_filtering")


def combined(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One report of all lanes, in fastp's form.

    That of a single lane is fastp's own. Of several lanes, numbers are added; curves along the
    reads, which can't be, are in `lanes`, with each lane's own report.
    """
    if len(reports) == 1:
        return dict(reports[0])
    first = reports[0]
    summary = {stage: _stage(reports, stage) for stage in _STAGES}
    made: dict[str, Any] = {
        "summary": {"fastp_version": first["summary"].get("fastp_version"), **summary}
    }
    for name in _SUMMED:
        if parts := [report[name] for report in reports if name in report]:
            made[name] = _added(parts)
    if histogram := made.get("insert_size", {}).get("histogram"):
        made["insert_size"]["peak"] = histogram.index(max(histogram))
    return {**made, "command": first["command"], "lanes": list(reports)}


def facts_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """What was trimmed, for provenance: reads and bases before and after, and why reads went."""
    before, after = (report["summary"][stage] for stage in _STAGES)
    reasons = report.get("filtering_result", {})
    cut = report.get("adapter_cutting", {})
    return {
        "readsGiven": before["total_reads"],
        "readsLeft": after["total_reads"],
        "basesGiven": before["total_bases"],
        "basesLeft": after["total_bases"],
        "readsWithAdapters": cut.get("adapter_trimmed_reads", 0),
        "readsRemoved": {
            name: count for name, count in reasons.items() if name != "passed_filter_reads"
        },
    }


def _stage(reports: Sequence[Mapping[str, Any]], stage: str) -> dict[str, Any]:
    """The summary of all lanes: counts added, rates and lengths from those."""
    lanes = [report["summary"][stage] for report in reports]
    counts = {
        name: sum(lane[name] for lane in lanes)
        for name in ("total_reads", "total_bases", "q20_bases", "q30_bases")
    }
    bases = counts["total_bases"]
    rates = {
        f"{name}_rate": counts[f"{name}_bases"] / bases if bases else 0.0 for name in ("q20", "q30")
    }
    gc = sum(lane["gc_content"] * lane["total_bases"] for lane in lanes)
    lengths = {}
    for side in ("read1", "read2"):
        of_side = [report[f"{side}_{stage}"] for report in reports]
        reads = sum(each["total_reads"] for each in of_side)
        total = sum(each["total_bases"] for each in of_side)
        lengths[f"{side}_mean_length"] = total // reads if reads else 0
    return {**counts, **rates, **lengths, "gc_content": gc / bases if bases else 0.0}


def _added(values: Sequence[Any]) -> Any:
    """Numbers added, in objects and lists, too; of other values the first."""
    first = values[0]
    if isinstance(first, dict):
        names = dict.fromkeys(name for value in values for name in value)
        return {name: _added([value[name] for value in values if name in value]) for name in names}
    if isinstance(first, list):
        return [_added(column) for column in zip(*values, strict=True)]
    is_number = isinstance(first, int | float) and not isinstance(first, bool)
    return sum(values) if is_number else first
