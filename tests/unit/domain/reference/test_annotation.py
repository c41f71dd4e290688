"""Annotations of one or a few genes; lines, contigs and codes are read off by hand."""

import pytest

from seqstack.domain.reference.annotation import (
    AnnotationFormat,
    format_of,
    read_annotation,
    without_contigs,
)
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.fitting import contig_fit_problems, is_left_out
from seqstack.domain.reference.naming import same_contigs, snpeff_name

GFF3 = """##gff-version 3
##sequence-region chr1 1 1000
chr1\ts\tgene\t1\t90\t.\t+\t.\tID=g
chr1\ts\tmRNA\t1\t90\t.\t+\t.\tID=t;Parent=g
chr1\ts\tCDS\t1\t30\t.\t+\t0\tID=c;Parent=t;transl_table=2
chr1\ts\tCDS\t61\t90\t.\t+\t0\tID=c;Parent=t
"""
GTF = """#!genome-build X
chr1\ts\ttranscript\t1\t90\t.\t-\t.\tgene_id "g"; transcript_id "t";
chr1\ts\tCDS\t1\t30\t.\t-\t2\tgene_id "g"; transcript_id "t"; tag "basic";
"""


def lines(text: str) -> list[bytes]:
    return text.encode().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (b"ID=a;Parent=b", AnnotationFormat.GFF3),
        (b'ID=a;Note=says "gene_id x";', AnnotationFormat.GFF3),
        (b'gene_id "a"; transcript_id "b";', AnnotationFormat.GTF),
        (b'gene_id "a"; note "x=y";', AnnotationFormat.GTF),
        (b"gene_id a; transcript_id b", AnnotationFormat.GTF),
        (b"something", None),
        (b"", None),
    ],
)
def test_format_of_goes_by_the_attributes(
    attributes: bytes, expected: AnnotationFormat | None
) -> None:
    assert format_of(attributes) is expected


def test_read_annotation_gff3_gives_contigs_coding_sequences_and_codes() -> None:
    found = read_annotation(lines(GFF3))

    assert found.format is AnnotationFormat.GFF3
    named = found.contigs["chr1"]
    assert (named.length, named.end, named.line, named.features) == (1000, 90, 3, 4)
    (coding,) = found.coding.values()
    assert (coding.transcript, coding.contig, coding.is_reverse) == ("t", "chr1", False)
    assert list(coding.pieces) == [1, 30, 0, 61, 90, 0]
    assert found.transl_tables == {"chr1": frozenset({2})}
    assert (found.transcripts, found.problems) == (1, [])


def test_read_annotation_gtf_is_read_as_gtf() -> None:
    found = read_annotation(lines(GTF))

    assert found.format is AnnotationFormat.GTF
    (coding,) = found.coding.values()
    assert (coding.transcript, coding.is_reverse, list(coding.pieces)) == ("t", True, [1, 30, 2])
    assert (found.transcripts, found.problems) == (1, [])


def test_read_annotation_coding_sequence_of_two_transcripts_belongs_to_both() -> None:
    text = "1\ts\tCDS\t1\t3\t.\t+\t0\tID=c;Parent=t1,t2\n"

    assert [key[1] for key in read_annotation(lines(text)).coding] == [b"t1", b"t2"]


def test_read_annotation_ends_where_sequences_follow() -> None:
    found = read_annotation(lines(GFF3 + "##FASTA\n>chr1\nACGT\n"))

    assert found.problems == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("chr1\t10\t20\n", "line 1 has 3 columns, not the 9 of GFF3 and GTF"),
        (">chr1\nACGT\n", "line 1 has 1 columns"),
        (
            "chr1\ts\tgene\t20\t10\t.\t+\t.\tID=g\n",
            "line 1: start and end must be whole numbers, the start first",
        ),
        ("chr1\ts\tgene\t0\t10\t.\t+\t.\tID=g\n", "line 1: start and end"),
        ("chr1\ts\tgene\ta\t10\t.\t+\t.\tID=g\n", "line 1: start and end"),
        ("chr1\ts\tgene\t1\t10\t.\t+\t.\twhat\n", "the attributes of neither GFF3"),
        ("##sequence-region chr1\n", "line 1: ##sequence-region needs a name, a start and an end"),
    ],
)
def test_read_annotation_that_is_none_names_the_line(text: str, words: str) -> None:
    assert words in read_annotation(lines(text)).problems[0]


def test_without_contigs_leaves_out_their_features_and_regions() -> None:
    text = GFF3 + "chr2\ts\tgene\t1\t9\t.\t+\t.\tID=h\n##sequence-region chr2 1 9\n"

    assert list(without_contigs(lines(text), frozenset({b"chr2"}))) == lines(GFF3)


def test_is_left_out_by_name_or_beginning() -> None:
    assert is_left_out("KI270728.1", ["KI27*"])
    assert is_left_out("chr2", ["chr1", "chr2"])
    assert not is_left_out("chr21", ["chr2"])


CONTIGS = [Contig("chr1", 1000), Contig("chr2", 500), Contig("chrM", 16_569)]


def named(*names: str, length: int = 0) -> str:
    return "".join(
        f"##sequence-region {name} 1 {length}\n" * bool(length)
        + f"{name}\ts\tgene\t1\t90\t.\t+\t.\tID=g\n"
        for name in names
    )


def fit(text: str, *left_out: str) -> list[str]:
    return list(contig_fit_problems(read_annotation(lines(text)), CONTIGS, left_out))


