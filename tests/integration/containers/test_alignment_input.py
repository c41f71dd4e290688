"""BAM and CRAM files in place of FASTQ, through the aligners' entry points."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, ROOT, Entry
from tests.integration.containers.simulated import Sample

pytestmark = pytest.mark.long

PAIRS = 2000
GROUPS = (
    "@RG\tID:one\tSM:S1\tPL:ILLUMINA\tPU:HTEST.1\tLB:lib",
    "@RG\tID:two\tSM:S1\tPL:DNBSEQ\tPU:V3.2\tLB:lib",
)

type Read = tuple[str, int, str, str, str]
"""Name, mate, bases, qualities, read group."""


def reads_of(sample: Sample, pairs: int = PAIRS) -> list[Read]:
    """The sample's first pairs, each second one of the second read group."""
    found: list[Read] = []
    with pysam.FastxFile(str(sample.first)) as one, pysam.FastxFile(str(sample.second)) as two:
        for number, (first, second) in enumerate(zip(one, two, strict=True)):
            if number == pairs:
                break
            group = "one" if number % 2 == 0 else "two"
            for mate, read in ((1, first), (2, second)):
                record = (str(read.name), mate, str(read.sequence), str(read.quality), group)
                found.append(record)
    return found


def sam(reads: list[Read], groups: tuple[str, ...] = GROUPS, *, more_flags: int = 0) -> str:
    """Unaligned records of the reads."""
    lines = ["@HD\tVN:1.6\tSO:unsorted", *groups]
    for name, mate, bases, quality, group in reads:
        flag = more_flags | {0: 4, 1: 77, 2: 141}[mate]
        tag = [f"RG:Z:{group}"] if group else []
        fields = [name, flag, "*", 0, 0, "*", "*", 0, 0, bases, quality, *tag]
        lines.append("\t".join(map(str, fields)))
    return "\n".join(lines) + "\n"


def write(path: Path, text: str, *arguments: str | Path) -> Path:
    command = ["samtools", "view", "-o", path, *arguments, "-"]
    subprocess.run(command, input=text.encode(), check=True)
    return path


def aligned_file(path: Path, fasta: Path, text: str, *arguments: str | Path) -> Path:
    """The reads as some other aligner run has left them: sorted, with a supplementary record."""
    fastq = subprocess.run(
        ["samtools", "fastq", "-N", "-T", "RG", "-"],  # noqa: S607
        input=text.encode(),
        capture_output=True,
        check=True,
    ).stdout
    made = subprocess.run(
        ["bwa", "mem", "-p", "-C", "-H", r"\n".join(GROUPS).replace("\t", r"\t"), fasta, "-"],  # noqa: S607
        input=fastq,
        capture_output=True,
        check=True,
    ).stdout
    first = next(line for line in made.splitlines() if not line.startswith(b"@")).split(b"\t")
    first[1] = str(int(first[1]) | 0x800).encode()
    made += b"\t".join(first) + b"\n"
    command = ["samtools", "sort", "-O", path.suffix[1:], "-o", path, "--reference", fasta]
    subprocess.run([*command, *arguments, "-"], input=made, capture_output=True, check=True)
    return path


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/alignments-out/{request.node.name}".replace("[", "-").replace("]", "")


@pytest.fixture
def given(s3: Any, request: pytest.FixtureRequest) -> Callable[[Path], str]:
    def upload(path: Path) -> str:
        key = f"alignments/{request.node.name}/{path.name}"
        s3.upload_file(str(path), BUCKET, key)
        return f"s3://{BUCKET}/{key}"

    return upload


def job_arguments(staged: str, out: str, *reads: str, reference: str = "") -> list[str]:
    usual = arguments.bwa(staged, out)
    start = usual.index("--fastq1_s3_path")
    other = ["--reads_reference_s3_path", reference] if reference else []
    return [*usual[:start], "--reads_s3_path", *reads, *other, *usual[start + 4 :]]


def result(s3: Any, out: str, folder: Path) -> tuple[dict[str, Any], Counter[Read]]:
    """The result's header, and its reads as the sequencer gave them."""
    path = folder / "result.bam"
    s3.download_file(BUCKET, f"{out.split('/', 3)[3]}/bam/sorted.bam", str(path))
    reads: Counter[Read] = Counter()
    with pysam.AlignmentFile(str(path)) as bam:
        for read in bam:
            if not (read.is_secondary or read.is_supplementary):
                bases, quality = read.get_forward_sequence(), read.get_forward_qualities()
                mate = read.is_read1 + 2 * read.is_read2
                text = "".join(chr(q + 33) for q in quality or ())
                name, group = str(read.query_name), str(read.get_tag("RG"))
                reads[name, mate, str(bases), text, group] += 1
        return bam.header.to_dict(), reads


def facts(s3: Any, out: str) -> dict[str, Any]:
    key = f"{out.split('/', 3)[3]}/provenance/align.json"
    found: dict[str, Any] = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return found


