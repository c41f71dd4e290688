"""Kinds of references and annotations: a case or more for each row of docs/inputs.md."""

import gzip
from dataclasses import dataclass, field

ACCEPTED = "accepted"
REFUSED = "refused"

# ATG GCC TGG TAA from base 3 on, on each of two contigs.
SEQUENCE = "CCATGGCCTGGTAACCCCCCCCCCCCCCCC"
FASTA = f">chr1 first\n{SEQUENCE}\n>chr2\n{SEQUENCE}\n"
FAI = "chr1\t30\t12\t30\t31\nchr2\t30\t49\t30\t31\n"
ANN = "60 2 11\n0 chr1 first\n0 30 0\n0 chr2 (null)\n30 30 0\n"


def gff3(*contigs: str, shift: int = 0, copies: int = 1) -> str:
    """A transcript with one coding sequence on each contig, `copies` times."""
    return "##gff-version 3\n" + "".join(
        f"{name}\ts\t{kind}\t{3 + shift}\t{14 + shift}\t.\t+\t0\tID={kind}{n}.{copy};"
        f"Parent={'t' if kind == 'CDS' else 'g'}{n}.{copy}\n"
        for n, name in enumerate(contigs)
        for copy in range(copies)
        for kind in ("mRNA", "CDS")
    )


def gtf(*contigs: str) -> str:
    """The same as GTF has it: the stop codon is not part of the coding sequence."""
    return "".join(
        f'{name}\ts\t{kind}\t3\t{end}\t.\t+\t0\tgene_id "g{n}"; transcript_id "t{n}";\n'
        for n, name in enumerate(contigs)
        for kind, end in (("transcript", 14), ("CDS", 11))
    )