def test_contig_fit_of_the_fasta_s_contigs_has_no_problem() -> None:
    assert fit(named("chr1", "chr2")) == []


def test_contig_fit_names_what_the_fasta_lacks_and_what_it_is_there() -> None:
    (problem,) = fit(named("chr1", "NC_000002.12"))

    assert "1 contig(s) of the annotation are not in the FASTA: NC_000002.12" in problem
    assert "NC_000002.12 is chr2 there" in problem
    assert "sed" in problem


def test_contig_fit_of_what_is_left_out_on_purpose_has_no_problem() -> None:
    assert fit(named("chr1", "KI270728.1"), "KI27*") == []
    assert "annotationLeftOut" in fit(named("chr1", "KI270728.1"))[0]


def test_contig_fit_leaving_out_all_leaves_nothing() -> None:
    (problem,) = fit(named("1", "2"), "*")

    assert "none of its contigs is in the FASTA" in problem


def test_contig_fit_of_a_feature_behind_the_contig_s_end_is_another_assembly() -> None:
    (problem,) = fit("chr2\ts\tgene\t400\t501\t.\t+\t.\tID=g\n")

    assert problem == (
        "line 1 has chr2 up to base 501, and the FASTA's chr2 has 500: the annotation belongs to "
        "another assembly, or has a feature across the origin of a circular sequence: GFF3 then "
        "needs the attribute Is_circular=true in the line of chr2's region, from base 1 to 500"
    )


def around(length: int, end: int) -> str:
    """A circular chr2, and a gene over its origin."""
    return (
        f"chr2\ts\tregion\t1\t{length}\t.\t+\t.\tID=chr2;Is_circular=true;gbkey=Src\n"
        f"chr2\ts\tgene\t400\t{end}\t.\t+\t.\tID=g\n"
    )


def test_contig_fit_of_a_feature_over_the_origin_of_a_circular_contig_has_no_problem() -> None:
    assert fit(around(500, 600)) == []


@pytest.mark.parametrize(("length", "end"), [(500, 1001), (501, 600), (501, 501)])
def test_contig_fit_of_another_circular_contig_is_another_assembly(length: int, end: int) -> None:
    (problem,) = fit(around(length, end))

    assert problem.endswith(": the annotation belongs to another assembly")


@pytest.mark.parametrize(
    ("unknown", "length", "expected"),
    [
        ("1", 0, "chr1"),
        ("NC_000001.10", 0, "chr1"),
        ("NC_000068.8", 0, "chr2"),  # the mouse's chromosome 2
        ("NC_060925.1", 0, "chr1"),  # T2T-CHM13's
        ("Chr2", 0, "chr2"),
        ("MT", 0, "chrM"),
        ("NC_012920.1", 0, "chrM"),
        ("CM000664.2", 500, "chr2"),  # by its length
        ("CM000664.2", 0, None),
        ("NC_000003.12", 0, None),
    ],
)
def test_same_contigs_are_known_by_name_or_length(
    unknown: str, length: int, expected: str | None
) -> None:
    assert same_contigs({unknown: length}, CONTIGS).get(unknown) == expected


def test_same_contigs_of_scaffolds_are_known_under_ucsc_s_names() -> None:
    there = [Contig("KI270706.1", 175_055), Contig("GL000195.1", 182_896)]
    unknown = {"chr1_KI270706v1_random": 0, "chrUn_GL000195v1": 0}

    assert same_contigs(unknown, there) == {
        "chr1_KI270706v1_random": "KI270706.1",
        "chrUn_GL000195v1": "GL000195.1",
    }


def test_same_contigs_of_two_that_could_be_meant_are_not_guessed() -> None:
    assert same_contigs({"CM1.1": 700}, [Contig("a", 700), Contig("b", 700)]) == {}


def test_contig_fit_of_names_that_are_one_to_snpeff_is_refused_if_one_has_genes() -> None:
    contigs = [Contig(name, 500) for name in ("chr1", "1", "chr01", "chr2", "Chromosome_2", "chr3")]

    def problems(*annotated: str) -> list[str]:
        return list(contig_fit_problems(read_annotation(lines(named(*annotated))), contigs, ()))

    assert problems("chr3") == []
    assert "for one: chr1 and 1 and chr01. It" in problems("1", "chr3")[0]
    assert "for one: chr1 and 1 and chr01; chr2 and Chromosome_2. It" in problems("1", "chr2")[0]


@pytest.mark.parametrize(
    ("name", "simple"),
    [  # as org.snpeff.interval.ChromosomeSimpleName of snpEff 5.1d gives them
        ("1", "1"),
        ("001", "1"),
        ("chr1", "1"),
        ("CHR01", "1"),
        ("chr:1", "1"),
        ("chromo-1", "1"),
        ("chromosome_1", "1"),
        ("chrchr1", "1"),
        ("0", "0"),
        ("chr0", "0"),
        ("chr00", "0"),
        ("chr0_1", "_1"),
        ("chr_", ""),
        ("chr", "chr"),
        ("Chromo", "Chromo"),
        ("chromosome", "chromosome"),
        ("chr-chromosome:01", "omosome:01"),
        ("chrX", "X"),
        ("x", "x"),
        ("Xchr", "Xchr"),
        ("scaffold_1", "scaffold_1"),
    ],
)
def test_snpeff_name_is_the_one_that_snpeff_shortens_a_name_to(name: str, simple: str) -> None:
    assert snpeff_name(name) == simple
