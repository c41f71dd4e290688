"""The wrappers of Isaac and Strelka against programs that enforce those tools' rules."""

import gzip
import hashlib
import itertools
import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, STAND_INS, Entry, copy_alignment
from tests.integration.containers.simulated import Sample

PAIRS = 1500


@pytest.fixture
def entry(entry: Entry) -> Entry:
    entry.path_front = (STAND_INS,)
    return entry


@pytest.fixture(scope="module")
def isaac_reference(s3: Any, sample: Sample) -> str:
    """A reference folder made elsewhere: its XML holds a path that no job has."""
    return sorted_reference(s3, sample.fasta, "isaac")


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/stand-ins/{request.node.name.partition('[')[0]}"


def records(path: Path, start: int, end: int) -> list[str]:
    with gzip.open(path, "rt") as lines:
        return list(itertools.islice(lines, 4 * start, 4 * end))


def upload(s3: Any, name: str, lines: list[str]) -> str:
    body = gzip.compress("".join(lines).encode(), 1)
    s3.put_object(Bucket=BUCKET, Key=f"stand-ins/in/{name}", Body=body)
    return f"s3://{BUCKET}/stand-ins/in/{name}"


def isaac(reference: str, out: str, first: list[str], second: list[str], *extra: str) -> list[str]:
    return [
        *arguments.common(out, "align"),
        f"--bam_s3_folder_path={out}/bam/",
        *("--fastq1_s3_path", *first, "--fastq2_s3_path", *second),
        f"--reference_s3_path={reference}",
        *extra,
    ]


def download(s3: Any, uri: str, path: Path) -> Path:
    s3.download_file(BUCKET, uri.removeprefix(f"s3://{BUCKET}/"), str(path))
    return path


def few(s3: Any, sample: Sample) -> tuple[list[str], list[str]]:
    """Ten pairs."""
    sides = ((1, sample.first), (2, sample.second))
    first, second = (upload(s3, f"ok_{n}.fastq.gz", records(path, 0, 10)) for n, path in sides)
    return [first], [second]


def sorted_reference(s3: Any, fasta: Path, name: str) -> str:
    """The folder `name`: the FASTA, and what isaac-sort-reference makes of it."""
    with tempfile.TemporaryDirectory() as folder:
        program = str(STAND_INS / "isaac-sort-reference")
        subprocess.run([program, "-q", "-g", fasta, "-o", folder], check=True)
        xml = Path(folder) / "sorted-reference.xml"
        s3.upload_file(str(xml), BUCKET, f"{name}/{xml.name}")
    s3.upload_file(str(fasta), BUCKET, f"{name}/{fasta.name}")
    return f"s3://{BUCKET}/{name}/"


def trim(lines: list[str], record: int, length: int) -> list[str]:
    """Cut one record to `length` bases."""
    made = list(lines)
    for index in (4 * record + 1, 4 * record + 3):
        made[index] = made[index].rstrip()[:length] + "\n"
    return made


def test_isaac_two_lanes_gives_whole_reads_of_one_sample(
    entry: Entry,
    s3: Any,
    sample: Sample,
    isaac_reference: str,
    out: str,
    tmp_path: Path,
    keys: Callable[[str], set[str]],
) -> None:
    first = [
        upload(s3, "x_1.fastq.gz", records(sample.first, 0, PAIRS)),
        upload(s3, "y_1.fastq.gz", records(sample.first, PAIRS, 2 * PAIRS)),
    ]
    second = [
        upload(s3, "x_2.fastq.gz", records(sample.second, 0, PAIRS)),
        upload(s3, "y_2.fastq.gz", records(sample.second, PAIRS, 2 * PAIRS)),
    ]
    ended = entry.run("isaac", *isaac(isaac_reference, out, first, second, "--memory", "3"))
    assert ended.code == 0, ended.log
    assert entry.is_scratch_clean()
    assert keys(f"{out.removeprefix(f's3://{BUCKET}/')}/") == {
        *("bam/sorted.bam", "bam/sorted.bam.bai", "bam/sorted.bam.md5", "provenance/align.json"),
    }
    with pysam.AlignmentFile(str(download(s3, f"{out}/bam/sorted.bam", tmp_path / "b"))) as bam:
        assert {group["SM"] for group in bam.header["RG"]} == {"S1"}
        reads = [read for read in bam if not read.is_secondary and not read.is_supplementary]
    assert len(reads) == 4 * PAIRS
    assert {read.query_length for read in reads} == {100}  # the last cycle is there
    assert len({read.query_name for read in reads}) == 2 * PAIRS
    assert all(str(read.query_name).startswith("SIM:1:HTEST:1:") for read in reads)
    record = json.loads(download(s3, f"{out}/provenance/align.json", tmp_path / "p").read_text())
    assert record["versions"]["isaac"] == "04.18.11.09"
    assert record["tool"] == "isaac"


