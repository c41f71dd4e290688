"""The paths of a run's results: the same keys for all tools of a step."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from seqstack.domain.s3uri import S3Uri

BAM = "bam/sorted.bam"
CRAM = "bam/sorted.cram"
STATS = "stats/bam_stats.dat"
COVERAGE = "qc/coverage_metrics.txt"
INSERT_SIZES = "qc/insert_size_metrics.txt"
TARGET_DEPTH = "qc/target_depth.tsv.gz"
CHROMOSOME_DEPTH = "qc/chromosome_depth.tsv"
FINGERPRINT = "qc/fingerprint.vcf.gz"
VARIANTS = "vcf/variants/variants.vcf.gz"
GVCF = "vcf/variants/genome.vcf.gz"
ANNOTATED = "vcf/annotated/variants.ann.vcf.gz"
ANNOTATION_SUMMARY = "vcf/annotated/snpEff_summary.html"
ANNOTATION_STATISTICS = "vcf/annotated/snpEff_summary.csv"
QC_REPORT = "qc/multiqc_report.html"
QC_DATA = "qc/multiqc_data.json"
QC_TABLE = "qc/multiqc_general_stats.txt"
QC_METRICS = "qc/metrics.json"
QC_PLOTS = "qc/plots.json"
REPORT = "report/run.html"
CRATE = "provenance/ro-crate-metadata.json"
CRATE_WORKFLOW = "provenance/ro-crate-workflow.json"
CRATE_FILES = (CRATE, CRATE_WORKFLOW)
ACCURACY = "accuracy/accuracy.html"  # written beside downloaded results, by whoever has a truth
REPORT_STEP = "report"
"""In place of a step's name, for the run's report and RO-Crate among its outputs."""


class ResultsFolder(ABC):
    """The folder of all results of one run."""

    __slots__ = ()

    @property
    @abstractmethod
    def root(self) -> S3Uri:
        """The folder."""

    @property
    def folder(self) -> str:
        """The folder in the canonical form `<bucket>/<key>/`."""
        return re.sub("/+", "/", f"{self.root.bucket}/{self.root.key}")

    def provenance(self, step: str) -> S3Uri:
        """The provenance of a step's outputs."""
        return self.root / f"provenance/{step}.json"


@dataclass(frozen=True, slots=True)
class ResultLayout(ResultsFolder):
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
    def bam(self) -> S3Uri:
        """Alignments, sorted by coordinate; beside it `.bai` and `.md5`."""
        return self.root / BAM

    @property
    def stats(self) -> S3Uri:
        """The output of `samtools stats`."""
        return self.root / STATS

    @property
    def qc(self) -> S3Uri:
        """The folder of the metrics of coverage."""
        return self.root / "qc/"

    @property
    def variants(self) -> S3Uri:
        """Variant sites only; beside it `.tbi`."""
        return self.root / VARIANTS

    @property
    def gvcf(self) -> S3Uri:
        """Variant sites and blocks of reference confidence; beside it `.tbi`."""
        return self.root / GVCF

    @property
    def annotated(self) -> S3Uri:
        """Variants with snpEff's ANN field; beside it `.tbi`."""
        return self.root / ANNOTATED

    @property
    def annotation_statistics(self) -> S3Uri:
        """The statistics of the summary page, as snpEff's CSV."""
        return self.root / ANNOTATION_STATISTICS

    @property
    def qc_report(self) -> S3Uri:
        """MultiQC's report; beside it the other results of quality control."""
        return self.root / QC_REPORT
