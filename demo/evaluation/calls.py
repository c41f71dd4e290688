"""The annotations of a VCF's alleles: split, left-aligned, inside the targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pysam

from cli.accuracy.programs import run_program
from cli.accuracy.regions import Regions
from demo.exome.variant import Variant

_ORIGINAL = "ORIGINAL"


@dataclass(frozen=True, slots=True)
class Call:
    """An allele that a sample carries, with its ANN entries, if annotated."""

    variant: Variant
    annotations: tuple[tuple[str, ...], ...] = ()


def read_calls(vcf: Path, reference: Path, targets: Regions) -> dict[Variant, Call]:
    """The alleles of a single-sample VCF that lie in the targets.

    Multi-allelic records are split and indels left-aligned by `bcftools norm`. A record counts
    when its FILTER is PASS or missing; an allele counts when the genotype has it.

    Raises:
        CliError: `bcftools norm` refuses the file, say for a REF that is not the reference's.
        ValueError: the file has not exactly one sample.
    """
    with TemporaryDirectory() as scratch:
        normal = Path(scratch) / "normal.vcf"
        run_program(
            *("bcftools", "norm", "--fasta-ref", reference, "--multiallelics", "-any"),
            *("--old-rec-tag", _ORIGINAL, "--output", normal, vcf),
        )
        calls = _read(normal, vcf)
    return {
        call.variant: call for call in calls if targets.has(call.variant.chrom, call.variant.pos)
    }


def _read(normal: Path, origin: Path) -> list[Call]:
    # htslib warns about headers on stderr; only its errors matter here.
    before = pysam.set_verbosity(1)
    try:
        with pysam.VariantFile(str(normal)) as records:
            if len(records.header.samples) != 1:
                raise ValueError(f"{origin} has {len(records.header.samples)} samples, not one")
            return [call for record in records for call in _call(record)]
    finally:
        pysam.set_verbosity(before)


def _call(record: pysam.VariantRecord) -> Iterator[Call]:
    if not record.alts or record.alts[0].startswith("<") or record.alts[0] == "*":
        return
    if set(record.filter.keys()) - {"PASS"}:
        return
    if any(record.samples[0]["GT"]):
        variant = Variant(record.chrom, record.pos, record.ref, record.alts[0])
        yield Call(variant, tuple(_annotations(record)))


def _annotations(record: pysam.VariantRecord) -> Iterator[tuple[str, ...]]:
    """The ANN entries of this allele, which ANN names as in the record before the split."""
    if "ANN" not in record.info:
        return
    allele = record.alts[0]
    if _ORIGINAL in record.info:
        # CHROM|POS|REF|ALT[|number of the allele that was kept]
        _, _, _, alts, *kept = _joined(record.info[_ORIGINAL]).split("|")
        allele = alts.split(",")[int(kept[0]) - 1 if kept else 0]
    for entry in record.info["ANN"]:
        fields = tuple(entry.split("|"))
        if fields[0] == allele:
            yield fields


def _joined(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ",".join(value)