@pytest.mark.parametrize("tool", ["bwa", "minimap2"])
@pytest.mark.parametrize("kind", ["unaligned.bam", "aligned.bam", "aligned.cram"])
def test_aligner_of_bam_or_cram_keeps_every_read_and_its_read_group(
    entry: Entry,
    s3: Any,
    staged: str,
    sample: Sample,
    out: str,
    given: Callable[[Path], str],
    tmp_path: Path,
    tool: str,
    kind: str,
) -> None:
    reads = reads_of(sample)
    path = tmp_path / kind
    if kind == "unaligned.bam":
        write(path, sam(reads))
    else:
        aligned_file(path, sample.fasta, sam(reads))
    if tool == "minimap2":
        index_for_minimap2(s3, sample)

    ended = entry.run(tool, *job_arguments(staged, out, given(path)))

    assert ended.code == 0, ended.log
    header, found = result(s3, out, tmp_path)
    assert found == Counter(reads)
    assert header["RG"] == [
        {"ID": "one", "PL": "ILLUMINA", "PU": "HTEST.1", "LB": "lib", "SM": "S1"},
        {"ID": "two", "PL": "DNBSEQ", "PU": "V3.2", "LB": "lib", "SM": "S1"},
    ]
    assert facts(s3, out)["warnings"] == []
    assert entry.is_scratch_clean()


@dataclass(frozen=True)
class Case:
    """A file that only the job sees whole; `words` stand in its log.

    Attributes:
        lost: how many of the reads are not in the result.
    """

    row: str
    text: str
    words: str
    code: int = 0
    lost: int = 0


READS: list[Read] = [
    (f"r{number}", mate, "ACGTTGCA" * 8, "F" * 64, ("one", "two")[number % 2])
    for number in range(40)
    for mate in (1, 2)
]


def named(read: Read, name: str) -> Read:
    return (name, *read[1:])


def cases() -> Iterator[Case]:
    yield Case("mates-missing", sam(READS[:-1]), "WARNING readsWithoutMate: 1 of 79 reads")
    alone = [named(READS[0], "alone1"), (*named(READS[1], "alone2")[:1], 0, *READS[1][2:])]
    yield Case("mates-missing", sam([*READS, *alone]), "WARNING readsWithoutMate: 2 of 82 reads")
    failed = sam(READS[:6], more_flags=0x200).splitlines(keepends=True)
    kept = sam(READS[6:]) + "".join(line for line in failed if not line.startswith("@"))
    yield Case("filter-failed", kept, "WARNING readsLeftOut: 6 reads of the input", lost=6)
    yield Case("no-pairs", sam(READS[::2]), "has no read whose mate is there", 65)
    single = [(name, 0, *rest) for name, _, *rest in READS[::2]]
    yield Case("no-pairs", sam(single), "holds single reads", 65)
    slashed = [named(read, f"{read[0]}/{read[1]}") for read in READS]
    yield Case("no-pairs", sam(slashed), "has no read whose mate is there", 65)
    for again in ([READS[0]], READS[:2], [READS[7], READS[7]]):
        yield Case("mate-twice", sam([*READS, *again]), "more than one first or second read", 65)
    unknown = [*READS[:-1], (*READS[-1][:4], "three")]
    yield Case("group-unknown", sam(unknown), "names the read group 'three'", 65)
    none = [*READS[:-1], (*READS[-1][:4], "")]
    yield Case("group-unknown", sam(none), "names no read group", 65)


@pytest.mark.parametrize("case", [*cases()], ids=lambda case: f"{case.row}-{case.words}")
def test_bwa_of_a_whole_bam_tells_or_refuses_each_kind(
    entry: Entry,
    s3: Any,
    staged: str,
    out: str,
    given: Callable[[Path], str],
    tmp_path: Path,
    case: Case,
) -> None:
    path = write(tmp_path / "reads.bam", case.text)

    ended = entry.run("bwa", *job_arguments(staged, out, given(path)))

    assert (ended.code, case.words in ended.log) == (case.code, True), ended.log
    assert entry.is_scratch_clean()
    if not case.code:
        _, found = result(s3, out, tmp_path)
        lines = [line for line in case.text.splitlines() if not line.startswith("@")]
        assert found.total() == len(lines) - case.lost
        passed = [line.split("\t") for line in lines if not int(line.split("\t")[1]) & 0x200]
        assert {(name, bases) for name, _, bases, *_ in found} == {
            (fields[0], fields[9]) for fields in passed
        }


@pytest.mark.parametrize("kind", ["bam", "cram"])
def test_bwa_of_a_file_damaged_inside_is_refused(
    entry: Entry,
    staged: str,
    sample: Sample,
    out: str,
    given: Callable[[Path], str],
    tmp_path: Path,
    kind: str,
) -> None:
    path = aligned_file(tmp_path / f"reads.{kind}", sample.fasta, sam(reads_of(sample)))
    body = bytearray(path.read_bytes())
    middle = len(body) // 2
    body[middle : middle + 40] = bytes(40)
    path.write_bytes(body)

    ended = entry.run("bwa", *job_arguments(staged, out, given(path)))

    assert ended.code == 65, ended.log
    assert f"reads.{kind} can't be read to its end" in ended.log


