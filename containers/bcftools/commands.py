"""The command lines of variant calling with bcftools: pure.

All carry --no-version and run with paths relative to scratch: the VCFs of two runs of one job are
the same bytes. What ran stands in the provenance.
"""

from collections.abc import Sequence
from pathlib import Path

# Lowest depths of the gVCF's bands: uncovered, thin, usable, good, and above.
DEPTH_BANDS = "0,1,5,10,20,30"
# Reads above this depth at a site are left out; bcftools' own 250 is less than deep exomes have.
MAX_DEPTH = "1000"
# Below this Phred-scaled quality a call is marked, not dropped.
LEAST_QUALITY = 20
_SAME = ("--no-version",)


def build_call_chain(
    *,
    bam: Path,
    fasta: Path,
    read_groups: Path,
    bed: Path,
    gvcf: Path,
    cmd_args: Sequence[str] = (),
) -> list[list[str]]:
    """One window's gVCF: `bcftools mpileup` into `bcftools call`.

    Args:
        bam: with its index.
        fasta: with its .fai.
        read_groups: makes all reads one sample, whatever the BAM's SM (`-G`).
        bed: the window.
        gvcf: where the window's gVCF goes, bgzipped.
        cmd_args: the user's, for mpileup; they win over the defaults here.
    """
    mpileup = [
        *("bcftools", "mpileup", *_SAME, "--max-depth", MAX_DEPTH, "--max-idepth", MAX_DEPTH),
        *("--annotate", "FORMAT/AD,FORMAT/ADF,FORMAT/ADR,FORMAT/DP,FORMAT/SP", *cmd_args),
        *("--gvcf", DEPTH_BANDS, "--fasta-ref", str(fasta), "--read-groups", str(read_groups)),
        *("--regions-file", str(bed), "--output-type", "u", str(bam)),
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
    return [mpileup, call]


def build_variants_command(gvcf: Path, variants: Path) -> list[str]:
    """One window's variants out of its gVCF: no reference blocks, no alleles nobody carries."""
    return [
        *("bcftools", "view", *_SAME, "--include", 'GT="alt"', "--trim-alt-alleles"),
        *("--output-type", "b", "--output", str(variants), str(gvcf)),
    ]


def build_gvcf_command(parts: Path, gvcf: Path) -> list[str]:
    """Joins the windows' gVCFs, listed in the file `parts`, without packing them anew."""
    return [
        *("bcftools", "concat", "--naive", "--file-list", str(parts)),
        *("--output-type", "z", "--output", str(gvcf)),
    ]


def build_finish_chain(
    parts: Path, fasta: Path, variants: Path, *, threads: int
) -> list[list[str]]:
    """Joins the windows' variants, left-aligns them, and marks weak calls.

    A deletion or insertion may move to the left across a window's edge, so this comes after the
    windows are joined; `norm` restores the order.
    """
    return [
        ["bcftools", "concat", *_SAME, "--file-list", str(parts), "--output-type", "u"],
        ["bcftools", "norm", *_SAME, "--fasta-ref", str(fasta), "--output-type", "u", "-"],
        [
            *("bcftools", "filter", *_SAME, "--soft-filter", "LowQual", "--mode", "+"),
            *("--exclude", f"QUAL<{LEAST_QUALITY}", "--threads", str(threads)),
            *("--output-type", "z", "--output", str(variants), "-"),
        ],
    ]


def build_index_command(vcf: Path) -> list[str]:
    """A tabix index beside the VCF."""
    return ["bcftools", "index", "--tbi", "--force", str(vcf)]
