"""The command lines of variant calling with freebayes: pure."""

import sys
from collections.abc import Sequence
from pathlib import Path

from freebayes import blocks

HAPLOTYPE_BASES = 100
"""Before a window, in which a haplotype that reaches into it can begin."""


def build_call_chain(
    *,
    bam: Path,
    fasta: Path,
    bed: Path,
    seen_bed: Path,
    gvcf: Path,
    has_gaps: bool = False,
    cmd_args: Sequence[str] = (),
) -> list[list[str]]:
    """One window's gVCF, without date and command, which would differ between runs.

    Args:
        bam: with its index; its read groups name the sample.
        fasta: with its .fai.
        bed: the window.
        seen_bed: the window, begun `HAPLOTYPE_BASES` earlier; if it has gaps, ended a base later.
        gvcf: where the window's gVCF goes, bgzipped.
        has_gaps: the window is of regions with gaps between them.
        cmd_args: the user's.
    """
    records = (
        ("--gvcf-dont-use-chunk", "true") if has_gaps else ("--gvcf-chunk", str(blocks.FEW_BASES))
    )
    call = [
        *("freebayes", "--fasta-reference", str(fasta), "--genotype-qualities", *cmd_args),
        *("--gvcf", *records, "--targets", str(seen_bed), str(bam)),
    ]
    same = ["sed", "-e", "/^##fileDate=/d", "-e", "/^##commandline=/d"]
    pack = ["bcftools", "view", "--no-version", "--output-type", "z", "--output", str(gvcf), "-"]
    return [call, same, [sys.executable, "-m", blocks.__name__, str(bed), str(fasta)], pack]
