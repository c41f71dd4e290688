import hashlib
from pathlib import Path

import pytest

from isaac.commands import Reads, bam_folder, build_align_command, fastq_name, write_sample_sheet
from isaac.lanes import Lane, Mate, differ_in_length, require_lengths, require_pairs
from isaac.reference import read_sorted_reference, require_fasta
from isaac.scan_fastq import FastqFacts, scan_fastq
from isaac.sizing import Sizing, size_buffers
from jobkit.errors import InvalidInputError, UsageError
from seqstack.domain.s3uri import S3Uri

FASTA = b">chr20 of an assembly\nACGTN\nacg\n>chrM\nGATTACA\n"
XML = """<SortedReference><Contigs>
 <Contig Position="0"><Name>chr20</Name><Sequence><File>/build/host/genome.fa</File>
  <Offset>22</Offset><Size>10</Size></Sequence><TotalBases>8</TotalBases>
  <BamMetadata><Sq><As></As><Ur></Ur><M5>cb4ebac4ada8e6d179a241d37a2d28c9</M5></Sq></BamMetadata>
  </Contig>
 <Contig Position="8"><Name>chrM</Name><Sequence><File>/build/host/genome.fa</File>
  <Offset>38</Offset><Size>8</Size></Sequence><TotalBases>7</TotalBases>
  <BamMetadata><Sq><As/><Ur/><M5>61966c86d7c3bb28fff946c52eefff0b</M5></Sq></BamMetadata>
  </Contig>
</Contigs></SortedReference>"""
FOLDER = S3Uri.parse("s3://refs/GRCh38/isaac/")
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


def test_read_sorted_reference_makes_its_paths_relative_and_names_the_uri() -> None:
    reference = read_sorted_reference(XML.encode(), FOLDER)
    assert reference.fasta_names == ("genome.fa",)
    assert (reference.contigs, reference.bases) == ({"chr20": 8, "chrM": 7}, 15)
    assert reference.xml.count("<File>genome.fa</File>") == 2
    assert reference.xml.count("<Ur>s3://refs/GRCh38/isaac/genome.fa</Ur>") == 2
    assert "/build/host" not in reference.xml


@pytest.mark.parametrize(
    "xml",
    [
        "<SortedReference><Contigs></Contigs></SortedReference>",
        XML.replace("<TotalBases>7", "<TotalBases>0"),
        XML.replace("<Offset>38", "<Offset>-1"),
        XML.replace("<Name>chrM</Name>", ""),
        "not xml",
    ],
)
def test_read_sorted_reference_without_contigs_is_invalid(xml: str) -> None:
    with pytest.raises(InvalidInputError):
        read_sorted_reference(xml.encode(), FOLDER)


def test_read_sorted_reference_of_a_gzipped_fasta_is_invalid_and_says_so() -> None:
    with pytest.raises(InvalidInputError, match="its FASTA was gzipped"):
        read_sorted_reference(XML.encode().replace(b"chrM", b"\xff\x8b\x01"), FOLDER)


@pytest.mark.parametrize("bad", ["\x1b", "\u202e", "\u200b"])
@pytest.mark.parametrize("good", ["genome.fa", "chrM"])
def test_read_sorted_reference_with_a_name_that_is_no_text_is_invalid(good: str, bad: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"holds U\+{ord(bad):04X}") as refused:
        read_sorted_reference(XML.replace(good, good + bad).encode(), FOLDER)
    assert bad not in str(refused.value)


@pytest.mark.parametrize(
    ("fasta", "problem"),
    [
        (FASTA, None),
        (FASTA.replace(b"GATTACA", b"gattaca"), None),  # a masked base is the same base
        (FASTA.replace(b"GATTACA", b"GATTACC"), "chrM has other bases"),
        (FASTA.replace(b"chrM", b"chrN"), "chrM does not begin at byte 38"),
        (FASTA.replace(b" of an assembly", b""), "chr20 does not begin at byte 22"),
        (FASTA.replace(b" of an", b" of another"), "chr20 does not begin at byte 22"),
        (FASTA[:-1], None),  # no line feed at the end
        (FASTA[:-3], "chrM has 5 bases in the FASTA and 7 in the XML"),
        (FASTA + b"C\n", "chrM has 8 bases in the FASTA and 7 in the XML"),
        (FASTA.replace(b"acg\n", b"acga\n"), "chr20 has 9 bases in the FASTA and 8 in the XML"),
        (b"", "chr20 does not begin"),
    ],
)
def test_require_fasta_refuses_another_than_the_xmls(
    tmp_path: Path, fasta: bytes, problem: str | None
) -> None:
    (tmp_path / "genome.fa").write_bytes(fasta)
    reference = read_sorted_reference(XML.encode(), FOLDER)
    if problem is None:
        require_fasta(reference, tmp_path)
        return
    with pytest.raises(InvalidInputError, match=problem):
        require_fasta(reference, tmp_path)


def record(name: str, length: int) -> bytes:
    return f"@{name}\n{'A' * length}\n+\n{'I' * length}\n".encode()


