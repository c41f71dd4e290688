"""A sample for tools: its reads, its reference, and its results folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sequencing import Sequencing

DEFAULT_TARGET_PADDING = 100
"""Bases. Exome pipelines commonly give GATK as many (`--interval-padding 100`): docs/qc.md."""


class Sex(StrEnum):
    """A sample's sex, by its sex chromosomes."""

    FEMALE = "female"
    MALE = "male"


SEXES: Mapping[str, Sex | None] = {
    **dict.fromkeys(("XX", "FEMALE", "F", "2"), Sex.FEMALE),
    **dict.fromkeys(("XY", "MALE", "M", "1"), Sex.MALE),
    **dict.fromkeys(("", "NA", "UNKNOWN", "0"), None),
}
"""What sheets write for it, in upper case; 1, 2 and 0 are those of PED files."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The two FASTQ objects of one lane: first and second reads of the same fragments."""

    read1: S3Uri
    read2: S3Uri


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample, with its reference and genes (GFF3 or GTF, if any).

    `database` is snpEff's of the annotation, if the reference was prepared with one.
    `alt` is bwa's list of alternative contigs, if one is beside the FASTA.
    `targets` are the captured regions (BED), if any, and `target_padding` the bases on both sides
    of each in which variants are called too.
    `sequencing` is None if not given. `genetic_codes` are NCBI's numbers by contig, from the user;
    `left_out` are contigs of the annotation that the FASTA may lack.

    `alignments` are BAM or CRAM files that hold the reads in place of `lanes`, and
    `alignments_reference` is the FASTA that CRAM was made with, if it is not `reference`.
    `sites` are common SNVs (VCF) for its fingerprint, if any.
    `said_sex` is what the user says it is, to compare with what is measured; None if nothing.
    With `keeps_cram`, the alignment is written as CRAM, too.
    """

    sample_id: str
    lanes: tuple[Lane, ...]
    reference: S3Uri
    annotation: S3Uri | None
    layout: ResultLayout
    database: S3Uri | None = field(default=None, kw_only=True)
    alt: S3Uri | None = field(default=None, kw_only=True)
    targets: S3Uri | None = field(default=None, kw_only=True)
    target_padding: int = field(default=DEFAULT_TARGET_PADDING, kw_only=True)
    sequencing: Sequencing | None = field(default=None, kw_only=True)
    genetic_codes: Mapping[str, int] = field(default_factory=dict, kw_only=True)
    left_out: tuple[str, ...] = field(default=(), kw_only=True)
    alignments: tuple[S3Uri, ...] = field(default=(), kw_only=True)
    alignments_reference: S3Uri | None = field(default=None, kw_only=True)
    keeps_cram: bool = field(default=False, kw_only=True)
    sites: S3Uri | None = field(default=None, kw_only=True)
    said_sex: Sex | None = field(default=None, kw_only=True)

    @property
    def called_targets(self) -> S3Uri | None:
        """The targets, if variants are called in them only: not if a genome was sequenced."""
        return None if self.sequencing is Sequencing.GENOME else self.targets

    @property
    def variants_step(self) -> str:
        """The step that calls its variants."""
        return "callVariants"

    @property
    def reads(self) -> tuple[S3Uri, ...]:
        """Every object with reads: FASTQ lane by lane, or BAM and CRAM."""
        fastq = (uri for lane in self.lanes for uri in (lane.read1, lane.read2))
        return (*fastq, *self.alignments)
