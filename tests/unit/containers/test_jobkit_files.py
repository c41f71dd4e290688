"""FASTQ reading, output checks, BAM and FASTA headers, VCF columns, scratch."""

import gzip
import os
from pathlib import Path

import pytest

from jobkit.checks import md5_of, require_bgzf, require_output
from jobkit.contigs import parse_bam_header, read_fai, require_same_contigs
from jobkit.errors import InvalidInputError, InvalidOutputError
from jobkit.fastq import RecordCounter, first_header, read_chunks, without_blank_end
from jobkit.scratch import scratch_folder
from jobkit.vcf import vcf_samples

RECORD = b"@a b\nACGT\n+\nIIII\n"
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def test_read_chunks_reads_concatenated_gzip_and_plain_text(tmp_path: Path) -> None:
    packed, plain = tmp_path / "a", tmp_path / "b"
    packed.write_bytes(gzip.compress(RECORD) + gzip.compress(RECORD))
    plain.write_bytes(RECORD * 2)
    assert b"".join(read_chunks(packed)) == b"".join(read_chunks(plain)) == RECORD * 2


@pytest.mark.parametrize("damage", ["cut", "flip", "tail"])
def test_read_chunks_of_a_damaged_gzip_is_invalid_input(tmp_path: Path, damage: str) -> None:
    body = bytearray(gzip.compress(os.urandom(5000)))
    if damage == "cut":
        del body[-1:]
    elif damage == "flip":
        body[-6] ^= 1  # the checksum
    else:
        body += b"garbage"
    path = tmp_path / "x.fastq.gz"
    path.write_bytes(bytes(body))
    with pytest.raises(InvalidInputError, match=r"x\.fastq\.gz is not a complete gzip file"):
        list(read_chunks(path))


def test_first_header_is_without_its_sign(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(RECORD)
    assert first_header(path) == "a b"
    path.write_bytes(b">fasta\nACGT\n")
    with pytest.raises(InvalidInputError, match="not FASTQ"):
        first_header(path)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_record_counter_counts_the_same_however_the_text_is_cut(size: int) -> None:
    text = RECORD * 5
    for end in (len(text), len(text) - 1):  # the last line may lack its newline
        counter = RecordCounter()
        for start in range(0, end, size):
            counter.feed(text[start : min(start + size, end)])
        assert counter.records("x") == 5


def test_record_counter_refuses_half_a_record() -> None:
    counter = RecordCounter()
    counter.feed(RECORD + b"@a\nAC")
    with pytest.raises(InvalidInputError, match="6 lines are not a multiple of 4"):
        counter.records("x")


def test_require_bgzf_wants_the_end_block(tmp_path: Path) -> None:
    path = tmp_path / "x.bam"
    path.write_bytes(gzip.compress(b"x") + BGZF_END)
    require_bgzf(path)
    for body in (gzip.compress(b"x"), b"plain" + BGZF_END, BGZF_END[:-1], b""):
        path.write_bytes(body)
        with pytest.raises(InvalidOutputError):
            require_bgzf(path)


def test_require_output_wants_a_file_with_content(tmp_path: Path) -> None:
    with pytest.raises(InvalidOutputError, match="did not write absent"):
        require_output(tmp_path / "absent")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    with pytest.raises(InvalidOutputError, match="did not write link"):
        require_output(link)
    (tmp_path / "target").write_text("x")
    require_output(link)


def test_md5_of_a_file_is_that_of_rfc_1321(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("abc")
    assert md5_of(path) == "900150983cd24fb0d6963f7d28e17f72"


def test_parse_bam_header_reads_contigs_samples_and_order() -> None:
    groups = "@RG\tID:1\tSM:S1\n@RG\tID:2\tSM:S1\n"
    text = f"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:HLA-A*01:01\tLN:5\n{groups}"
    header = parse_bam_header(text)
    assert dict(header.contigs) == {"HLA-A*01:01": 5}
    assert header.samples == {"S1"}
    assert header.is_sorted
    assert not parse_bam_header("@HD\tVN:1.6\tSO:queryname\n").is_sorted


def test_require_same_contigs_names_what_differs() -> None:
    require_same_contigs({"a": 1}, {"a": 1, "b": 2}, both_ways=False)
    cases = [
        ({"a": 1}, {"a": 1, "b": 2}, True, "b is in the reference, not in the BAM"),
        ({"a": 1, "b": 2}, {"a": 1}, False, "b is in the BAM, not in the reference"),
        ({"a": 1}, {"a": 3}, False, "a has 1 bases in the BAM, 3 in the reference"),
    ]
    for bam, reference, both_ways, problem in cases:
        with pytest.raises(InvalidInputError) as caught:
            require_same_contigs(bam, reference, both_ways=both_ways)
        assert caught.value.evidence == (problem,)


def test_read_fai_refuses_what_is_no_index(tmp_path: Path) -> None:
    path = tmp_path / "x.fai"
    path.write_text("chr1\t100\t6\t60\t61\n")
    assert read_fai(path) == {"chr1": 100}
    for text in ("", "chr1\n", "chr1\tlong\n"):
        path.write_text(text)
        with pytest.raises(InvalidInputError):
            read_fai(path)


def test_vcf_samples_are_the_columns_after_format(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf.gz"
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
    path.write_bytes(gzip.compress(f"##fileformat=VCFv4.2\n{columns}\tS1\tS2\n".encode()))
    assert vcf_samples(path) == ["S1", "S2"]
    path.write_bytes(gzip.compress(b"chr1\t1\n"))
    with pytest.raises(InvalidOutputError):
        vcf_samples(path)


def test_scratch_folder_is_named_by_the_job_and_removed_after_an_error(tmp_path: Path) -> None:
    environment = {"AWS_BATCH_JOB_ID": "ab:0", "AWS_BATCH_JOB_ATTEMPT": "3"}

    def fail_inside() -> None:
        with scratch_folder(tmp_path / "new", environment) as folder:
            assert folder.name.startswith("ab_0-3-")
            (folder / "deep").mkdir()
            (folder / "deep" / "file").write_text("x")
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail_inside()
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b"@a\nAC\n+\nII\n", b"@a\nAC\n+\nII\n"),
        (b"@a\nAC\n+\nII\n\n\n", b"@a\nAC\n+\nII\n"),
        (b"@a\nAC\n+\nII", b"@a\nAC\n+\nII"),
        # reads without bases, whose quality is a blank line, also with blank lines behind
        (b"@a\n\n+\n\n", b"@a\n\n+\n\n"),
        (b"@a\n\n+\n\n\n\n", b"@a\n\n+\n\n"),
        (b"@a\n\n+\n\n@b\nA\n+\nI\n\n", b"@a\n\n+\n\n@b\nA\n+\nI\n"),
        (b"\n\n", b"\n"),
        (b"", b""),
    ],
)
def test_without_blank_end_keeps_every_record(text: bytes, kept: bytes, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]

    assert b"".join(without_blank_end(pieces, "x.fq")) == kept


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"CRAM\x03\x00", "a CRAM file"), (gzip.compress(b"BAM\x01"), "a BAM file")],
    ids=["CRAM", "BAM"],
)
def test_first_header_of_another_format_says_what_it_is(
    tmp_path: Path, body: bytes, kind: str
) -> None:
    path = tmp_path / "x.fastq.gz"
    path.write_bytes(body)

    with pytest.raises(InvalidInputError, match=f"x.fastq.gz is not FASTQ: it is {kind}"):
        first_header(path)
