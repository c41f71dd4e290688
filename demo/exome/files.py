"""The exome's text files: FASTA, GFF3, BED, truth VCF and the expected consequences."""

from collections.abc import Iterable
from pathlib import Path

import pysam

from demo.exome.planting import Truth
from demo.exome.spec import ExomeSpec
from demo.exome.transcript import Span, Transcript
from demo.exome.variant import Variant

EXPECTED_COLUMNS = (
    "chrom", "pos", "ref", "alt", "genotype", "gene", "transcript", "consequence", "codons",
    "protein",
)  # fmt: skip
_VCF_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT")
_LINE = 60


def write_fasta(path: Path, sequences: dict[str, str]) -> None:
    """Sequences in lines of 60."""
    with path.open("w", encoding="ascii") as out:
        for name, sequence in sequences.items():
            out.write(f">{name}\n")
            out.writelines(
                f"{sequence[at : at + _LINE]}\n" for at in range(0, len(sequence), _LINE)
            )


def write_gff3(path: Path, spec: ExomeSpec, transcripts: Iterable[Transcript]) -> None:
    """Genes, mRNAs, exons and CDSs after the Sequence Ontology's GFF3 1.26."""
    with path.open("w", encoding="ascii") as out:
        out.write("##gff-version 3\n")
        for chrom, length in spec.chromosomes.items():
            out.write(f"##sequence-region {chrom} 1 {length}\n")
        for transcript in transcripts:
            out.writelines("\t".join(fields) + "\n" for fields in _gff3_lines(transcript))


def _gff3_lines(transcript: Transcript) -> Iterable[tuple[str, ...]]:
    def line(kind: str, span: Span, attributes: str, phase: str = ".") -> tuple[str, ...]:
        start, end = str(span[0] + 1), str(span[1])
        strand = transcript.strand
        return transcript.chrom, "seqstack", kind, start, end, ".", strand, phase, attributes

    gene, name, exons = transcript.gene, transcript.name, transcript.exons
    yield line("gene", transcript.span, f"ID={gene};Name={gene};biotype=protein_coding")
    yield line("mRNA", transcript.span, f"ID={name};Parent={gene};biotype=protein_coding")
    reading = exons if transcript.strand == "+" else exons[::-1]
    for number, exon in enumerate(reading, start=1):
        yield line("exon", exon, f"ID={name}:exon{number};Parent={name}")
    coding = transcript.coding_exons
    read = 0
    for start, end in coding if transcript.strand == "+" else coding[::-1]:
        # Phase: bases to skip at the exon's 5' end to reach the next codon's first base.
        yield line("CDS", (start, end), f"ID={name}:cds;Parent={name}", str(-read % 3))
        read += end - start


def write_bed(path: Path, targets: dict[str, list[Span]]) -> None:
    """The capture targets: chromosome, 0-based start, end."""
    with path.open("w", encoding="ascii") as out:
        for chrom, spans in targets.items():
            out.writelines(f"{chrom}\t{start}\t{end}\n" for start, end in spans)


def write_truth(path: Path, spec: ExomeSpec, truths: Iterable[Truth]) -> None:
    """The truth VCF, bgzipped at `path`, with its tabix index beside it."""
    plain = path.with_suffix("")
    with plain.open("w", encoding="ascii") as out:
        out.writelines(_vcf_header(spec))
        out.write('##FILTER=<ID=PASS,Description="All filters passed">\n')
        out.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        out.write("\t".join([*_VCF_COLUMNS, spec.sample_id]) + "\n")
        for planted in (truth.planted for truth in truths):
            v = planted.variant
            fields = (v.chrom, str(v.pos), ".", v.ref, v.alt, ".", "PASS", ".", "GT")
            out.write("\t".join([*fields, planted.genotype]) + "\n")
    pysam.tabix_compress(str(plain), str(path), force=True)
    plain.unlink()
    pysam.tabix_index(str(path), preset="vcf", force=True)


def write_sites(path: Path, spec: ExomeSpec, sites: Iterable[Variant]) -> None:
    """A VCF without samples, bgzipped at `path`."""
    plain = path.with_suffix("")
    with plain.open("w", encoding="ascii") as out:
        out.writelines(_vcf_header(spec))
        out.write("\t".join(_VCF_COLUMNS[:-1]) + "\n")
        out.writelines(f"{v.chrom}\t{v.pos}\t.\t{v.ref}\t{v.alt}\t.\t.\t.\n" for v in sites)
    pysam.tabix_compress(str(plain), str(path), force=True)
    plain.unlink()


def _vcf_header(spec: ExomeSpec) -> Iterable[str]:
    yield "##fileformat=VCFv4.2\n"
    for chrom, length in spec.chromosomes.items():
        yield f"##contig=<ID={chrom},length={length}>\n"


def write_expected(path: Path, truths: Iterable[Truth]) -> None:
    """The expected consequences: tab-separated, terms joined by `&`, most severe first."""
    with path.open("w", encoding="ascii") as out:
        out.write("\t".join(EXPECTED_COLUMNS) + "\n")
        for truth in truths:
            v, effect = truth.planted.variant, truth.consequence
            place = (v.chrom, str(v.pos), v.ref, v.alt, truth.planted.genotype)
            names = (truth.transcript.gene, truth.transcript.name)
            change = ("&".join(effect.terms), effect.codons or ".", effect.protein or ".")
            out.write("\t".join(place + names + change) + "\n")
