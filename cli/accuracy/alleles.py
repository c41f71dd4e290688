"""The alleles that a sample carries, read from a VCF: one at a time, and left-aligned."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

from cli.accuracy.programs import run_program
from cli.errors import CliError, usage

_BASES = re.compile(r"[ACGTN]+", re.ASCII)
_NUMBER = re.compile(r"[0-9]+")
_ALLELES = re.compile(r"[/|]")


class Kind(StrEnum):
    """What an allele changes."""

    SNV = "SNV"
    INSERTION = "insertion"
    DELETION = "deletion"
    COMPLEX = "complex"


class Allele(NamedTuple):
    """An alternative allele as VCF writes it; `pos` counts from 1."""

    pos: int
    ref: str
    alt: str

    @property
    def end(self) -> int:
        """The last base of `ref`, counted from 1."""
        return self.pos + len(self.ref) - 1

    @property
    def kind(self) -> Kind:
        """SNV, insertion or deletion behind one equal base, or anything else."""
        if len(self.ref) == len(self.alt) == 1:
            return Kind.SNV
        if len(self.ref) == 1 and self.alt[0] == self.ref:
            return Kind.INSERTION
        if len(self.alt) == 1 and self.ref[0] == self.alt:
            return Kind.DELETION
        return Kind.COMPLEX

    @property
    def length(self) -> int:
        """How many bases it adds or takes; 0 if the length stays."""
        return abs(len(self.ref) - len(self.alt))


@dataclass(frozen=True, slots=True)
class Carried:
    """How a sample has an allele.

    Attributes:
        is_homozygous: on every copy of the contig; a haploid genotype counts as such.
        depth: reads at the place, or None if the record doesn't say.
    """

    is_homozygous: bool
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The parts of a single-sample record that are compared."""

    pos: int
    ref: str
    alt: str
    info: Mapping[str, str]
    format: Mapping[str, str]

    @classmethod
    def of(cls, line: str) -> Self:
        """Read a line of a VCF."""
        _, pos, _, ref, alt, _, _, info, *sample = line.split("\t")
        pairs = (each.partition("=") for each in info.split(";"))
        keys, values = (part.split(":") for part in sample) if sample else ([], [])
        return cls(
            int(pos),
            ref.upper(),
            alt.upper(),
            {key: value for key, _, value in pairs},
            dict(zip(keys, values, strict=False)),
        )

    @property
    def end(self) -> int:
        """The last base of the record or block, counted from 1."""
        end = self.info.get("END", "")
        return int(end) if _NUMBER.fullmatch(end) else self.pos + len(self.ref) - 1

    @property
    def depth(self) -> int | None:
        """Reads at the place: the least of a gVCF's block, else the sample's or record's."""
        found = (
            self.format.get("MIN_DP"), self.info.get("MinDP"), self.info.get("MIN_DP"),
            self.format.get("DP"), self.info.get("DP"),
        )  # fmt: skip
        return next((int(value) for value in found if value and _NUMBER.fullmatch(value)), None)


def samples_of(vcf: Path) -> tuple[str, ...]:
    """The samples of a VCF."""
    return tuple(run_program("bcftools", "query", "--list-samples", vcf).split())


def contigs_of(vcf: Path) -> frozenset[str]:
    """The contigs that a VCF's header names."""
    header = run_program("bcftools", "view", "--header-only", vcf)
    return frozenset(re.findall(r"^##contig=<ID=([^,>]+)", header, re.MULTILINE))


def read_alleles(vcf: Path, sample: str, contig: str, reference: Path) -> dict[Allele, Carried]:
    """The alleles that a sample carries on one contig; an empty `sample` is the file's only one.

    Records are split into single alleles, which `bcftools norm` left-aligns. A record counts if its
    FILTER is PASS or missing, an allele if the genotype has it; symbolic alleles are left out.

    Raises:
        CliError: bcftools can't read the file, or a REF is not the reference's.
    """
    where = "--regions" if _is_indexed(vcf) else "--targets"
    one = ["--samples", sample] if sample else []
    records = run_program(
        *("bcftools", "view", "--no-header", *one, where, contig, "--apply-filters", "PASS,."), vcf
    )
    with TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.vcf"
        plain.write_text("".join(_plain(contig, map(Record.of, records.splitlines()))))
        options = ["--no-version", "--fasta-ref", reference, "--multiallelics", "-any"]
        try:
            lines = run_program("bcftools", "norm", *options, plain).splitlines()
        except CliError as error:
            raise usage(f"{vcf} doesn't fit {reference}", details=error.details) from error
    found: dict[Allele, Carried] = {}
    for line in lines:
        if line.startswith("#"):
            continue
        record = Record.of(line)
        genotype = _ALLELES.split(record.format.get("GT", "."))
        if "1" in genotype and _BASES.fullmatch(record.alt):
            allele = Allele(record.pos, record.ref, record.alt)
            is_everywhere = set(genotype) == {"1"}
            # two records of one allele are one copy each
            found[allele] = Carried(is_everywhere or allele in found, record.depth)
    return found


def _is_indexed(vcf: Path) -> bool:
    return any(vcf.with_name(f"{vcf.name}{suffix}").exists() for suffix in (".tbi", ".csi"))


def _plain(contig: str, records: Iterable[Record]) -> Iterator[str]:
    """A VCF with genotype and depth alone: what else is in a file may not fit its header."""
    yield "##fileformat=VCFv4.2\n"
    yield f"##contig=<ID={contig}>\n"
    yield '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    yield '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">\n'
    yield "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tsample\n"
    for each in records:
        genotype, depth = each.format.get("GT", "."), "." if each.depth is None else each.depth
        fields = (contig, each.pos, ".", each.ref, each.alt, ".", ".", ".", "GT:DP")
        yield "\t".join(map(str, (*fields, f"{genotype}:{depth}\n")))
