"""Where a run's results lie: the same keys whichever tool filled the step."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step


@dataclass(frozen=True, slots=True)
class ResultLayout:
    """The result objects of one sample, all below `<resultsS3Path>/<sampleId>/`.

    The first three folders are the original workflow's.
    """

    results: S3Uri
    sample_id: str

    @property
    def root(self) -> S3Uri:
        """The sample's folder."""
        return (self.results / self.sample_id).as_folder()

    @property
    def folder(self) -> str:
        """The sample's folder as `<bucket>/<key>/`, the same for all ways to write it."""
        return re.sub("/+", "/", f"{self.root.bucket}/{self.root.key}")

    @property
    def bam(self) -> S3Uri:
        """Alignments, sorted by coordinate; beside it `.bai` and `.md5`."""
        return self.root / "bam/sorted.bam"

    @property
    def stats(self) -> S3Uri:
        """What `samtools stats` printed."""
        return self.root / "stats/bam_stats.dat"

    @property
    def variants(self) -> S3Uri:
        """Variant sites only; beside it `.tbi`."""
        return self.root / "vcf/variants/variants.vcf.gz"

    @property
    def gvcf(self) -> S3Uri:
        """Variant sites and blocks of reference confidence; beside it `.tbi`."""
        return self.root / "vcf/variants/genome.vcf.gz"

    @property
    def first_gvcf(self) -> S3Uri:
        """The gVCF again under Strelka's name for it; beside it `.tbi`."""
        return self.root / "vcf/variants/genome.S1.vcf.gz"

    @property
    def annotated(self) -> S3Uri:
        """Variants with snpEff's ANN field; beside it `.tbi`."""
        return self.root / "vcf/annotated/variants.ann.vcf.gz"

    @property
    def annotation_summary(self) -> S3Uri:
        """snpEff's summary page."""
        return self.root / "vcf/annotated/snpEff_summary.html"

    @property
    def intermediates(self) -> tuple[S3Uri, ...]:
        """What later steps have read, and what the FASTQ files give again: BAM and gVCF.

        Not every caller makes all of them.
        """
        bam, gvcf, first = self.bam, self.gvcf, self.first_gvcf
        return (
            *(bam, bam.with_suffix(".bai"), bam.with_suffix(".md5")),
            *(gvcf, gvcf.with_suffix(".tbi"), first, first.with_suffix(".tbi")),
        )

    def provenance(self, step: Step) -> S3Uri:
        """How a step's outputs were made."""
        return self.root / f"provenance/{step}.json"

    def outputs(self, step: Step, more: Iterable[str] = ()) -> tuple[S3Uri, ...]:
        """Every object that a finished step has written, its provenance last.

        `more` are a tool's own, relative to the sample's folder.
        """
        made = {
            Step.ALIGN: (self.bam, self.bam.with_suffix(".bai"), self.bam.with_suffix(".md5")),
            Step.CALL_VARIANTS: (
                self.variants,
                self.variants.with_suffix(".tbi"),
                self.gvcf,
                self.gvcf.with_suffix(".tbi"),
            ),
            Step.ANNOTATE: (
                self.annotated,
                self.annotated.with_suffix(".tbi"),
                self.annotation_summary,
            ),
            Step.ALIGNMENT_STATS: (self.stats,),
        }
        return (*made[step], *(self.root / name for name in more), self.provenance(step))
