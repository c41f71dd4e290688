"""The command lines of variant calling with freebayes: pure."""

from collections.abc import Sequence
from pathlib import Path

# Most bases without a variant in one gVCF record, which has their lowest depth.
GVCF_CHUNK_BASES = 1000


def build_call_chain(
    *, bam: Path, fasta: Path, bed: Path, gvcf: Path, cmd_args: Sequence[str] = ()
) -> list[list[str]]:
    """One window's gVCF, without date and command, which would differ between runs.

    Args:
        bam: with its index; its read groups name the sample.
        fasta: with its .fai.
        bed: the window.
        gvcf: where the window's gVCF goes, bgzipped.
        cmd_args: the user's.
    """
    call = [
        *("freebayes", "--fasta-reference", str(fasta), "--genotype-qualities", *cmd_args),
        *("--gvcf", "--gvcf-chunk", str(GVCF_CHUNK_BASES), "--targets", str(bed), str(bam)),
    ]
    same = ["sed", "-e", "/^##fileDate=/d", "-e", "/^##commandline=/d"]
    pack = ["bcftools", "view", "--no-version", "--output-type", "z", "--output", str(gvcf), "-"]
    return [call, same, pack]