@pytest.mark.parametrize("size", [1, 5, 64, 10_000])
def test_scan_fastq_finds_the_same_however_the_text_is_cut(size: int) -> None:
    text = record("a", 100) + record("bcd x/y z", 80) + record("ef", 100)
    for body in (text, text[:-1]):
        chunks = [body[start : start + size] for start in range(0, len(body), size)]
        names = hashlib.blake2b(b"a\nbcd\nef\n", digest_size=16).hexdigest()
        assert scan_fastq(chunks, "x") == FastqFacts(3, 80, 100, 3, names)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (record("a", 80) + record("b", 100), "the first read has 80 bases, later ones up to 100"),
        (record("a", 100)[:-20], "sequence and quality differ|ends inside"),
        (record("a", 100) + b"@b\nACGT\n", "ends inside a record"),
        (b"", "has no reads"),
        (record("a", 5) + b"b\nACGTA\n+\nIIIII\n", "does not begin with @"),
        (record("a", 602), "reads have up to 602 bases, and isaac-align accepts at most 601"),
        (record("a", 4) + b"@b\nACRT\n+\nIIII\n", "record 2 holds 'R' among its bases"),
        (record("a", 4) + b"@b\nAC.T\n+\nIIII\n", r"record 2 holds '\.' among its bases"),
        (b"@b\nACGT\r\n+\nIIII\r\n", r"record 1 holds '\\r' among its bases"),
        (record("a", 4) + b"@b\nACGT\n+\nIIaI\n", "record 2 has the quality 64"),
        (b"@b\nACGT\n+\nII I\n", "record 1 has the quality -1"),
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


def test_scan_fastq_takes_what_isaac_takes() -> None:
    assert scan_fastq([b"@b\nACGTNacgtn\n+\n!`IIIIIIII\n"], "x").records == 1
    assert scan_fastq([record("a", 601)], "x").longest == 601


def mate(name: str, *, longest: int = 100, shortest: int | None = None, records: int = 9,
         names: str = "n") -> Mate:  # fmt: skip
    shortest = longest if shortest is None else shortest
    return Mate(name, FastqFacts(records, shortest, longest, 10, names))


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (mate("b", records=8), "a has 9 reads, b 8: they are not a pair"),
        (mate("b", names="other"), "a and b are not a pair"),
    ],
)
def test_require_pairs_refuses_what_is_no_pair_to_isaac(second: Mate, problem: str) -> None:
    require_pairs([(mate("a"), mate("b"))])
    with pytest.raises(InvalidInputError, match=problem):
        require_pairs([(mate("a"), mate("b")), (mate("a"), second)])


def lane(first: int, second: int) -> Lane:
    return mate(f"{first}_1", longest=first), mate(f"{second}_2", longest=second)


def test_require_lengths_wants_the_longest_reads_in_the_first_lane() -> None:
    require_lengths([lane(100, 75), lane(75, 75), lane(100, 50)], 16)
    with pytest.raises(InvalidInputError, match=r"100_2 has reads of 100 bases.* to the 75 of"):
        require_lengths([lane(100, 75), lane(75, 100)], 16)


def test_require_lengths_wants_reads_as_long_as_a_seed() -> None:
    require_lengths([lane(16, 16)], 16)
    with pytest.raises(InvalidInputError, match=r"15_2: reads have 15 bases, fewer .* seed of 16"):
        require_lengths([lane(16, 15)], 16)
    require_lengths([lane(16, 15)], 15)


def test_differ_in_length_sees_short_reads_and_shorter_lanes() -> None:
    assert not differ_in_length([lane(100, 75), lane(100, 75)])
    assert differ_in_length([lane(100, 75), lane(100, 50)])
    assert differ_in_length([(mate("a", shortest=30), mate("b"))])


GIB = 1 << 30
READS = {"read_bases": 200, "name_length": 100}


def address_space(sizing: Sizing, bases: int, cluster: int, threads: int) -> float:
    """The law that was fitted to measurements of Isaac, in GiB; `cluster`: bases and name."""
    buffers = 4 * bases + 4 * sizing.buckets + 5 * sizing.clusters * cluster
    return 0.75 + 0.12 * threads + buffers / GIB


@pytest.mark.parametrize("memory_gib", [2, 3, 4, 6, 8, 12, 64])
@pytest.mark.parametrize("read_bases", [200, 300, 500])
@pytest.mark.parametrize("name_length", [100, 250])
@pytest.mark.parametrize(("bases", "threads"), [(200_000, 2), (200_000_000, 2), (4_000_000, 8)])
def test_size_buffers_stay_below_what_was_measured(
    memory_gib: int, read_bases: int, name_length: int, bases: int, threads: int
) -> None:
    try:
        sizing = size_buffers(
            memory_gib,
            reference_bases=bases,
            read_bases=read_bases,
            name_length=name_length,
            threads=threads,
        )
    except UsageError:
        assert memory_gib < 4
        return
    assert sizing.memory_gib == memory_gib
    assert address_space(sizing, bases, read_bases + name_length, threads) <= memory_gib
    assert sizing.clusters >= 100_000


def test_size_buffers_below_the_floor_ask_for_two() -> None:
    assert size_buffers(1, reference_bases=200_000, **READS, threads=1).memory_gib == 2


def test_size_buffers_of_a_human_reference_use_isaacs_default_table() -> None:
    sizing = size_buffers(64, reference_bases=3_100_000_000, **READS, threads=16)
    assert sizing.buckets == 1 << 32
    assert sizing.clusters == 8_000_000


def test_size_buffers_with_less_memory_shrink_the_table_first() -> None:
    sizing = size_buffers(24, reference_bases=3_100_000_000, **READS, threads=4)
    assert sizing.buckets < 1 << 32
    assert sizing.clusters >= 100_000


def test_size_buffers_that_cannot_fit_say_what_would() -> None:
    with pytest.raises(UsageError, match="needs about 16 GiB"):
        # 0.75 + 0.12 + 11.55 (positions) + 0.0625 (table) + 0.14 = 12.6; times 1.2 = 15.1: 16
        size_buffers(8, reference_bases=3_100_000_000, **READS, threads=1)