@dataclass(frozen=True)
class Case:
    """A reference, and the verdict; `words` stand in the refusal."""

    row: str
    verdict: str
    words: str = ""
    fasta: str | bytes = FASTA
    fai: str = FAI
    ann: str = ANN
    annotation: str | bytes = field(default_factory=lambda: gff3("chr1", "chr2"))
    genetic_codes: dict[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def renamed(name: str, text: str = FASTA) -> str:
    """The FASTA or its index, with chr2 under another name of four characters."""
    assert len(name) == len("chr2")
    return text.replace("chr2", name)


MITO = {"fasta": renamed("chrM"), "fai": renamed("chrM", FAI), "ann": renamed("chrM", ANN)}
# TGA is a stop in the standard code alone; AGA is a stop in the vertebrates' code alone.
TGA = MITO["fasta"][:43] + MITO["fasta"][43:].replace("TGG", "TGA")
AGA = MITO["fasta"][:43] + MITO["fasta"][43:].replace("TGG", "AGA")

CASES = [
    Case("fasta-plain", ACCEPTED),
    Case("fasta-gzip", ACCEPTED, fasta=gzip.compress(FASTA.encode())),
    Case("fasta-lines", REFUSED, "lines of different lengths", fasta=">chr1\nAC\nA\nCA\n"),
    Case("fasta-format", REFUSED, "it is not a FASTA", fasta="@r\nACGT\n+\nIIII\n"),
    Case("fasta-damaged", REFUSED, "not a valid gzip file", fasta=b"\x1f\x8b\x08damaged"),
    Case("names-twice", REFUSED, "'chr1' occurs 2 times", fasta=renamed("chr1")),
    Case("names-twice", REFUSED, "'chr1' occurs 2 times", ann=renamed("chr1", ANN)),
    *(
        Case("names-signs", REFUSED, "which SAM and VCF do not allow", fasta=renamed(f"c{sign}r2"))
        for sign in ",<>\"'()[]{}\\`"
    ),
    Case("names-signs", REFUSED, "is a comment", fasta=renamed("#hr2")),
    Case("names-signs", REFUSED, "begins with '*'", fasta=renamed("*hr2")),
    Case("names-long", REFUSED, "255 characters", fasta=f">{'a' * 255}\nACGT\n"),
    Case(
        "names-hla",
        ACCEPTED,
        fasta=renamed("A*:2"),
        fai=renamed("A*:2", FAI),
        ann=renamed("A*:2", ANN),
        annotation=gff3("chr1", "A*:2"),
    ),
    Case("contig-empty", REFUSED, "'chr3' has no bases", fasta=FASTA + ">chr3\n"),
    Case(
        "contig-long", REFUSED, "536,870,912 bases", fai=FAI.replace("chr2\t30", "chr2\t536870912")
    ),
    Case(
        "contig-many",
        ACCEPTED,
        fasta="".join(f">c{n:04}\nACGTACGT\n" for n in range(5000)),
        fai="".join(f"c{n:04}\t8\t{16 * n + 7}\t8\t9\n" for n in range(5000)),
        ann="40000 5000 11\n" + "".join(f"0 c{n:04} a\n{8 * n} 8 0\n" for n in range(5000)),
        annotation="c0001\ts\tCDS\t1\t6\t.\t+\t0\tParent=t\n",
    ),
    Case("codes-masked", ACCEPTED, fasta=FASTA.replace("CCCCC\n", "ccccc\n")),
    Case("codes-iupac", ACCEPTED, fasta=FASTA.replace("CCCCC\n", "CRYCC\n")),
    Case(
        "codes-other", REFUSED, "contains 'U' in line 2", fasta=FASTA.replace("CCC\n", "UCC\n", 1)
    ),
    Case(
        "codes-other", REFUSED, "contains '*' in line 2", fasta=FASTA.replace("CCC\n", "*CC\n", 1)
    ),
    Case(
        "index-other",
        REFUSED,
        ".fai belongs to another FASTA",
        fai=FAI.replace("chr2\t30", "chr2\t31"),
    ),
    Case(
        "index-other", REFUSED, ".fai belongs to another FASTA", fai=FAI.replace("\t49\t", "\t50\t")
    ),
    Case("index-none", REFUSED, "is not a FASTA index", fai="<html>"),
    Case(
        "aligner-index-other",
        REFUSED,
        "belongs to another FASTA than the .fai",
        ann=renamed("chrX", ANN),
    ),
    Case("annotation-gff3", ACCEPTED),
    Case("annotation-gff3", ACCEPTED, annotation=gzip.compress(gff3("chr1").encode())),
    Case("annotation-gtf", ACCEPTED, annotation=gtf("chr1", "chr2")),
    Case("annotation-gtf", ACCEPTED, annotation=gzip.compress(gtf("chr1").encode())),
    Case("annotation-format", REFUSED, "line 1 has 3 columns", annotation="chr1\t1\t9\n"),
    Case(
        "annotation-contigs",
        REFUSED,
        "NC_000002.12 is chr2 there",
        annotation=gff3("chr1", "NC_000002.12"),
    ),
    Case("annotation-contigs", REFUSED, "2 is chr2 there", annotation=gtf("1", "2")),
    Case(
        "annotation-left-out", ACCEPTED, annotation=gff3("chr1", "KI270728.1"), left_out=("KI27*",)
    ),
    Case(
        "annotation-left-out", REFUSED, "none of its contigs", annotation=gff3("X"), left_out=("*",)
    ),
    Case(
        "annotation-names",
        REFUSED,
        "snpEff takes contigs of the FASTA for one: chr1 and 0001",
        fasta=renamed("0001"),
        fai=renamed("0001", FAI),
        ann=renamed("0001", ANN),
        annotation=gff3("chr1"),
    ),
    Case("annotation-no-genes", REFUSED, "has no features", annotation="##gff-version 3\n"),
    Case(
        "annotation-no-genes",
        REFUSED,
        "has no coding sequences",
        annotation="chr1\ts\tgene\t3\t14\t.\t+\t.\tID=g\n",
    ),
    Case(
        "annotation-circular",
        ACCEPTED,
        annotation=gff3("chr1")
        + "chr2\ts\tregion\t1\t30\t.\t+\t.\tID=chr2:1..30;Is_circular=true\n"
        + gff3("chr2", shift=25),
    ),
    Case(
        "annotation-behind",
        REFUSED,
        "belongs to another assembly",
        annotation=gff3("chr1", shift=17),
    ),
    Case(
        "annotation-assembly",
        REFUSED,
        "belongs to another assembly",
        annotation=gff3("chr1", "chr2", shift=1, copies=2),
    ),
    Case(
        "mitochondrion-known",
        ACCEPTED,
        **{**MITO, "fasta": TGA},
        annotation=gff3("chr1", "chrM", copies=3),
    ),
    Case(
        "mitochondrion-unknown",
        REFUSED,
        "set the right one in geneticCodes",
        **{**MITO, "fasta": AGA},
        annotation=gff3("chr1", "chrM"),
    ),
    Case(
        "code-given",
        ACCEPTED,
        **{**MITO, "fasta": AGA},
        annotation=gff3("chr1", "chrM"),
        genetic_codes={"chrM": 5},
    ),
    Case("code-given", REFUSED, "the FASTA has no such contig", genetic_codes={"chrX": 5}),
    Case(
        "code-annotated",
        ACCEPTED,
        **{**MITO, "fasta": AGA},
        annotation=gff3("chr1", "chrM").replace("Parent=t1.0", "Parent=t1.0;transl_table=5"),
    ),
    Case(
        "code-hidden",
        REFUSED,
        "have a stop inside in genetic code 1",
        fasta=FASTA[:43] + FASTA[43:].replace("GCCTGG", "TGATGA"),
        annotation=gff3("chr1", copies=9) + gff3("chr2", copies=3),
    ),
]
