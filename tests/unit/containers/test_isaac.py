import hashlib

import pytest

from isaac.commands import Reads, bam_folder, build_align_command, fastq_name, write_sample_sheet
from isaac.reference import read_sorted_reference
from isaac.scan_fastq import FastqFacts, scan_fastq
from isaac.sizing import Sizing, size_buffers
from jobkit.errors import InvalidInputError, UsageError

XML = """<SortedReference><Contigs>
 <Contig Position="0"><Name>chr20</Name><Sequence><TotalBases>200000</TotalBases>
  <File>/build/host/genome.fa</File></Sequence></Contig>
 <Contig Position="1"><Name>chrM</Name><Sequence><TotalBases>16569</TotalBases>
  <File>/build/host/genome.fa</File></Sequence></Contig>
</Contigs></SortedReference>"""
SIZING = Sizing(4, 16_777_216, 500_000)


def command(
    *, lanes: int = 1, is_variable: bool = False, longest: int = 30, cmd_args: tuple[str, ...] = ()
) -> list[str]:
    return build_align_command(
        reference="reference/sorted-reference.xml",
        fastq_folder="lanes",
        sample_sheet="SampleSheet.csv",
        output="Aligned",
        temporary="Temp",
        reads=Reads(lanes, is_gzipped=True, is_variable=is_variable, longest_name=longest),
        sizing=SIZING,
        threads=2,
        cmd_args=cmd_args,
    )


def test_build_align_command_is_the_measured_one_with_safe_reads() -> None:
    assert command() == [
        *("isaac-align", "-r", "reference/sorted-reference.xml", "-b", "lanes", "-f", "fastq-gz"),
        *("-s", "SampleSheet.csv", "--use-bases-mask", "y*,y*", "--read-name-length", "100"),
        *("-m", "4", "-j", "2", "--hash-table-buckets", "16777216"),
        *("--clusters-at-a-time", "500000", "-o", "Aligned", "-t", "Temp"),
    ]


def test_build_align_command_for_nine_lanes_raises_the_lane_limit() -> None:
    made = command(lanes=9)
    assert made[made.index("--lane-number-max") + 1] == "9"
    assert "--lane-number-max" not in command(lanes=8)


def test_build_align_command_for_trimmed_reads_and_long_names() -> None:
    made = command(is_variable=True, longest=140)
    assert made[made.index("--variable-read-length") + 1] == "1"
    assert made[made.index("--read-name-length") + 1] == "140"


def test_build_align_command_takes_buffer_sizes_of_the_user_once() -> None:
    made = command(cmd_args=("--clusters-at-a-time=7",))
    assert made.count("--clusters-at-a-time") == 0
    assert "--clusters-at-a-time=7" in made
    assert "--hash-table-buckets" in made


def test_write_sample_sheet_has_a_row_for_every_lane() -> None:
    assert write_sample_sheet("S1", 2) == (
        "FCID,Lane,SampleID,SampleRef,Barcode,Description,Control,Recipe,Operator,Project\n"
        "FC,1,S1,default,,,N,,,seqstack\nFC,2,S1,default,,,N,,,seqstack\n"
    )
    assert bam_folder("Aligned", "S1") == "Aligned/Projects/seqstack/S1"


def test_fastq_name_is_the_only_one_isaac_finds() -> None:
    assert fastq_name(2, 1, is_gzipped=True) == "lane2_read1.fastq.gz"
    assert fastq_name(2, 2, is_gzipped=False) == "lane2_read2.fastq"


def test_read_sorted_reference_makes_its_paths_relative() -> None:
    reference = read_sorted_reference(XML)
    assert reference.fasta_names == ("genome.fa",)
    assert (reference.contigs, reference.bases) == (2, 216_569)
    assert "<File>genome.fa</File>" in reference.xml
    assert "/build/host" not in reference.xml


@pytest.mark.parametrize(
    "xml",
    [
        "<SortedReference><Contigs></Contigs></SortedReference>",
        XML.replace("16569", "0"),
        "not xml",
    ],
)
def test_read_sorted_reference_without_contigs_is_invalid(xml: str) -> None:
    with pytest.raises(InvalidInputError):
        read_sorted_reference(xml)


