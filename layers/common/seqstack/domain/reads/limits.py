"""Limits of aligners for reads, and what they write."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of one aligner.

    Attributes:
        most_bases: the longest read.
        most_quality: the highest quality, on Phred's scale.
        has_codes: it accepts IUPAC codes and `.` besides A, C, G, T and N.
        has_alignments: it accepts BAM and CRAM, and keeps their read groups.
        has_cram: it can write CRAM.
        has_parts: its jobs can align a part of the reads, and join the parts.
    """

    most_bases: int | None = None
    most_quality: int | None = None
    has_codes: bool = True
    has_alignments: bool = True
    has_cram: bool = True
    has_parts: bool = True
