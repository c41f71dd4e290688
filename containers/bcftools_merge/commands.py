"""The command lines that make a joint VCF of gVCFs: pure.

All have --no-version and use paths relative to scratch, so that two runs of a job give the same
VCF.
"""

from collections.abc import Sequence
from pathlib import Path

from bcftools_merge.callers import Caller
from jobkit.joining import LEAST_QUALITY

_SAME = ("--no-version",)
_KEPT = ("GT", "AD", "DP", "GQ", "GQX", "PL", "GL", "PS")
"""The columns of a genotype that a joint VCF has, where the caller writes them."""


def build_count_command(gvcf: Path) -> list[str]:
    """The number of records of each contig by the index beside a gVCF, to stdout."""
    return ["bcftools", "index", "--stats", str(gvcf)]


def build_gvcf_index_command(gvcf: Path) -> list[str]:
    """The index beside a gVCF, written anew; it fails if the records are not sorted."""
    return ["bcftools", "index", "--tbi", "--force", str(gvcf)]


def build_reference_check(gvcf: Path, fasta: Path) -> list[str]:
    """Fails at the first record, block or variant, whose REF is not what the FASTA has."""
    check = ("--fasta-ref", str(fasta), "--check-ref", "e")
    return [
        *("bcftools", "norm", *_SAME, *check),
        *("--output-type", "u", "--output", "/dev/null", str(gvcf)),
    ]


def build_variants_chain(
    gvcf: Path, fasta: Path, variants: Path, caller: Caller
) -> list[list[str]]:
    """A sample's variants from its gVCF, left-aligned, as the caller's own job selects them.

    INFO is left out, because it is of one sample. Haplotypes of several bases are taken apart:
    otherwise one sample's could not be compared with another's SNV.
    """
    # in place of GT="alt", which leaves out half-known genotypes, `./1`
    select = ["bcftools", "view", *_SAME, "--min-ac", "1"]
    trim = ["--trim-alt-alleles", "--output-type", "u"]
    chain = [[*select, *trim, str(gvcf)]]
    if caller.header_script:  # before alleles are trimmed
        chain = [
            [*select, "--output-type", "v", str(gvcf)],
            ["sed", "-e", caller.header_script],
            ["bcftools", "view", *_SAME, *trim, "-"],
        ]
    kept = ",".join(f"FORMAT/{name}" for name in _KEPT)
    return [
        *chain,
        [
            *("bcftools", "annotate", *_SAME, "--remove", f"INFO,^{kept}"),
            *("--output-type", "u", "-"),
        ],
        [
            *("bcftools", "norm", *_SAME, "--fasta-ref", str(fasta), "--rm-dup", "exact"),
            *(("--atomize",) if caller.has_haplotypes else ()),
            *("--output-type", "b", "--output", str(variants), "-"),
        ],
    ]


def build_variants_index_command(variants: Path) -> list[str]:
    """A CSI index beside a BCF."""
    return ["bcftools", "index", "--csi", "--force", str(variants)]


def build_merge_command(variants: Sequence[Path], listed: Path, bed: Path) -> list[str]:
    """The variants of all samples that begin in a window, to stdout; `listed` lists `variants`.

    SNVs of a base make one record, and so do indels. A record passes if it does in one sample.
    """
    where = ("--regions-file", str(bed), "--regions-overlap", "0", "--output-type", "v")
    if len(variants) == 1:
        return ["bcftools", "view", *_SAME, *where, str(variants[0])]
    return [
        *("bcftools", "merge", *_SAME, "--file-list", str(listed), *where),
        *("--merge", "both", "--filter-logic", "x"),
    ]


def build_finish_chain(fasta: Path, window: Path, *, marks_weak: bool) -> list[list[str]]:
    """A window's records from stdin: left-aligned, and weak ones marked, as one sample's are."""
    mark = ("--soft-filter", "LowQual", "--mode", "+", "--exclude", f"QUAL<{LEAST_QUALITY}")
    pack = ("--output-type", "z", "--output", str(window), "-")
    return [
        [
            *("bcftools", "norm", *_SAME, "--fasta-ref", str(fasta)),
            *("--output-type", "u", "-"),
        ],
        ["bcftools", "filter", *_SAME, *mark, *pack]
        if marks_weak
        else ["bcftools", "view", *_SAME, *pack],
    ]


def build_query_command(gvcf: Path, bed: Path, caller: Caller) -> list[str]:
    """The records of a sample's gVCF that overlap regions, to stdout, as `coverage` reads them."""
    columns = rf"%POS\t%END\t%REF\t%ALT\t{caller.lowest_depth}[\t%GT\t%DP]\n"
    return [
        *("bcftools", "query", "--allow-undef-tags", "--regions-file", str(bed)),
        *("--regions-overlap", "1", "--format", columns, str(gvcf)),
    ]
