"""Bad FASTQ files and references that do not fit: the exit code and the words for each.

Truncated BAMs and malformed records: `test_failures`, `test_bwa_lanes`.
"""

import gzip
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import (
    BUCKET,
    FEW,
    STAND_INS,
    Entry,
    copy_alignment,
    fastq_records,
)
from tests.integration.containers.simulated import Sample

pytestmark = pytest.mark.long

Keys = Callable[[str], set[str]]
ALIGNERS = ["bwa", "isaac"]


@pytest.fixture
def entry(entry: Entry) -> Entry:
    entry.path_front = (STAND_INS,)
    return entry


@pytest.fixture
def root(request: pytest.FixtureRequest) -> str:
    return f"bad/{request.node.name.replace('[', '/').rstrip(']')}"


@pytest.fixture
def out(root: str) -> str:
    return f"s3://{BUCKET}/{root}"


@pytest.fixture
def mates(sample: Sample) -> tuple[bytes, bytes]:
    """The text of the first pairs."""
    return fastq_records(sample.first, 0, FEW), fastq_records(sample.second, 0, FEW)


class Aligning:
    """Runs an aligner on two files that are given as bytes; nothing may be left of its failure."""

    def __init__(self, entry: Entry, s3: Any, staged: str, root: str, keys: Keys) -> None:
        self._entry, self._s3, self._staged, self._root, self._keys = entry, s3, staged, root, keys

    def refuses(
        self, tool: str, bodies: Sequence[bytes], *problems: str, cmd_args: str = ""
    ) -> None:
        given = arguments.bwa(self._staged, f"s3://{BUCKET}/{self._root}", reads="few")
        for side, body in enumerate(bodies, start=1):
            key = f"{self._root}-in/x_{side}.fastq.gz"
            self._s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            there = f"{self._staged}/few_{side}.fastq.gz"
            given = [word.replace(there, f"s3://{BUCKET}/{key}") for word in given]
        ended = self._entry.run(tool, *given, "--memory", "3", f"--cmd_args={cmd_args}")
        assert ended.code == 65, ended.log
        last = ended.log.splitlines()[-1]
        assert f"FAILED align/{tool}: " in last
        assert any(problem in last for problem in problems), last
        assert self._entry.is_scratch_clean()
        assert self._keys(f"{self._root}/") == set()


@pytest.fixture
def aligning(entry: Entry, s3: Any, staged: str, root: str, keys: Keys) -> Aligning:
    return Aligning(entry, s3, staged, root, keys)


def flipped(body: bytes, position: int) -> bytes:
    return body[:position] + bytes([body[position] ^ 0x10]) + body[position + 1 :]


