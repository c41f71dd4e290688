"""The command lines of variant calling with freebayes: pure."""

import sys
from collections.abc import Sequence
from pathlib import Path

from freebayes import blocks


def build_call_chain(
    *,
    bam: Path,
    fasta: Path,
    bed: Path,
    gvcf: Path,
    longer: Path | None = None,
    cmd_args: Sequence[str] = (),
) -> list[list[str]]:
    """One window's gVCF, without date and command, which would differ between runs.

    Args:
        bam: with its index; its read groups name the sample.
        fasta: with its .fai.
        bed: the window.
        gvcf: where the window's gVCF goes, bgzipped.
        longer: if `bed` has regions with gaps between them, the same regions, a base longer.
        cmd_args: the user's.
    """
    records = (
        ("--gvcf-dont-use-chunk", "true") if longer else ("--gvcf-chunk", str(blocks.FEW_BASES))
    )
    call = [
        *("freebayes", "--fasta-reference", str(fasta), "--genotype-qualities", *cmd_args),
        *("--gvcf", *records, "--targets", str(longer or bed), str(bam)),
    ]
    same = ["sed", "-e", "/^##fileDate=/d", "-e", "/^##commandline=/d"]
    pack = ["bcftools", "view", "--no-version", "--output-type", "z", "--output", str(gvcf), "-"]
    return [call, same, [sys.executable, "-m", blocks.__name__, str(bed)], pack]
