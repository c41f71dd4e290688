"""Measuring a run's results against a demo exome's truth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cli.accuracy.alleles import Kind
from cli.accuracy.measure import Question, measure
from cli.accuracy.regions import Regions
from cli.accuracy.tallies import Rate, Tally
from demo.evaluation.agreement import Agreement, compare_consequences, read_expected
from demo.evaluation.alignment import Alignment, measure_alignment
from demo.evaluation.calls import read_calls
from demo.exome.generate import DemoExome


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The results of one run, as files on this machine; VCFs and BAM have their indexes beside."""

    bam: Path
    stats: Path
    variants: Path
    annotated: Path

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The files in the folder of a run's results."""
        return cls(
            bam=folder / "bam/sorted.bam",
            stats=folder / "stats/bam_stats.dat",
            variants=folder / "vcf/variants/variants.vcf.gz",
            annotated=folder / "vcf/annotated/variants.ann.vcf.gz",
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The measured results of a run of a demo exome."""

    snvs: Tally
    indels: Tally
    consequences: Agreement
    alignment: Alignment


@dataclass(frozen=True, slots=True)
class Bounds:
    """Lower bounds for a run's results, as fractions of one."""

    snv_recall: float = 0.98
    snv_precision: float = 0.99
    indel_recall: float = 0.90
    indel_precision: float = 0.95
    consequence_agreement: float = 0.98

    def missed_by(self, evaluation: Evaluation) -> tuple[str, ...]:
        """One line for each bound that was missed: what, how much, and the bound."""
        measured = (
            ("SNV recall", _value(evaluation.snvs.recall), self.snv_recall),
            ("SNV precision", _value(evaluation.snvs.precision), self.snv_precision),
            ("indel recall", _value(evaluation.indels.recall), self.indel_recall),
            ("indel precision", _value(evaluation.indels.precision), self.indel_precision),
            (
                "consequence agreement",
                evaluation.consequences.fraction,
                self.consequence_agreement,
            ),
        )
        return tuple(
            f"{name} {value:.4f} is below {bound}"
            for name, value, bound in measured
            if value < bound
        )


def evaluate(exome: DemoExome, results: RunFiles) -> Evaluation:
    """Compare called and annotated variants and alignments with the exome's truth.

    Needs bcftools and samtools on PATH.

    Raises:
        CliError: a tool cannot read a file.
        ValueError: a VCF has several samples, or the statistics lack a number.
    """
    targets = Regions.of_bed(exome.targets)
    compared = measure(Question(results.variants, exome.truth, targets, exome.reference))
    annotated = read_calls(results.annotated, exome.reference, targets)
    return Evaluation(
        snvs=Tally.of(each for each in compared if each.allele.kind is Kind.SNV),
        indels=Tally.of(each for each in compared if each.allele.kind is not Kind.SNV),
        consequences=compare_consequences(read_expected(exome.expected), annotated),
        alignment=measure_alignment(results.stats, results.bam, exome.targets),
    )


def _value(rate: Rate) -> float:
    """Of one; a ratio of nothing is 0, so that an empty call set misses every bound."""
    return rate.value or 0.0
