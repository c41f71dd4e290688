import pytest

from seqstack.domain.reference.alt import read_alt

CONTIGS = {"chr1", "chr1_alt", "HLA-A*01:01"}


def test_alt_names_the_first_word_of_each_line_that_is_no_header() -> None:
    lines = [b"@SQ\tSN:chr1\n", b"chr1_alt\t0\tchr1\t1\t60\t9M\n", b"HLA-A*01:01\n", b"\n"]

    alt = read_alt(lines, CONTIGS)

    assert (alt.names, alt.problems) == ({"chr1_alt", "HLA-A*01:01"}, [])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([b"@HD\n", b"chr2_alt\n"], "line 2: the FASTA has no contig 'chr2_alt'"),
        ([b"@HD\n"], "it names no contig"),
        ([b"chr1\n", b"chr1_alt\n", b"HLA-A*01:01\n"], "it names every contig"),
    ],
)
def test_alt_that_does_not_fit_is_refused(lines: list[bytes], said: str) -> None:
    (problem, *_) = read_alt(lines, CONTIGS).problems
    assert problem.startswith(said)
