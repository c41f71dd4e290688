"""Reading a VCF into alleles that can be compared: split, left-aligned, inside the targets."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pysam

from demo.evaluation.tool import run_tool
from demo.exome.transcript import Span
from demo.exome.variant import Variant

_ORIGINAL = "ORIGINAL"


@dataclass(frozen=True, slots=True)
class Call:
    """One allele that a sample carries: how many copies, and its ANN entries, if annotated."""

    variant: Variant
    copies: int
    annotations: tuple[tuple[str, ...], ...] = ()


class Targets:
    """The capture regions of a BED file."""

    def __init__(self, bed: Path) -> None:
        self._spans: dict[str, list[Span]] = {}
        for line in bed.read_text(encoding="ascii").splitlines():
            chrom, start, end = line.split("\t")[:3]
            self._spans.setdefault(chrom, []).append((int(start), int(end)))
        for spans in self._spans.values():
            spans.sort()

    def __contains__(self, variant: Variant) -> bool:
        """Whether the base at the variant's POS lies in a target."""
        spans = self._spans.get(variant.chrom, [])
        n = bisect_right(spans, variant.pos - 1, key=lambda span: span[0]) - 1
        return n >= 0 and variant.pos <= spans[n][1]


def read_calls(vcf: Path, reference: Path, targets: Targets) -> dict[Variant, Call]:
    """The alleles of a single-sample VCF that lie in the targets.

    Multi-allelic records are split and indels left-aligned by `bcftools norm`. A record counts
    when its FILTER is PASS or missing; an allele counts when the genotype has it.

    Raises:
        RuntimeError: `bcftools norm` refuses the file, say for a REF that is not the reference's.
        ValueError: the file has not exactly one sample.
    """
    with TemporaryDirectory() as scratch:
        normal = Path(scratch) / "normal.vcf"
        run_tool(
            "bcftools", "norm", "--fasta-ref", str(reference), "--multiallelics", "-any",
            "--old-rec-tag", _ORIGINAL, "--output", str(normal), str(vcf),
        )  # fmt: skip
        calls = _read(normal, vcf)
    return {call.variant: call for call in calls if call.variant in targets}


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
    copies = sum(1 for allele in record.samples[0]["GT"] if allele)
    if copies:
        variant = Variant(record.chrom, record.pos, record.ref, record.alts[0])
        yield Call(variant, copies, tuple(_annotations(record)))


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
