"""FASTA files of a few bases, whose lengths, places and faults are counted by hand."""

import hashlib

import pytest

from seqstack.domain.reference.contigs import MOST_BASES, Contig, contig_problems
from seqstack.domain.reference.fasta import FastaContig, FastaFacts, scan_fasta
from seqstack.domain.reference.fasta_index import end_of_sequence, parse_fai, unlike_fasta
from seqstack.domain.reference.sequence import reduced, reverse_complement


def scan(text: str, size: int = 1 << 20, *, with_m5: bool = False) -> FastaFacts:
    data = text.encode()
    return scan_fasta((data[i : i + size] for i in range(0, len(data), size)), with_m5=with_m5)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_scan_fasta_in_pieces_of_any_size_finds_the_same(size: int) -> None:
    facts = scan(">one first\nACGT\nAC\n>two\nacgtn\n", size)

    assert facts.contigs == (
        FastaContig("one", 6, offset=11, line_bases=4, line_bytes=5),
        FastaContig("two", 5, offset=24, line_bases=5, line_bytes=6),
    )
    assert facts.problems == ()
    assert facts.size == 30


def test_scan_fasta_with_lines_that_end_as_on_windows_counts_bases_only() -> None:
    facts = scan(">one\r\nACGT\r\nAC\r\n")

    assert facts.contigs == (FastaContig("one", 6, offset=6, line_bases=4, line_bytes=6),)
    assert facts.problems == ()


def test_scan_fasta_counts_iupac_codes_and_takes_m5_as_sam_defines_it() -> None:
    facts = scan(">one\nACRt\nrYnn\n", with_m5=True)

    assert facts.contigs[0].codes == {"R": 2, "Y": 1}
    assert facts.codes == 3
    assert facts.contigs[0].m5 == hashlib.md5(b"ACRTRYNN", usedforsecurity=False).hexdigest()
    assert facts.problems == ()


@pytest.mark.parametrize(
    ("text", "is_masked"),
    [(b">acgt\nACGTNRY\r\n", False), (b">A\nACGT\nAcG\n", True), (b">A\nAC\n>B\nnn\n", True)],
)
def test_scan_fasta_finds_bases_in_lower_case(text: bytes, is_masked: bool) -> None:
    assert scan_fasta([text]).is_masked == is_masked


def test_scan_fasta_of_reads_says_that_alone() -> None:
    facts = scan("@read\nACGT\n+\n>II!\n" * 3)

    assert facts.problems == ("it is not a FASTA: it begins with '@read', not with '>'",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no contigs"),
        ("@read\nACGT\n+\nIIII\n", "it is not a FASTA: it begins with '@"),
        (">a,b\nAC\n", "contig 'a,b': its name contains ',', which SAM and VCF do not allow"),
        (">a<b>\nAC\n", "contig 'a<b>': its name contains '<'"),
        ('>a"b\nAC\n', "its name contains '\"'"),
        (">a(b)\nAC\n", "its name contains '('"),
        (">a\\b\nAC\n", "its name contains '\\\\'"),
        (">é\nAC\n", "its name contains 'é'"),
        (">=a\nAC\n", "SAM allows no name that begins with '='"),
        (">*a\nAC\n", "SAM allows no name that begins with '*'"),
        (">#a\nAC\n", "a line of VCF or BED that begins with '#' is a comment"),
        (f">{'a' * 255}\nAC\n", "its name has 255 characters, and at most 254 are allowed"),
        ("> a\nAC\n", "contig '': it has no name"),
        (">a 1\nAC\n>b\nA\n>a 2\nC\n", "contig 'a' occurs 2 times"),
        (">a\n>b\nA\n", "contig 'a' has no bases"),
        (">a\nA\n>b\n", "contig 'b' has no bases"),
        (">a\nA\n>b", "contig 'b' has no bases"),
        (">a\nAC\nA-\n", "contig 'a' contains '-' in line 3"),
        (">a\nAC\n>b\nAC\nAU\n", "contig 'b' contains 'U' in line 5"),
        (">a\nA CG\n", "contig 'a' contains ' ' in line 2"),
        (">a\nACGT\nAC\nACGT\n", "contig 'a' has lines of different lengths"),
        (">a\nAC\nACGT\nA\n", "contig 'a' has lines of different lengths"),
        (">a\n\nACGT\n", "contig 'a' has lines of different lengths"),
        (">a\nAC\n\n\nAC\n", "contig 'a' has lines of different lengths"),
    ],
)
@pytest.mark.parametrize("size", [2, 1000])
def test_scan_fasta_of_what_no_tool_takes_names_contig_or_line(
    text: str, words: str, size: int
) -> None:
    problems = scan(text, size).problems

    assert len(problems) == 1
    assert words in problems[0]


