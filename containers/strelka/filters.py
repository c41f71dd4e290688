"""Count Strelka's filters in a callset."""

import gzip
from collections import Counter
from pathlib import Path

_HIGH_DEPTH = "HighDepth"
_NEARLY_ALL = 0.8
_FILTER = 6  # its column in a VCF, from 0


def count_filters(vcf: Path) -> Counter[str]:
    """How many records have each value of FILTER; a record with two values counts for both."""
    counts: Counter[str] = Counter()
    with gzip.open(vcf, "rt") as lines:
        for line in lines:
            if not line.startswith("#"):
                counts["records"] += 1
                counts.update(set(line.split("\t", _FILTER + 1)[_FILTER].split(";")))
    return counts


def high_depth_warning(counts: Counter[str]) -> str:
    """A warning if nearly the whole callset is filtered for its depth; otherwise empty."""
    deep, records = counts[_HIGH_DEPTH], counts["records"]
    if not records or deep < _NEARLY_ALL * records:
        return ""
    return (
        f"{deep:,} of {records:,} records are filtered as {_HIGH_DEPTH}, so captured data were "
        'called as a genome; give "sequencing": "exome" (--exome)'
    )
