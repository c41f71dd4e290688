"""Sheets of samples: what is read, and every problem by its line."""

import json

import pytest

from seqstack.domain.sample import Sex
from seqstack.domain.sample_sheet import SheetError, SheetRow, SheetSample, read_sheet

HEADER = "patient,sex,status,sample,lane,fastq_1,fastq_2"


def read(*lines: str, header: str = HEADER) -> tuple[SheetSample, ...]:
    return read_sheet("\n".join((header, *lines)).encode())


def problems(*lines: str, header: str = HEADER) -> list[str]:
    with pytest.raises(SheetError) as refused:
        read(*lines, header=header)
    return str(refused.value).splitlines()


def test_rows_of_one_sample_are_its_lanes() -> None:
    samples = read(
        "P1,XX,0,S1,L1,a_1.fq.gz,a_2.fq.gz",
        "P2,XY,0,S2,L1,c_1.fq.gz,c_2.fq.gz",
        "P1,XX,0,S1,L2,b_1.fq.gz,b_2.fq.gz",
    )

    assert [sample.sample_id for sample in samples] == ["S1", "S2"]
    assert samples[0] == SheetSample(
        "S1",
        "P1",
        Sex.FEMALE,
        (
            SheetRow(2, "L1", "a_1.fq.gz", "a_2.fq.gz"),
            SheetRow(4, "L2", "b_1.fq.gz", "b_2.fq.gz"),
        ),
        {},
    )
    assert samples[1].sex is Sex.MALE


@pytest.mark.parametrize(
    ("written", "sex"),
    [("XX", Sex.FEMALE), ("2", Sex.FEMALE), ("xy", Sex.MALE), ("1", Sex.MALE), ("0", None)],
)
def test_sex_is_written_as_sarek_or_as_a_ped_file_has_it(written: str, sex: Sex | None) -> None:
    assert read(f"P,{written},0,S,1,a,b")[0].sex is sex


def test_bam_and_cram_take_the_place_of_fastq() -> None:
    one, other = read("S1,a.bam,,x", "S2,,b.cram,", header="sample,bam,cram,bai")

    assert (one.rows[0].files, other.rows[0].files) == (("a.bam",), ("b.cram",))
    assert (one.patient, one.sex, one.tags) == ("S1", None, {})


def test_further_columns_are_tags() -> None:
    (sample,) = read("S1,a,b,2024-03,", header="sample,fastq_1,fastq_2,batch date,empty")

    assert sample.tags == {"batch date": "2024-03"}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfsample,fastq_1,fastq_2\r\n S1 , a ,b\r\n\r\n,,\r\n",
        b'sample,fastq_1,fastq_2\n"S1","a","b"\n',
        b'{"sample": "S1", "fastq_1": "a", "fastq_2": "b", "lane": null}\n\n',
    ],
)
def test_sheets_as_programs_write_them_are_read(content: bytes) -> None:
    (sample,) = read_sheet(content)

    assert (sample.sample_id, sample.rows[0].files) == ("S1", ("a", "b"))