@pytest.mark.parametrize(
    "text",
    [
        ">HLA-A*01:01:01:01\nAC\n>chrUn_KI270302v1\nAC\n>gi|1|ref|NC_1.1|\nAC\n",
        ">a\nACGT\nAC\n\n\n>b\nAC",  # blank lines behind a sequence, no end of line at the end
        ">a\nACGT\nACGT",
    ],
)
def test_scan_fasta_of_what_tools_take_finds_nothing(text: str) -> None:
    assert scan(text).problems == ()


def test_contig_problems_of_the_longest_contig_that_an_index_takes() -> None:
    assert list(contig_problems([Contig("a", MOST_BASES)])) == []
    (problem,) = contig_problems([Contig("a", MOST_BASES + 1)])
    assert problem == (
        "contig 'a' has 536,870,912 bases, and the indexes of BAM and VCF (BAI, tabix) end at "
        "536,870,911: split it into shorter contigs"
    )


def test_contig_problems_of_thousands_of_bad_names_shows_five() -> None:
    assert len(list(contig_problems([Contig(f"a,{n}", 9) for n in range(3000)]))) == 5


def test_reduced_takes_the_first_base_of_each_code() -> None:
    # VCF 4.3, 1.6.1: "the one that is first alphabetically"
    assert reduced(b"ACGTNRYSWKMBDHVacgtnrykb") == b"ACGTNACCAGACAAAACGTNACGC"


def test_reverse_complement_knows_codes() -> None:
    assert reverse_complement(b"AACGTNRYKMBVDHSW") == b"WSDHBVKMRYNACGTT"


FASTA = ">one first\nACGT\nAC\n>two\nacgtn\n"
FAI = "one\t6\t11\t4\t5\ntwo\t5\t24\t5\t6\n"


def test_fai_of_the_fasta_is_found_alike() -> None:
    assert list(unlike_fasta(parse_fai(FAI), scan(FASTA))) == []


@pytest.mark.parametrize(
    ("fai", "words"),
    [
        ("one\t6\t11\t4\t5\n", "the .fai has 1 contigs, the FASTA 2"),
        ("one\t7\t11\t4\t5\ntwo\t5\t24\t5\t6\n", "the .fai has one of 7 bases where the FASTA"),
        ("two\t5\t24\t5\t6\none\t6\t11\t4\t5\n", "the .fai has two of 5 bases where the FASTA"),
        (
            "one\t6\t10\t4\t5\ntwo\t5\t24\t5\t6\n",
            "one: its lines are not at the offsets of the .fai",
        ),
        (
            "one\t6\t11\t5\t6\ntwo\t5\t24\t5\t6\n",
            "one: its lines are not at the offsets of the .fai",
        ),
    ],
)
def test_fai_of_another_fasta_is_reported(fai: str, words: str) -> None:
    assert words in next(unlike_fasta(parse_fai(fai), scan(FASTA)))


@pytest.mark.parametrize("text", ["one\t6\t11\t4\n", "one\t6\t11\t4\tx\n", "\n"])
def test_parse_fai_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        parse_fai(text)


def test_end_of_sequence_is_behind_the_last_base() -> None:
    one, two = parse_fai(FAI)
    assert (end_of_sequence(one), end_of_sequence(two)) == (18, 29)
    assert FASTA[17:19] == "C\n"
    assert FASTA[28] == "n"
