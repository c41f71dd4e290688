"""The command lines that join the gVCFs of windows to a sample's gVCF and variants: pure.

All have --no-version and use paths relative to scratch, so that two runs of a job give identical
VCFs. The commands are recorded in the provenance.
"""

from pathlib import Path

# Below this Phred-scaled quality a call is marked, not dropped.
LEAST_QUALITY = 20
_SAME = ("--no-version",)


def build_variants_command(gvcf: Path, variants: Path) -> list[str]:
    """One window's variants from its gVCF, without reference blocks and unused alleles."""
    return [
        *("bcftools", "view", *_SAME, "--include", 'GT="alt"', "--trim-alt-alleles"),
        *("--output-type", "b", "--output", str(variants), str(gvcf)),
    ]


def build_gvcf_command(parts: Path, gvcf: Path) -> list[str]:
    """Joins the windows' gVCFs, listed in the file `parts`, without recompressing them."""
    return [
        *("bcftools", "concat", "--naive", "--file-list", str(parts)),
        *("--output-type", "z", "--output", str(gvcf)),
    ]


def build_finish_chain(
    parts: Path, fasta: Path, variants: Path, *, threads: int
) -> list[list[str]]:
    """Joins the windows' variants, left-aligns them, removes duplicates, and marks weak calls.

    A deletion or insertion may move to the left across a window's edge, so this is done after the
    windows are joined. `norm` restores the order.
    """
    return [
        ["bcftools", "concat", *_SAME, "--file-list", str(parts), "--output-type", "u"],
        [
            *("bcftools", "norm", *_SAME, "--fasta-ref", str(fasta), "--rm-dup", "exact"),
            *("--output-type", "u", "-"),
        ],
        [
            *("bcftools", "filter", *_SAME, "--soft-filter", "LowQual", "--mode", "+"),
            *("--exclude", f"QUAL<{LEAST_QUALITY}", "--threads", str(threads)),
            *("--output-type", "z", "--output", str(variants), "-"),
        ],
    ]


def build_index_command(vcf: Path) -> list[str]:
    """A tabix index beside the VCF."""
    return ["bcftools", "index", "--tbi", "--force", str(vcf)]