@pytest.mark.parametrize("bad", ["\x1b", "\u202e", "\u200b"])
def test_read_sorted_reference_that_names_a_fasta_with_what_is_no_text_is_invalid(bad: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"holds U\+{ord(bad):04X}") as refused:
        read_sorted_reference(XML.replace("genome.fa", f"genome{bad}.fa"))
    assert bad not in str(refused.value)


def record(name: str, length: int) -> bytes:
    return f"@{name}\n{'A' * length}\n+\n{'I' * length}\n".encode()


@pytest.mark.parametrize("size", [1, 5, 64, 10_000])
def test_scan_fastq_finds_the_same_however_the_text_is_cut(size: int) -> None:
    text = record("a", 100) + record("bcd x/y z", 80) + record("ef", 100)
    for body in (text, text[:-1]):
        chunks = [body[start : start + size] for start in range(0, len(body), size)]
        names = hashlib.blake2b(b"a\nbcd\nef\n", digest_size=16).hexdigest()
        assert scan_fastq(chunks, "x") == FastqFacts(3, 100, 80, 100, 3, names)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (record("a", 80) + record("b", 100), "the first read has 80 bases, later ones up to 100"),
        (record("a", 100)[:-20], "sequence and quality differ|ends inside"),
        (record("a", 100) + b"@b\nACGT\n", "ends inside a record"),
        (b"", "holds no reads"),
        (record("a", 5) + b"b\nACGTA\n+\nIIIII\n", "does not begin with @"),
        (record("a:b:c/1", 5), "takes 'c/1' for the flow cell"),
    ],
)
def test_scan_fastq_refuses_what_isaac_would_get_wrong(text: bytes, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        scan_fastq([text], "x")


def test_scan_fastq_names_of_mates_are_the_same_and_of_others_are_not() -> None:
    first = scan_fastq([record("SRR1.1/1", 5) + record("SRR1.2/1", 5)], "x")
    assert first.records == 2
    assert scan_fastq([record("SRR1.1/2", 5) + record("SRR1.2/2", 5)], "y").names == first.names
    assert scan_fastq([record("SRR1.2/2", 5) + record("SRR1.1/2", 5)], "y").names != first.names
    assert scan_fastq([record("SRR1.1", 5) + record("SRR1.2 x", 5)], "y").names == first.names


# (job GiB, threads, reference bases) -> what Isaac was measured to need for these settings, GiB of
# address space: 1.15 / 1.3 / 1.8 / 7.8 for 0.1 / 0.5 / 1 / 8 million clusters with 2^24 buckets
MEASURED_VM = {100_000: 1.15, 500_000: 1.3, 1_000_000: 1.8, 8_000_000: 7.8}


@pytest.mark.parametrize("memory_gib", [2, 3, 4, 8, 12, 64])
def test_size_buffers_of_a_small_reference_stay_below_what_was_measured(memory_gib: int) -> None:
    sizing = size_buffers(memory_gib, reference_bases=200_000, read_bases=200, threads=2)
    assert sizing.memory_gib == memory_gib
    assert sizing.buckets == 1 << 24
    least_above = min(size for size in MEASURED_VM if size >= sizing.clusters)
    assert MEASURED_VM[least_above] <= memory_gib or sizing.clusters < least_above
    per_million = (7.8 - 1.8) / 7
    assert 0.95 + per_million * sizing.clusters / 1e6 < memory_gib


def test_size_buffers_below_the_floor_ask_for_two() -> None:
    assert size_buffers(1, reference_bases=200_000, read_bases=200, threads=1).memory_gib == 2


def test_size_buffers_of_a_human_reference_use_isaacs_default_table() -> None:
    sizing = size_buffers(64, reference_bases=3_100_000_000, read_bases=200, threads=16)
    assert sizing.buckets == 1 << 32
    assert sizing.clusters == 8_000_000


def test_size_buffers_with_less_memory_shrink_the_table_first() -> None:
    sizing = size_buffers(24, reference_bases=3_100_000_000, read_bases=200, threads=4)
    assert sizing.buckets < 1 << 32
    assert sizing.clusters >= 100_000


def test_size_buffers_that_cannot_fit_say_what_would() -> None:
    with pytest.raises(UsageError, match="needs about 16 GiB"):
        # 0.9 + 0.1 + 11.55 (positions) + 0.0625 (table) + 0.09 = 12.7; times 1.2 = 15.2, whole: 16
        size_buffers(8, reference_bases=3_100_000_000, read_bases=200, threads=1)
