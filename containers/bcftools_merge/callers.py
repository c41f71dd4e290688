"""What the gVCFs of the callers have that a merge must know."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# `-p 1`, `--ploidy=1`, `-A regions.bed`: a block, which has no genotype, does not tell of them
_FREEBAYES_PLOIDY = re.compile(
    r"##commandline=.*\s(?:(?:-p\s*+|--ploidy[\s=])(?!2\b)|-A|--cnv-map)"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose gVCFs can be merged.

    Attributes:
        name: the tool's.
        header: begins the line of the header that names it.
        version: finds the caller's version in a line of the header.
        lowest_depth: the column, as `bcftools query` has it, with a block's lowest depth.
        has_haplotypes: whether a record may replace several bases at once.
        calls_blocks: whether blocks have a genotype; otherwise a covered block is one of 0/0.
        marks_weak: whether the caller's job marks records of low QUAL (`LowQual`).
        other_ploidy: begins the line of the header of a call whose blocks may not be 0/0.
        header_script: a script of sed that corrects the header, if it needs one.
    """

    name: str
    header: str
    version: re.Pattern[str]
    lowest_depth: str
    has_haplotypes: bool = False
    calls_blocks: bool = True
    marks_weak: bool = True
    other_ploidy: re.Pattern[str] | None = None
    header_script: str = ""

    def is_mergeable(self, header: Iterable[str]) -> bool:
        """Whether the blocks of a gVCF with this header tell their genotypes."""
        return not (self.other_ploidy and any(map(self.other_ploidy.match, header)))

    def version_in(self, header: Iterable[str]) -> str:
        """The version that has called a gVCF with this header; empty if it does not tell."""
        return next((found[1] for found in map(self.version.match, header) if found), "")


CALLERS = (
    # its job writes no line with its name; the others spell this name in another way
    Caller(
        "bcftools",
        "##INFO=<ID=MinDP,",
        re.compile(r"##bcftools_callVersion=([^\s+]+)"),
        "%INFO/MinDP",
    ),
    Caller(
        "freebayes",
        "##source=freeBayes",
        re.compile(r"##source=freeBayes v?(\S+)"),
        "%INFO/MIN_DP",
        has_haplotypes=True,
        calls_blocks=False,
        other_ploidy=_FREEBAYES_PLOIDY,
    ),
    Caller(
        "strelka",
        "##source=strelka",
        re.compile(r"##source_version=(\S+)"),
        "[%MIN_DP]",
        marks_weak=False,
        # Strelka has a depth for each allele, and says so only of their number in words
        header_script=r"s/^\(##FORMAT=<ID=ADF\{0,1\}R\{0,1\},Number=\)\./\1R/",
    ),
)


def caller_of(header: Iterable[str]) -> Caller | None:
    """The caller that has written a gVCF with this header; None if it is none of these."""
    lines = list(header)
    return next(
        (one for one in CALLERS if any(line.startswith(one.header) for line in lines)), None
    )