@pytest.mark.long
def test_isaac_later_reads_shorter_are_padded_not_fatal(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    first = upload(s3, "later_1.fastq.gz", trim(records(sample.first, 0, PAIRS), 7, 80))
    second = upload(s3, "later_2.fastq.gz", records(sample.second, 0, PAIRS))
    given = isaac(isaac_reference, out, [first], [second], "--memory", "3")
    ended = entry.run("isaac", *given)
    assert ended.code == 0, ended.log
    assert "--variable-read-length 1" in ended.log


@pytest.mark.long
def test_isaac_first_read_shorter_is_refused_before_it_cuts_the_others(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    first = upload(s3, "first_1.fastq.gz", trim(records(sample.first, 0, PAIRS), 0, 80))
    second = upload(s3, "first_2.fastq.gz", records(sample.second, 0, PAIRS))
    ended = entry.run("isaac", *isaac(isaac_reference, out, [first], [second], "--memory", "3"))
    assert ended.code == 65, ended.log
    assert "the first read has 80 bases, later ones up to 100" in ended.log
    assert entry.is_scratch_clean()


@pytest.mark.long
def test_isaac_files_of_different_lengths_are_refused(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    first = upload(s3, "more_1.fastq.gz", records(sample.first, 0, PAIRS))
    second = upload(s3, "less_2.fastq.gz", records(sample.second, 0, PAIRS - 1))
    ended = entry.run("isaac", *isaac(isaac_reference, out, [first], [second], "--memory", "3"))
    assert ended.code == 65, ended.log
    assert "more_1.fastq.gz has 1500 reads, less_2.fastq.gz 1499" in ended.log


def test_isaac_aborting_ends_with_134_and_uploads_nothing(
    entry: Entry,
    s3: Any,
    sample: Sample,
    isaac_reference: str,
    out: str,
    tmp_path: Path,
    keys: Callable[[str], set[str]],
) -> None:
    folder = tmp_path / "aborting"
    folder.mkdir()
    script = folder / "isaac-align"
    script.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exec echo iSAAC-04.18.11.09\n'
        "mkdir -p Aligned/Stats; echo statistics >Aligned/Stats/AlignmentStats.xml\n"
        "echo mutex lock failed >&2; kill -ABRT $$\n"
    )
    script.chmod(0o755)
    entry.path_front = (folder, STAND_INS)
    first = upload(s3, "ok_1.fastq.gz", records(sample.first, 0, 10))
    second = upload(s3, "ok_2.fastq.gz", records(sample.second, 0, 10))
    ended = entry.run("isaac", *isaac(isaac_reference, out, [first], [second], "--memory", "3"))
    assert ended.code == 134, ended.log
    assert "mutex lock failed" in ended.log
    assert keys(out.removeprefix(f"s3://{BUCKET}/")) == set()


@pytest.mark.long
def test_isaac_that_never_ends_is_stopped_with_124(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str, tmp_path: Path
) -> None:
    folder = tmp_path / "endless"
    folder.mkdir()
    script = folder / "isaac-align"
    script.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exec echo iSAAC-04.18.11.09\n'
        "while :; do echo Skipping flowcell FC lane 2; sleep 0.2; done\n"
    )
    script.chmod(0o755)
    entry.path_front = (folder, STAND_INS)
    first = upload(s3, "ok_1.fastq.gz", records(sample.first, 0, 10))
    second = upload(s3, "ok_2.fastq.gz", records(sample.second, 0, 10))
    given = isaac(isaac_reference, out, [first], [second], "--memory", "3")
    ended = entry.run("isaac", *given, "--timeout_minutes", "0.05")
    assert ended.code == 124, ended.log
    assert "isaac-align ran longer than 3 s and was stopped" in ended.log
    assert entry.is_scratch_clean()


@pytest.mark.long
def test_isaac_reference_of_a_gzipped_fasta_is_refused(
    entry: Entry, s3: Any, sample: Sample, out: str, tmp_path: Path
) -> None:
    packed = tmp_path / "genome.fa.gz"
    packed.write_bytes(gzip.compress(sample.fasta.read_bytes()))
    folder = sorted_reference(s3, packed, "isaac-gz")
    ended = entry.run("isaac", *isaac(folder, out, *few(s3, sample)))
    assert ended.code == 65, ended.log
    assert "sorted-reference.xml is not text: its FASTA was gzipped" in ended.log
    assert "Traceback" not in ended.log


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ((b"A", b"C"), "chr1 has other bases"),
        ((b">chr1\n", b">chr1 x\n"), "chr1 does not begin at byte 6"),
        ((b">chr2\n", b">chr3\n"), "chr2 does not begin at byte"),
    ],
)
def test_isaac_reference_beside_another_fasta_than_its_own_is_refused(
    entry: Entry,
    s3: Any,
    sample: Sample,
    out: str,
    change: tuple[bytes, bytes],
    problem: str,
) -> None:
    """Of the same layout with other bases Isaac aligns nothing, and leaves with 0."""
    folder = sorted_reference(s3, sample.fasta, "isaac-other")
    other = sample.fasta.read_bytes().replace(*change)
    s3.put_object(Bucket=BUCKET, Key="isaac-other/genome.fa", Body=other)
    ended = entry.run("isaac", *isaac(folder, out, *few(s3, sample), "--memory", "3"))
    assert ended.code == 65, ended.log
    assert f"genome.fa is not the FASTA that sorted-reference.xml was made from: {problem}" in (
        ended.log
    )