def test_json_lines_have_numbers_and_tags() -> None:
    (sample,) = read_sheet(json.dumps({"sample": "S1", "lane": 1, "bam": "a", "run": 7}).encode())

    assert (sample.rows[0].lane, sample.tags) == ("1", {"run": "7"})


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("P,XX,0,,1,a,b", "sample is empty"),
        ("P,XX,0,a b,1,a,b", "sample 'a b' is not allowed"),
        ("P,XX,0,a/b,1,a,b", "sample 'a/b' is not allowed"),
        ("P,XX,0,S,1,a\u202eb,b", "fastq_1 holds U+202E"),
        ("P,X,0,S,1,a,b", "sex 'X' is none of XX, XY and NA (nor 2, 1 and 0)"),
        ("P,XX,1,S,1,a,b", "status 1 is a tumour"),
        ("P,XX,2,S,1,a,b", "status '2' is neither"),
        ("P,XX,0,S,1,a,", "the row has fastq_1: give fastq_1 and fastq_2"),
        ("P,XX,0,S,1,,", "the row has no reads"),
        ("P,XX,0,S,1,a,a", "fastq_1 and fastq_2 are the same file: a"),
        ("P,XX,0,S,1,a", "has 6 cells, and the first line has 7"),
    ],
)
def test_row_that_can_not_be_used_is_refused_by_its_line(row: str, said: str) -> None:
    (told,) = problems("P,XX,0,other,1,x,y", "", row)

    assert told.startswith(f"line 4: {said}")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("P,XX,0,S,1,c,d", "lane '1' of sample 'S' is in line 2 already"),
        ("P,XX,0,T,1,a,d", "a is in line 2 already"),
        ("P,XX,0,T,1,./a,d", "./a is in line 2 already"),
        ("P,XX,0,S,2,lane/../a,d", "lane/../a is in line 2 already"),
        ("Q,XX,0,S,2,c,d", "patient is 'Q', and in line 2, of the same sample 'S', it is 'P'"),
        ("P,XY,0,S,2,c,d", "sex is 'XY', and in line 2"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(second: str, said: str) -> None:
    (told,) = problems("P,XX,0,S,1,a,b", second)

    assert told.startswith(f"line 3: {said}")


def test_one_sample_has_files_of_one_kind() -> None:
    (told,) = problems("S,a,b,", "S,,,c", header="sample,fastq_1,fastq_2,bam")

    assert told == "line 3: sample 'S' has FASTQ files and BAM or CRAM files; give one kind"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("sample;fastq_1;fastq_2", "the columns are not separated by commas"),
        ("sample\tfastq_1\tfastq_2", "the columns are not separated by commas"),
        ("Sample,fastq_1,fastq_2", "there is no column 'sample'; is it 'Sample'?"),
        ("sample,fastq1,fastq_2", "the column 'fastq1' would be a tag; is it 'fastq_1'?"),
        ("sample,bam,gender", "the column 'gender' would be a tag; is it 'sex'?"),
        ("sample,bam,Father", "the column 'Father' would be a tag; is it 'father'?"),
        ("sample,bam,family_id", "the column 'family_id' would be a tag; is it 'family'?"),
        ("sample,lane", "there is no column of files"),
        ("sample,bam,bam", "there are 2 columns 'bam'"),
    ],
)
def test_header_that_can_not_be_used_is_refused(header: str, said: str) -> None:
    assert any(told.startswith(f"line 1: {said}") for told in problems(header=header))


def test_relatives_are_tags_by_their_own_names() -> None:
    (sample,) = read("S1,a,F,P1,P2", header="sample,bam,family,father,mother")

    assert sample.tags == {"family": "F", "father": "P1", "mother": "P2"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Sample,bam\nS1,a\nS2,b\n", "there is no column 'sample'; is it 'Sample'?"),
        (b"sep=,\nsample,bam\nS1,a\n", "there is no column 'sample'"),
        (b"\xef\xbb\xbf\xef\xbb\xbfsample,bam\nS1,a\n", "there is no column 'sample'"),
        ("s\u0430mple,bam\nS1,a\n".encode(), "there is no column 'sample'"),
        (b"sample\tbam\nS1\ta\n", "the columns are not separated by commas"),
    ],
    ids=["case", "Excel's separator", "two BOMs", "Cyrillic", "tabs"],
)
def test_rows_below_a_header_without_samples_are_not_judged(content: bytes, said: str) -> None:
    with pytest.raises(SheetError) as refused:
        read_sheet(content)

    first, *others = str(refused.value).splitlines()
    assert first.startswith(f"line 1: {said}") or f"line 1: {said}" in others
    assert all(told.startswith("line 1:") for told in others)


def test_every_problem_is_told_at_once() -> None:
    told = problems("P,XX,0,S,1,a,b", "P,Z,0,S,1,a,", "P,XX,7,T,1,c,d")

    assert [line.partition(":")[0] for line in told] == ["line 3"] * 5 + ["line 4"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the sheet has no sample"),
        (b"sample,fastq_1,fastq_2\n", "the sheet has no sample"),
        (b"\xff\xfe", "the sheet is not text in UTF-8"),
        (b'sample,bam\n"S1,a\n', "line 2: is not CSV"),
        (b'{"sample": "S1", "bam": "a"}\n{"sample"', "line 2: is not JSON"),
        (b'{"sample": "S1", "bam": ["a"]}\n', "line 1: 'bam': give text"),
        (b'{"sample": "S1", "bam": "a"}\n[]', "line 2: is not a JSON object"),
        (b'{"bam": "a"}\n', "line 1: sample is empty"),
        (b'{"sample": "S1", "bam": "a", "bam": "b"}', "line 1: is not JSON: an object has the key"),
        (b'{"sample": true, "bam": "a"}', "line 1: 'sample': give text"),
        (b'{"sample": "S1", "bam": "a", "Sex": "XX"}', "line 1: 'Sex' would be a tag; is it 'sex'"),
        (b'{"sample": "S1", "bam": "a", "lane": %s}' % (b"1" * 5_000), "line 1: is not JSON"),
    ],
)
def test_what_is_no_sheet_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(SheetError) as refused:
        read_sheet(content)

    assert str(refused.value).startswith(said)