@pytest.mark.parametrize("tool", ALIGNERS)
def test_aligner_given_a_truncated_gzip_names_the_file(
    aligning: Aligning, mates: tuple[bytes, bytes], tool: str
) -> None:
    first, second = (gzip.compress(text) for text in mates)
    aligning.refuses(
        tool, (first, second[: len(second) // 2]), "x_2.fastq.gz is not a complete gzip file"
    )


@pytest.mark.parametrize("level", [0, 6])  # 0: stored, so that only the checksum can tell
@pytest.mark.parametrize("tool", ALIGNERS)
def test_aligner_given_a_gzip_with_a_flipped_bit_names_the_file(
    aligning: Aligning, mates: tuple[bytes, bytes], tool: str, level: int
) -> None:
    first, second = (gzip.compress(text, level) for text in mates)
    damaged = flipped(first, len(first) // 2)
    aligning.refuses(tool, (damaged, second), "x_1.fastq.gz is not a complete gzip file")


def test_bwa_stumbling_over_a_damaged_name_says_that_the_gzip_is_damaged(
    aligning: Aligning, sample: Sample
) -> None:
    first, second = (
        gzip.compress(gzip.decompress(path.read_bytes()), 0)
        for path in (sample.first, sample.second)
    )
    name = first.index(b"@SIM", 20_000)
    # bwa takes in small batches, so that it sees two names that differ, and ends, long before the
    # checksum at the file's end could be looked at
    aligning.refuses(
        "bwa",
        (flipped(first, name + 2), second),
        "x_1.fastq.gz is not a complete gzip file: CRC",
        cmd_args="-K 10000",
    )


@pytest.mark.parametrize("tool", ALIGNERS)
def test_aligner_given_files_of_different_lengths_counts_both(
    aligning: Aligning, sample: Sample, mates: tuple[bytes, bytes], tool: str
) -> None:
    shorter = fastq_records(sample.second, 0, FEW - 1)
    aligning.refuses(
        tool,
        (gzip.compress(mates[0]), gzip.compress(shorter)),
        f"{FEW} and {FEW - 1} reads",
        f"x_1.fastq.gz has {FEW} reads, x_2.fastq.gz {FEW - 1}",
    )


@pytest.mark.parametrize("tool", ALIGNERS)
def test_aligner_given_mates_with_different_names_says_so(
    aligning: Aligning, sample: Sample, mates: tuple[bytes, bytes], tool: str
) -> None:
    others = fastq_records(sample.second, 1, FEW + 1)
    aligning.refuses(
        tool,
        (gzip.compress(mates[0]), gzip.compress(others)),
        "x_1.fastq.gz and x_2.fastq.gz are not a pair: their reads have different names",
    )


@pytest.mark.parametrize("empty", [b"", gzip.compress(b"")], ids=["plain", "gzip"])
@pytest.mark.parametrize("side", [1, 2])
@pytest.mark.parametrize("tool", ALIGNERS)
def test_aligner_given_a_fastq_without_reads_names_it(
    aligning: Aligning, mates: tuple[bytes, bytes], tool: str, side: int, empty: bytes
) -> None:
    bodies = [gzip.compress(text) for text in mates]
    bodies[side - 1] = empty
    aligning.refuses(tool, bodies, f"x_{side}.fastq.gz has no reads")


OTHER_REFERENCES = {
    # the BAM's contigs are chr1 of 90,000 and chr2 of 60,000 bases
    "names": (">1\n{chr1}\n>2\n{chr2}\n", "chr1 is in the BAM, not in the reference"),
    "lengths": (
        ">chr1\n{chr1}A\n>chr2\n{chr2}\n",
        "chr1 has 90000 bases in the BAM, 90001 in the reference",
    ),
}


@pytest.mark.parametrize("difference", OTHER_REFERENCES)
@pytest.mark.parametrize("tool", ["bcftools", "strelka", "samtools_stats"])
def test_bam_of_another_reference_is_refused_and_the_contigs_named(
    entry: Entry,
    s3: Any,
    sample: Sample,
    staged: str,
    aligned: str,
    out: str,
    root: str,
    keys: Keys,
    tool: str,
    difference: str,
) -> None:
    template, problem = OTHER_REFERENCES[difference]
    sequences = {
        part.partition("\n")[0]: part.partition("\n")[2].replace("\n", "")
        for part in sample.fasta.read_text().split(">")[1:]
    }
    fasta = template.format(**sequences)
    fai, offset = "", 0
    for part in fasta.split(">")[1:]:
        name, _, sequence = part.partition("\n")
        offset += len(name) + 2
        length = len(sequence) - 1
        fai += f"{name}\t{length}\t{offset}\t{length}\t{length + 1}\n"
        offset += len(sequence)
    for name, text in (("genome.fa", fasta), ("genome.fa.fai", fai)):
        s3.put_object(Bucket=BUCKET, Key=f"bad/{difference}/{name}", Body=text.encode())
    copy_alignment(s3, aligned, out)
    before = keys(root)
    make = arguments.samtools_stats if tool == "samtools_stats" else arguments.caller
    given = [
        word.replace(f"{staged}/genome", f"s3://{BUCKET}/bad/{difference}/genome")
        for word in make(staged, out)
    ]
    ended = entry.run(tool, *given)
    assert ended.code == 65, ended.log
    assert problem in ended.log
    assert ": the BAM was aligned to another reference: " in ended.log.splitlines()[-1]
    assert entry.is_scratch_clean()
    assert keys(root) == before
