"""UMIs (unique molecular identifiers) that reads bring, and that no step uses."""

import re
from collections.abc import Iterator, Sequence

from seqstack.domain.reads.names import without_number
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning

# Illumina's BCL Convert: instrument, run, flow cell, lane, tile, x, y, and the UMIs of both mates.
# fastp joins them by `_`, umi_tools appends one to any name by `_`.
_UMIS = rb"r?[ACGTN]{3,}(?:[+_-]r?[ACGTN]{3,})?"
_WITH_UMI = re.compile(rb"(?:[^:]+:){7}" + _UMIS + rb"|.+_[ACGTN]{4,}")


def has_umi(name: bytes) -> bool:
    """True if a read's name ends in a UMI, as common programs append it."""
    return _WITH_UMI.fullmatch(without_number(name)) is not None


def umis_not_used(reads: Sequence[S3Uri]) -> Iterator[StepWarning]:
    """The warning for a run's files whose reads have UMIs; none without such files."""
    if reads:
        others = f" and of {len(reads) - 1} more of its files" if reads[1:] else ""
        yield StepWarning(
            "umisNotUsed",
            f"reads of {reads[0]}{others} have UMIs, which are not used: reads at the same place "
            "are marked as duplicates, whatever their UMIs",
        )