@pytest.mark.long
@pytest.mark.parametrize("memory", ["2", "4", "8"])
def test_isaac_buffers_fit_the_memory_that_the_job_has(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str, memory: str
) -> None:
    """Each cluster's buffer has room for a name, too: without it, 4 and 8 GiB do not suffice."""
    given = isaac(isaac_reference, out, *few(s3, sample), "--memory", memory)
    ended = entry.run("isaac", *given)
    assert ended.code == 0, ended.log


@pytest.mark.long
def test_isaac_bad_alloc_is_out_of_memory_so_that_more_is_tried(
    entry: Entry,
    s3: Any,
    sample: Sample,
    isaac_reference: str,
    out: str,
) -> None:
    size = "--cmd_args=--clusters-at-a-time 8000000"
    given = isaac(isaac_reference, out, *few(s3, sample), "--memory", "4", size)
    ended = entry.run("isaac", *given)
    assert ended.code == 137, ended.log  # as what the kernel kills for want of memory
    assert "isaac-align ran out of its 4 GiB (std::bad_alloc)" in ended.log


def shortened(lines: list[str], length: int) -> list[str]:
    return [line if n % 2 == 0 else line[:length] + "\n" for n, line in enumerate(lines)]


def lanes_of(s3: Any, sample: Sample, lengths: list[int]) -> tuple[list[str], list[str]]:
    """So many lanes of 20 pairs, each lane with reads of its own length."""
    sides: tuple[list[str], list[str]] = ([], [])
    for side, path in enumerate((sample.first, sample.second)):
        for lane, length in enumerate(lengths):
            lines = shortened(records(path, 20 * lane, 20 * (lane + 1)), length)
            sides[side].append(upload(s3, f"lane{lane}_of_{length}_{side}.fastq.gz", lines))
    return sides


