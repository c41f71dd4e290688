import pytest

from jobkit.pair_names import NameTrimmer, PairNames
from seqstack.domain.reads.names import SAME, PairStyle, style_of


def fastq(*headers: str) -> bytes:
    return "".join(f"{header}\nACGT\n+\n@III\n" for header in headers).encode()


def difference(first: bytes, second: bytes, size: int = 7, style: PairStyle = SAME) -> str:
    """The reported difference of two files that are read in chunks of `size` bytes by turns."""
    names = PairNames(style)
    for side, text in enumerate((first, second)):
        for start in range(0, len(text), size):
            if told := names.feed(side, text[start : start + size]):
                return told
    return ""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("@a", "@a"),
        ("@A1:2:FC:1:1:5:6 1:N:0:ACGT", "@A1:2:FC:1:1:5:6 2:N:0:ACGT"),
        ("@HWI:6:73:941:1973#0/1", "@HWI:6:73:941:1973#0/2"),
        ("@SRR1.1 1 length=101", "@SRR1.1 1 length=99"),
        ("@a/1 comment", "@a/2 comment"),
        ("@a\tBC:Z:AC", "@a\tBC:Z:GT"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_names_of_one_fragment_pair_whatever_their_style(
    first: str, second: str, size: int
) -> None:
    assert difference(fastq(first, "@z"), fastq(second, "@z"), size) == ""


@pytest.mark.parametrize(("first", "second"), [("@a", "@b"), ("@a/1", "@b/2"), ("@a1", "@a2")])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_names_of_two_fragments_are_reported_with_their_record(
    first: str, second: str, size: int
) -> None:
    told = difference(fastq("@x", "@y", first), fastq("@x", "@y", second), size)

    assert told == f"record 3 is '{first}' and '{second}'"


def test_quality_that_begins_as_a_header_does_is_no_name() -> None:
    text = b"@a\nACGT\n+\n@III\n@b\nACGT\n+\n@JJJ\n"

    assert difference(text, text.replace(b"@III", b"@KKK")) == ""


def test_difference_is_reported_before_its_piece_is_passed_on() -> None:
    names = PairNames()

    assert names.feed(0, fastq("@a", "@b")) == ""
    assert names.feed(1, fastq("@a")) == ""
    assert names.feed(1, fastq("@c")) != ""


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_names_with_a_mark_pair_as_long_as_all_have_it(size: int) -> None:
    first, second = fastq("@SRR1.1.1 1", "@SRR1.2.1 2"), fastq("@SRR1.1.2 1", "@SRR1.2.2 2")
    style = style_of(b"SRR1.1.1", b"SRR1.1.2")
    assert style is not None

    assert difference(first, second, size, style) == ""
    # a file that lacks the first read looks like a pair in its first record only
    neighbours = fastq("@SRR1.1 1", "@SRR1.2 2"), fastq("@SRR1.2 2", "@SRR1.3 3")
    assert difference(*neighbours, size, PairStyle(b".1", b".2")).startswith("record 2 is")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_trimmer_takes_the_mark_off_names_and_nothing_else(size: int) -> None:
    text = b"@r.1.1 c.1\nACGT.1\n+x.1\n@r.1.1\n@r.2.1\nAC\n+\nII"
    trimmer = NameTrimmer(b".1")

    pieces = [trimmer.feed(text[at : at + size]) for at in range(0, len(text), size)]

    assert b"".join(pieces) + trimmer.end() == (b"@r.1 c.1\nACGT.1\n+x.1\n@r.1.1\n@r.2\nAC\n+\nII")


def test_trimmer_takes_comments_off_on_request() -> None:
    trimmer = NameTrimmer(b"", keeps_comments=False)

    assert trimmer.feed(b"@a 1 length=9\nA b\n") == b"@a\nA b\n"


def test_name_that_bam_cant_hold_is_reported() -> None:
    names = PairNames()

    names.feed(0, fastq("@" + "n" * 254))
    names.feed(0, fastq("@n\tBC:Z:" + "A" * 255))
    assert names.too_long == ""
    names.feed(0, fastq("@" + "n" * 255))
    assert names.too_long.startswith("'@nnn")
