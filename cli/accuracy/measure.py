"""Comparing the calls of a sample with a truth, contig by contig."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.accuracy.alleles import Allele, Carried, contigs_of, read_alleles, samples_of
from cli.accuracy.depths import depths_at
from cli.accuracy.matching import Compared, Sequences, compare
from cli.accuracy.programs import run_program
from cli.accuracy.regions import Regions
from cli.errors import usage

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared with what.

    Attributes:
        calls: the VCF of one sample.
        truth: a VCF with the sample's true genotypes.
        regions: where the truth is complete, so that a call outside of it is false.
        reference: the FASTA of the calls, with its `.fai`.
        gvcf: the sample's genome VCF, which tells the depth where nothing is called.
        truth_sample: the sample in `truth`; needed only if it has several.
        strata: further regions, by name.
    """

    calls: Path
    truth: Path
    regions: Regions
    reference: Path
    gvcf: Path | None = None
    truth_sample: str = ""
    strata: Mapping[str, Regions] = field(default_factory=dict)


def measure(question: Question) -> list[Compared]:
    """Each allele of the truth and of the calls within the regions, compared.

    An allele lies where the base at its POS does, after it was left-aligned.

    Raises:
        CliError: the files don't fit together, bcftools or samtools refuses one of them, or the
            truth has no allele in the regions.
    """
    called_as = _sample(question.calls, "")
    true_as = _sample(question.truth, question.truth_sample)
    _check_contigs(question)
    compared: list[Compared] = []
    for contig in question.regions.contigs:
        truth = _within(question, contig, question.truth, true_as)
        called = _within(question, contig, question.calls, called_as)
        found = compare(contig, truth, called, _sequences(question.reference, contig))
        compared += _with_depths(question.gvcf, contig, found)
    if not any(each.is_true for each in compared):
        raise usage(
            f"{question.truth} has no allele in the regions",
            "give the truth of this sample, and regions of the same reference",
        )
    return compared


def _sample(vcf: Path, wanted: str) -> str:
    samples = samples_of(vcf)
    if wanted and wanted not in samples:
        raise usage(f"{vcf} has no sample {wanted}; its samples: {', '.join(samples)}")
    if not wanted and len(samples) != 1:
        raise usage(
            f"{vcf} has {len(samples)} samples, not one",
            "name one with --truth-sample" if samples else "genotypes are compared",
        )
    # bcftools selects no sample of a file whose header lacks a contig or tag
    return wanted if len(samples) > 1 else ""


def _check_contigs(question: Question) -> None:
    """Refuse regions on contigs that a file does not know, such as `1` for `chr1`."""
    known = {
        question.calls: contigs_of(question.calls),
        question.reference: _fasta_contigs(question.reference),
    }
    for path, contigs in known.items():
        unknown = [each for each in question.regions.contigs if each not in contigs]
        if unknown:
            more = ", ..." if len(unknown) > _MOST_NAMED else ""
            raise usage(
                f"{path} has no contig {', '.join(unknown[:_MOST_NAMED])}{more}, "
                "which the regions name",
                "regions, truth, calls and reference must be of one assembly, named alike",
            )


def _fasta_contigs(reference: Path) -> frozenset[str]:
    index = reference.with_name(f"{reference.name}.fai")
    if not index.exists():
        raise usage(f"{reference} has no index", f"make it: samtools faidx {reference}")
    return frozenset(line.split("\t")[0] for line in index.read_text().splitlines())


def _within(question: Question, contig: str, vcf: Path, sample: str) -> dict[Allele, Carried]:
    alleles = read_alleles(vcf, sample, contig, question.reference)
    return {each: how for each, how in alleles.items() if question.regions.has(contig, each.pos)}


def _sequences(reference: Path, contig: str) -> Sequences:
    def fetch(spans: Sequence[tuple[int, int]]) -> list[str]:
        if not spans:
            return []
        with TemporaryDirectory() as scratch:
            wanted = Path(scratch) / "regions"
            wanted.write_text("".join(f"{contig}:{first}-{last}\n" for first, last in spans))
            text = run_program("samtools", "faidx", "--region-file", wanted, reference)
        return ["".join(each.split("\n")[1:]) for each in re.split(r"^>", text, flags=re.M)[1:]]

    return fetch


def _with_depths(gvcf: Path | None, contig: str, compared: list[Compared]) -> list[Compared]:
    """Tell the depth of places without a call."""
    if gvcf is None:
        return compared
    silent = [each.allele.pos for each in compared if each.depth is None]
    depths = depths_at(gvcf, contig, silent)
    return [
        each if each.depth is not None else replace(each, depth=depths.get(each.allele.pos))
        for each in compared
    ]