@pytest.mark.long
def test_isaac_later_lane_of_longer_reads_is_refused_before_it_is_cut(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    lanes = lanes_of(s3, sample, [75, 100])
    ended = entry.run("isaac", *isaac(isaac_reference, out, *lanes, "--memory", "3"))
    assert ended.code == 65, ended.log
    assert "lane1_of_100_0.fastq.gz has reads of 100 bases; isaac-align would cut them" in ended.log
    assert "give the lane with the longest reads first" in ended.log


@pytest.mark.long
def test_isaac_later_lane_of_shorter_reads_keeps_every_base(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str, tmp_path: Path
) -> None:
    lanes = lanes_of(s3, sample, [100, 75])
    ended = entry.run("isaac", *isaac(isaac_reference, out, *lanes, "--memory", "3"))
    assert ended.code == 0, ended.log
    with pysam.AlignmentFile(str(download(s3, f"{out}/bam/sorted.bam", tmp_path / "b"))) as bam:
        known = [sum(base != "N" for base in str(read.query_sequence)) for read in bam]
    assert sorted(known) == [75] * 40 + [100] * 40


@pytest.mark.long
def test_isaac_takes_nine_lanes(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str, tmp_path: Path
) -> None:
    lanes = lanes_of(s3, sample, [100] * 9)
    ended = entry.run("isaac", *isaac(isaac_reference, out, *lanes, "--memory", "3"))
    assert ended.code == 0, ended.log
    with pysam.AlignmentFile(str(download(s3, f"{out}/bam/sorted.bam", tmp_path / "b"))) as bam:
        assert sum(not read.is_secondary and not read.is_supplementary for read in bam) == 9 * 40
        assert len(bam.header["RG"]) == 9


@pytest.mark.long
@pytest.mark.parametrize(
    ("line", "old", "new", "problem"),
    [
        (3, "I", "a", "record 5 has the quality 64 ('a'), and isaac-align accepts 0 to 63"),
        (1, "A", "R", "record 5 holds 'R' among its bases"),
        (1, "A", ".", "record 5 holds '.' among its bases"),
    ],
)
def test_isaac_reads_that_it_rejects_in_the_run_are_refused_before(
    entry: Entry,
    s3: Any,
    sample: Sample,
    isaac_reference: str,
    out: str,
    line: int,
    old: str,
    new: str,
    problem: str,
) -> None:
    lines = records(sample.first, 0, 10)
    at = line + 4 * 4
    lines[at] = lines[at].replace(old, new, 1)
    second = records(sample.second, 0, 10)
    given = ([upload(s3, "bad_1.fastq.gz", lines)], [upload(s3, "bad_2.fastq.gz", second)])
    ended = entry.run("isaac", *isaac(isaac_reference, out, *given, "--memory", "3"))
    assert ended.code == 65, ended.log
    assert problem in ended.log


@pytest.mark.long
def test_isaac_aligns_mates_that_it_would_take_for_those_of_two_flow_cells(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    given = [
        [upload(s3, f"flow_{mate}.fastq.gz", sra_records(source, length))]
        for mate, source, length in ((1, sample.first, 100), (2, sample.second, 75))
    ]
    ended = entry.run("isaac", *isaac(isaac_reference, out, *given, "--memory", "3"))
    assert ended.code == 0, ended.log


def sra_records(source: Path, length: int) -> list[str]:
    """Records whose headers have a third field that differs between the mates, as SRA's may."""
    lines = records(source, 0, 10)
    lines[::4] = [f"@SRR1.{number} {number} length={length}\n" for number in range(1, 11)]
    return lines


@pytest.mark.long
def test_isaac_reads_shorter_than_a_seed_are_refused_unless_the_seed_is_shorter(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    lanes = lanes_of(s3, sample, [15])
    given = isaac(isaac_reference, out, *lanes, "--memory", "3")
    ended = entry.run("isaac", *given)
    assert ended.code == 65, ended.log
    assert "reads have 15 bases, fewer than isaac-align's seed of 16" in ended.log
    ended = entry.run("isaac", *given, "--cmd_args=--seed-length 12")
    assert ended.code == 0, ended.log


@pytest.mark.long
@pytest.mark.parametrize("kind", ["xml", "fasta"])
def test_isaac_two_runs_give_equal_bams(
    entry: Entry,
    s3: Any,
    sample: Sample,
    staged: str,
    isaac_reference: str,
    out: str,
    kind: str,
    tmp_path: Path,
) -> None:
    """Each job has a scratch folder of its own, and Isaac writes the FASTA's path into the BAM."""
    reference = isaac_reference if kind == "xml" else f"{staged}/genome.fa"
    bams = []
    for run in ("one", "two"):
        given = isaac(reference, f"{out}/{run}", *few(s3, sample), "--memory", "3")
        ended = entry.run("isaac", *given)
        assert ended.code == 0, ended.log
        bams.append(download(s3, f"{out}/{run}/bam/sorted.bam", tmp_path / f"{run}.bam"))
        download(s3, f"{out}/{run}/bam/sorted.bam.bai", tmp_path / f"{run}.bam.bai")
    assert bams[0].read_bytes() == bams[1].read_bytes()
    told = download(s3, f"{out}/one/bam/sorted.bam.md5", tmp_path / "md5").read_text()
    assert told == f"{hashlib.md5(bams[0].read_bytes()).hexdigest()} *sorted.bam\n"  # noqa: S324
    with pysam.AlignmentFile(str(bams[0])) as bam:
        folder = reference.removesuffix("genome.fa")
        assert {contig["UR"] for contig in bam.header["SQ"]} == {f"{folder}genome.fa"}
        assert sum(bam.count(contig) for contig in bam.references) > 0  # the index is this BAM's


@pytest.mark.long
def test_isaac_takes_a_fasta_for_a_reference(
    entry: Entry, s3: Any, sample: Sample, staged: str, out: str
) -> None:
    first = upload(s3, "ok_1.fastq.gz", records(sample.first, 0, 10))
    second = upload(s3, "ok_2.fastq.gz", records(sample.second, 0, 10))
    given = isaac(f"{staged}/genome.fa", out, [first], [second], "--memory", "3")
    ended = entry.run("isaac", *given)
    assert ended.code == 0, ended.log
    assert "isaac-align -r reference/genome.fa" in ended.log


@pytest.mark.long
def test_isaac_threads_that_do_not_fit_the_memory_are_a_usage_error(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    sides = [
        upload(s3, f"long_{side}.fastq.gz", _widen(records(path, 0, 10), 6, name=250))
        for side, path in ((1, sample.first), (2, sample.second))
    ]
    given = isaac(isaac_reference, out, [sides[0]], [sides[1]], "--memory", "2")
    ended = entry.run("isaac", *given)
    assert ended.code == 64, ended.log
    assert "isaac-align needs about" in ended.log


def _widen(lines: list[str], times: int, *, name: int) -> list[str]:
    """Reads and names so long that their buffers alone fill the memory."""
    wide = [
        line if index % 2 == 0 else line.rstrip("\n") * times + "\n"
        for index, line in enumerate(lines)
    ]
    wide[::4] = [line.replace(" ", "x" * name + " ", 1) for line in wide[::4]]
    return wide


@pytest.fixture
def with_bam(s3: Any, aligned: str, out: str) -> str:
    """`out`, holding the sample's alignment."""
    copy_alignment(s3, aligned, out)
    return out


@pytest.mark.parametrize("cmd_args", [pytest.param(" --exome ", marks=pytest.mark.long), ""])
def test_strelka_gives_the_same_keys_as_bcftools_with_links_resolved(
    entry: Entry,
    s3: Any,
    sample: Sample,
    staged: str,
    with_bam: str,
    out: str,
    tmp_path: Path,
    keys: Callable[[str], set[str]],
    cmd_args: str,
) -> None:
    given = arguments.caller(staged, out, "--memory", "1", f"--cmd_args={cmd_args}")
    ended = entry.run("strelka", *given)
    assert ended.code == 0, ended.log
    assert entry.is_scratch_clean()
    assert keys(f"{out.removeprefix(f's3://{BUCKET}/')}/") == {
        *("vcf/variants/variants.vcf.gz", "vcf/variants/variants.vcf.gz.tbi"),
        *("vcf/variants/genome.vcf.gz", "vcf/variants/genome.vcf.gz.tbi"),
        *("vcf/variants/genome.S1.vcf.gz", "vcf/variants/genome.S1.vcf.gz.tbi"),
        *("vcf/stats/runStats.tsv", "vcf/stats/runStats.xml"),
        *("bam/sorted.bam", "bam/sorted.bam.bai", "bam/sorted.bam.md5"),
        *("provenance/align.json", "provenance/callVariants.json"),
    }
    folder = f"{out}/vcf/variants"
    gvcf = download(s3, f"{folder}/genome.vcf.gz", tmp_path / "genome.vcf.gz")
    download(s3, f"{folder}/genome.vcf.gz.tbi", tmp_path / "genome.vcf.gz.tbi")
    with pysam.VariantFile(str(gvcf)) as vcf:
        assert list(vcf.header.samples) == ["S1"]
        assert sum(1 for _ in vcf.fetch("chr2")) > 0
    variants = download(s3, f"{folder}/variants.vcf.gz", tmp_path / "variants.vcf.gz")
    with pysam.VariantFile(str(variants)) as vcf:
        called = {(row.chrom, row.pos, row.ref, row.alts[0]) for row in vcf}
    truth = {variant.key for variant in sample.variants}
    assert len(truth & called) / len(truth) > 0.95
    record = json.loads(
        download(s3, f"{out}/provenance/callVariants.json", tmp_path / "p").read_text()
    )
    assert record["versions"]["strelka"] == "2.9.10"
    (run,) = [row["argv"] for row in record["commands"] if row["argv"][0] == "python2"]
    assert run[run.index("-g") + 1] == "2"  # with 1 no task could be scheduled


@pytest.mark.long
def test_strelka_bam_of_another_sample_is_renamed_before_calling(
    entry: Entry, s3: Any, staged: str, with_bam: str, out: str, tmp_path: Path
) -> None:
    given = arguments.caller(staged, out)
    renamed = [word.replace("--sample_id=S1", "--sample_id=NA12878") for word in given]
    ended = entry.run("strelka", *renamed)
    assert ended.code == 0, ended.log
    path = download(s3, f"{out}/vcf/variants/variants.vcf.gz", tmp_path / "v.vcf.gz")
    with pysam.VariantFile(str(path)) as vcf:
        assert list(vcf.header.samples) == ["NA12878"]


@pytest.mark.long
def test_strelka_reference_with_a_contig_more_is_refused_and_named(
    entry: Entry, s3: Any, sample: Sample, staged: str, with_bam: str, out: str
) -> None:
    fasta = sample.fasta.read_text() + ">chr3\nACGTACGT\n"
    fai = sample.fasta.with_name("genome.fa.fai").read_text()
    fai += f"chr3\t8\t{len(fasta) - 9}\t8\t9\n"
    s3.put_object(Bucket=BUCKET, Key="stand-ins/more/genome.fa", Body=fasta.encode())
    s3.put_object(Bucket=BUCKET, Key="stand-ins/more/genome.fa.fai", Body=fai.encode())
    given = arguments.caller(staged, out)
    moved = [
        word.replace(f"{staged}/genome", f"s3://{BUCKET}/stand-ins/more/genome") for word in given
    ]
    ended = entry.run("strelka", *moved)
    assert ended.code == 65, ended.log
    assert "chr3 is in the reference, not in the BAM" in ended.log


@pytest.mark.long
def test_strelka_without_python2_is_refused_at_once(
    entry: Entry, staged: str, with_bam: str, out: str, tmp_path: Path
) -> None:
    folder = tmp_path / "no-python2"
    folder.mkdir()
    for program in ("python3", "samtools", "bcftools", "s5cmd", "sh", "env"):
        found = subprocess.run(["which", program], capture_output=True, text=True, check=False)  # noqa: S607
        if found.stdout.strip():
            (folder / program).symlink_to(found.stdout.strip())
    configure = "configureStrelkaGermlineWorkflow.py"
    (folder / configure).symlink_to(STAND_INS / configure)
    given = arguments.caller(staged, out)
    entry.environment = {"PATH": str(folder)}
    ended = entry.run("strelka", *given)
    assert ended.code == 69, ended.log
    assert "python2 is not on PATH" in ended.log


def test_strelka_failing_task_shows_its_error_log(
    entry: Entry, staged: str, with_bam: str, out: str, tmp_path: Path
) -> None:
    folder = tmp_path / "failing"
    folder.mkdir()
    script = folder / "bcftools"
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    entry.path_front = (folder, STAND_INS)
    ended = entry.run("strelka", *arguments.caller(staged, out))
    assert ended.code == 80, ended.log
    assert "Strelka failed: Failed to complete command task: 'CallGenome" in ended.log
    assert "python2 failed" not in ended.log
    assert "taskExitCode 1" in ended.log
    assert "[workflow.exitcode.txt] 1" in ended.log
    assert entry.is_scratch_clean()


@pytest.mark.long
def test_strelka_of_an_isaac_bam_calls_the_planted_variants(
    entry: Entry,
    s3: Any,
    sample: Sample,
    staged: str,
    isaac_reference: str,
    out: str,
    tmp_path: Path,
) -> None:
    first, second = f"{staged}/reads_1.fastq.gz", f"{staged}/reads_2.fastq.gz"
    ended = entry.run("isaac", *isaac(isaac_reference, out, [first], [second], "--memory", "3"))
    assert ended.code == 0, ended.log
    ended = entry.run("strelka", *arguments.caller(staged, out, "--cmd_args", " --exome "))
    assert ended.code == 0, ended.log
    path = download(s3, f"{out}/vcf/variants/variants.vcf.gz", tmp_path / "v.vcf.gz")
    with pysam.VariantFile(str(path)) as vcf:
        called = {(row.chrom, row.pos, row.ref, row.alts[0]) for row in vcf}
    truth = {variant.key for variant in sample.variants}
    assert len(truth & called) / len(truth) > 0.95