def test_bwa_of_a_cram_of_another_sequence_needs_the_fasta_that_it_was_made_with(
    entry: Entry,
    s3: Any,
    staged: str,
    sample: Sample,
    out: str,
    given: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    other = tmp_path / "other.fa"
    header, _, rest = sample.fasta.read_text().partition("\n")
    other.write_text(f"{header}\n{rest.replace('ACGA', 'ACGC')}")
    for command in (["samtools", "faidx"], ["bwa", "index"]):
        subprocess.run([*command, str(other)], check=True, capture_output=True)
    reads = reads_of(sample)
    uri = given(aligned_file(tmp_path / "reads.cram", other, sam(reads)))

    refused = entry.run("bwa", *job_arguments(staged, out, uri))
    fasta = given(other)
    given(tmp_path / "other.fa.fai")
    ended = entry.run("bwa", *job_arguments(staged, out, uri, reference=fasta))

    assert refused.code == 65, refused.log
    assert "give the FASTA that it was made with as readsReferenceS3Path" in refused.log
    assert ended.code == 0, ended.log
    assert result(s3, out, tmp_path)[1] == Counter(reads)


def test_bwa_of_several_files_keeps_all_read_groups(
    entry: Entry,
    s3: Any,
    staged: str,
    out: str,
    given: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    """The second file has no read group, and gets one."""
    ungrouped = [(*named(read, f"second-{read[0]}")[:4], "") for read in READS]
    first = write(tmp_path / "first.bam", sam(READS))
    second = write(tmp_path / "second.bam", sam(ungrouped, groups=()))

    ended = entry.run("bwa", *job_arguments(staged, out, given(first), given(second)))

    assert ended.code == 0, ended.log
    header, found = result(s3, out, tmp_path)
    assert [group["ID"] for group in header["RG"]] == ["one", "two", "S1.2"]
    assert found == Counter([*READS, *((*read[:4], "S1.2") for read in ungrouped)])


@pytest.mark.parametrize("tool", ["bwa", "minimap2"])
def test_aligner_of_several_libraries_marks_duplicates_within_each(
    entry: Entry,
    s3: Any,
    staged: str,
    sample: Sample,
    out: str,
    given: Callable[[Path], str],
    tmp_path: Path,
    tool: str,
) -> None:
    """Copies of one fragment, and of its first read alone, in two files."""
    groups = tuple(
        f"@RG\tID:{name}\tSM:S1{library}"
        for name, library in {"a1": "\tLB:a", "a2": "\tLB:a", "b": "\tLB:b", "none": ""}.items()
    )
    one, two = reads_of(sample, 1)

    def pair(group: str) -> list[Read]:
        return [(f"pair-{group}", *read[1:4], group) for read in (one, two)]

    def single(group: str) -> Read:
        return (f"single-{group}", 0, *one[2:4], group)

    first = [*pair("a1"), *pair("a2"), *pair("none"), single("a2"), single("b")]
    files = (
        write(tmp_path / "first.bam", sam(first, groups)),
        write(tmp_path / "second.bam", sam(pair("b2"), ("@RG\tID:b2\tSM:S1\tLB:b2",))),
    )
    if tool == "minimap2":
        index_for_minimap2(s3, sample)

    ended = entry.run(tool, *job_arguments(staged, out, *map(given, files)))

    assert ended.code == 0, ended.log
    result(s3, out, tmp_path)
    with pysam.AlignmentFile(str(tmp_path / "result.bam")) as bam:
        duplicates = Counter(str(read.query_name) for read in bam if read.is_duplicate)
    (copy,) = duplicates.keys() & {"pair-a1", "pair-a2"}
    assert duplicates == {copy: 2, "single-a2": 1}


def test_page_has_a_row_for_each_kind_that_a_job_reports_and_no_other() -> None:
    section = (ROOT / "docs/inputs.md").read_text().partition("job checks the whole file")[2]
    rows = re.findall(
        r"^\| `([a-z-]+)` \|.*\| (warned|refused)\b", section.partition("\n## ")[0], re.MULTILINE
    )

    tried = {case.row: "refused" if case.code else "warned" for case in cases()}
    assert dict(rows) == tried | {"damaged-inside": "refused", "cram-sequence": "refused"}


def index_for_minimap2(s3: Any, sample: Sample) -> None:
    index = sample.fasta.with_name("genome.fa.mmi")
    command = ["minimap2", "-x", "sr", "-d", str(index), str(sample.fasta)]
    subprocess.run(command, check=True, capture_output=True)
    s3.upload_file(str(index), BUCKET, f"in/{index.name}")
