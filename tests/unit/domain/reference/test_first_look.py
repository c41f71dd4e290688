"""Checks of the first bytes; the files have a few lines."""

import gzip
import struct

import pytest

from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.fasta_index import parse_fai
from seqstack.domain.reference.first_look import (
    MOST_TEXT,
    Start,
    aligner_index_problems,
    fasta_problems,
    look_at_annotation,
    read_index,
)

FASTA = b">one first\nACGT\nAC\n>two\nACGTN\n"
FAI = b"one\t6\t11\t4\t5\ntwo\t5\t24\t5\t6\n"
INDEX = parse_fai(FAI.decode())
ANN = "11 2 11\n0 one first\n0 6 0\n0 two (null)\n6 5 1\n"


def mmi(*contigs: tuple[str, int]) -> bytes:
    head = b"MMI\x02" + struct.pack("<5I", 11, 21, 14, len(contigs), 0)
    return head + b"".join(
        bytes([len(name)]) + name.encode() + struct.pack("<I", length) for name, length in contigs
    )


def test_start_unpacks_every_member_as_far_as_it_is_seen() -> None:
    packed = gzip.compress(b"one\n") + gzip.compress(b"two\n" * 1000)

    assert Start.of(packed, len(packed)) == Start(b"one\n" + b"two\n" * 1000, True, True)
    cut = Start.of(packed[:-9], len(packed))
    assert cut.text.startswith(b"one\ntwo\n")
    assert not cut.is_whole
    assert Start.of(b"plain\nte", 99) == Start(b"plain\n", False, False)


def test_start_of_a_few_bytes_that_unpack_to_gigabytes_is_bounded() -> None:
    packed = gzip.compress(b"N" * (MOST_TEXT - 1) + b"\n" + b"N" * (MOST_TEXT * 3))
    assert len(packed) < 1 << 17

    seen = Start.of(packed, len(packed))

    assert (len(seen.text), seen.is_whole) == (MOST_TEXT, False)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("known", [8, 14, 17, 20, len(FASTA)])
def test_fasta_problems_of_a_sound_fasta_are_none_however_much_is_seen(
    packed: bool, known: int
) -> None:
    start = gzip.compress(FASTA[:known]) if packed else FASTA[:known]
    size = len(start) + (known < len(FASTA)) if packed else len(FASTA)

    assert list(fasta_problems(start, size, INDEX)) == []


@pytest.mark.parametrize(
    ("start", "size", "words"),
    [
        (b"@r\nACGT\n", 9999, "it is not a FASTA"),
        (b"", 0, "it has no contigs"),
        (b"\x1f\x8bnothing", 9999, "is not a valid gzip file"),
        (b">one,first\nACGT\nAC\n>two\nAC", 9999, "contig 'one,first': its name contains ','"),
        (b">one first\nAC*T\n", 9999, "contig 'one' contains '*' in line 2"),
        (b">uno first\nACGT\nAC\n", 9999, "the FASTA has uno at byte 11, the .fai one at 11"),
        (b">one\nACGT\nAC\n>two\nA", 9999, "the FASTA has one at byte 5, the .fai one at 11"),
        (b">one first\nACG\nTAC\n>two\nA", 9999, "the lines of one differ in length"),
        (b">one first\nACGT\nACG\n>two\n", 9999, "the .fai has one of 6 bases where"),
        (FASTA[:20], 5000, "in it the last base ends at byte 29, and the FASTA has 5,000"),
        (FASTA[:20], 28, "in it the last base ends at byte 29, and the FASTA has 28"),
        (FASTA + b">three\nA\n", len(FASTA) + 9, "the .fai has 2 contigs, the FASTA 3"),
    ],
)
def test_fasta_problems_report_what_is_wrong(start: bytes, size: int, words: str) -> None:
    found = list(fasta_problems(start, size, INDEX))

    assert any(words in each for each in found), found


def test_read_index_reports_contigs_that_can_t_be_used() -> None:
    contigs, problems = read_index(b"a\t600000000\t3\t60\t61\nb,c\t5\t700000000\t60\t61\n")

    assert [contig.name for contig in contigs] == ["a", "b,c"]
    assert len(problems) == 2
    assert "samtools faidx" in read_index(b"\xff\xfe")[1][0]
    assert "samtools faidx" in read_index(b"<html>")[1][0]


def ann(text: str) -> list[str]:
    return list(aligner_index_problems(".ann", text.encode(), INDEX, is_whole=True))


def test_bwa_index_of_the_fasta_has_no_problem() -> None:
    assert ann(ANN) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ANN.replace("6 5 1", "6 6 1"), "belongs to another FASTA than the .fai"),
        (ANN.replace("two", "zwei"), "the .ann has zwei of 5 bases where the .fai has two"),
        # samtools faidx leaves out what comes twice or has no bases
        (ANN.replace("11 2 11", "14 3 11") + "0 one again\n11 3 0\n", "'one' occurs 2 times"),
        (ANN.replace("11 2 11", "11 3 11") + "0 none (null)\n11 0 0\n", "'none' has no bases"),
        (ANN.rpartition("\n0 ")[0] + "\n", "it is truncated"),
        ("nothing", "it is not an .ann of bwa index, or truncated"),
    ],
)
def test_bwa_index_of_another_fasta_is_reported(text: str, words: str) -> None:
    assert any(words in each for each in ann(text)), ann(text)


def test_minimap2_index_is_compared_as_far_as_it_is_seen() -> None:
    whole = mmi(("one", 6), ("two", 5))

    def problems(start: bytes, *, is_whole: bool = False) -> list[str]:
        return list(aligner_index_problems(".mmi", start, INDEX, is_whole=is_whole))

    assert problems(whole, is_whole=True) == []
    assert problems(whole + b"\0" * 99) == []
    assert problems(whole[:-3]) == []
    assert "one of 7 bases" in problems(mmi(("one", 7), ("two", 5)))[0]
    assert "'one' occurs 2 times" in problems(mmi(("one", 6), ("one", 5)))[0]
    assert "not an index of minimap2" in problems(b"MMI\x01")[0]
    assert problems(mmi(("one", 6)), is_whole=True) != []


def test_look_at_annotation_whole_or_in_part() -> None:
    genes = b"##gff-version 3\nc\ts\tCDS\t1\t9\t.\t+\t0\tID=a;Parent=t\nc\ts\tCDS\t1\t9\t.\t+\t0\tI"

    assert look_at_annotation(genes, len(genes) + 1)[1] == []
    assert "line 3 has 9 columns" not in look_at_annotation(genes, len(genes))[1]
    packed = gzip.compress(genes)
    assert look_at_annotation(packed, len(packed) + 1)[1] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "has no features"),
        (b"##gff-version 3\n", "has no features"),
        (b"c\ts\tgene\t1\t9\t.\t+\t.\tID=g\n", "has no coding sequences"),
        (b"c\t1\t9\n", "line 1 has 3 columns"),
    ],
)
def test_look_at_annotation_that_says_nothing_is_reported(text: bytes, words: str) -> None:
    assert words in look_at_annotation(text, len(text))[1][0]


def test_aligner_index_without_a_contig_that_the_fasta_has_is_reported() -> None:
    contigs = [Contig("one", 6), Contig("two", 5), Contig("three", 1)]

    (problem,) = aligner_index_problems(".ann", ANN.encode(), contigs, is_whole=True)

    assert "the .ann has 2 contigs, the .fai 3" in problem
