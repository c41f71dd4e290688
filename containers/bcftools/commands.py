"""The command lines of variant calling with bcftools: pure."""

from collections.abc import Sequence
from pathlib import Path

# Lowest depths of the gVCF's bands: uncovered, thin, usable, good, and above.
DEPTH_BANDS = "0,1,5,10,20,30"
# Reads above this depth at a site are left out; bcftools' own 250 is less than deep exomes have.
MAX_DEPTH = "1000"
# Where there are more reads than `--max-idepth`, bcftools calls no indel. They can be more than
# `--max-depth`, where many reads begin at one place, or if the user gives a higher one.
NO_LIMIT = "1000000000"
READ_BASES = 500
"""The longest reads whose qualities mpileup computes anew (BAQ), its own `--max-read-len`.

It does so at the first base that it looks at where they, or others beside them, have an indel.
Where it begins amid reads, their bases have other qualities, and SNVs beside an indel are missed.
"""
_SAME = ("--no-version",)


def build_call_chain(
    *,
    bam: Path,
    fasta: Path,
    read_groups: Path,
    bed: Path,
    seen_bed: Path,
    gvcf: Path,
    cmd_args: Sequence[str] = (),
) -> list[list[str]]:
    """One window's gVCF: `bcftools mpileup` of more than it, cut, into `bcftools call`.

    mpileup itself has no --gvcf, because its blocks would reach over the window's edge; and with
    its --targets-file it would begin at the edge again.

    Args:
        bam: with its index.
        fasta: with its .fai.
        read_groups: makes all reads one sample, whatever the BAM's SM (`-G`).
        bed: the window.
        seen_bed: the window, begun `READ_BASES` earlier.
        gvcf: where the window's gVCF goes, bgzipped.
        cmd_args: the user's, for mpileup; they win over the defaults here.
    """
    mpileup = [
        *("bcftools", "mpileup", *_SAME, "--max-depth", MAX_DEPTH, "--max-idepth", NO_LIMIT),
        *("--annotate", "FORMAT/AD,FORMAT/ADF,FORMAT/ADR,FORMAT/DP,FORMAT/SP", *cmd_args),
        *("--fasta-ref", str(fasta), "--read-groups", str(read_groups)),
        *("--regions-file", str(seen_bed), "--output-type", "u", str(bam)),
    ]
    cut = [
        *("bcftools", "view", *_SAME, "--no-update", "--targets-file", str(bed)),
        *("--output-type", "u", "-"),
    ]
    call = [
        *(
            "bcftools",
            "call",
            *_SAME,
            "--multiallelic-caller",
            "--ploidy",
            "2",
            "--gvcf",
            DEPTH_BANDS,
        ),
        *("--annotate", "FORMAT/GQ", "--output-type", "z", "--output", str(gvcf)),
        "-",
    ]
    return [mpileup, cut, call]
