"""A sample of this machine: its files, and the options of its run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seqstack.domain.qc.gates import Gates
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS


class LocalSampleError(ValueError):
    """A file or the id of the sample is invalid."""


@dataclass(frozen=True, slots=True)
class LocalSample:
    """One sample's files; `fastq1` and `fastq2` hold one file for each lane, in the same order.

    `reads` are BAM or CRAM files in their place, `reads_reference` is the FASTA that CRAM was made
    with, if it is another than `reference`.
    `database` names a snpEff database for when there is no `annotation` (GFF3 or GTF).
    `genetic_codes` are NCBI's numbers by contig; `left_out` are contigs that the annotation may
    name although the reference lacks them. `qc_gates` are bounds on its metrics. `parts` is
    `alignInParts` of the run's input. With `trims`, fastp trims the reads, with `fastp_args`.
    """

    sample_id: str
    reference: Path
    fastq1: tuple[Path, ...] = ()
    fastq2: tuple[Path, ...] = ()
    reads: tuple[Path, ...] = ()
    reads_reference: Path | None = None
    annotation: Path | None = None
    targets: Path | None = None
    sites: Path | None = None
    target_padding: int | None = None
    database: str = ""
    aligner: Tool = Tool.BWA
    caller: Tool = Tool.BCFTOOLS
    genetic_codes: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    fails_on_warnings: bool = False
    qc_gates: Gates = field(default_factory=dict)
    sequencing: Sequencing | None = None
    keeps_cram: bool = False
    parts: int | bool | None = None
    trims: bool = False
    fastp_args: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that the run will use."""
        return tools_with(self.aligner, self.caller)

    @property
    def reads_files(self) -> tuple[Path, ...]:
        """The files of its reads."""
        return (*self.fastq1, *self.fastq2, *self.reads)

    @property
    def reference_files(self) -> tuple[Path, ...]:
        """The reference, and the files that belong to it."""
        beside = (self.reads_reference, self.annotation, self.targets, self.sites)
        return (self.reference, *filter(None, beside))


def tools_with(aligner: Tool, caller: Tool) -> tuple[Tool, ...]:
    """The tools of a run with this aligner and caller."""
    tools = SECONDARY_ANALYSIS.default_tools | {Step.ALIGN: aligner, Step.CALL_VARIANTS: caller}
    return tuple(tools.values())


def annotation_beside(reference: Path) -> Path | None:
    """The GFF3 or GTF file with the reference's name beside it, if there is one."""
    stem = reference.name.removesuffix(".gz")
    stem = stem.rpartition(".")[0] or stem
    for suffix in (".gff3", ".gff3.gz", ".gff", ".gff.gz", ".gtf", ".gtf.gz"):
        if (path := reference.with_name(stem + suffix)).is_file():
            return path
    return None
