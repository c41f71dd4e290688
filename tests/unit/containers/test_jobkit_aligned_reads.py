"""Reads that were aligned, of how many: from the aligner's log and from what it was given."""

import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bwa.run_bwa import _ALIGNER as BWA
from jobkit.aligned_reads import AlignedReads
from jobkit.feed import ReadListener
from jobkit.pair_feed import PairFeed
from jobkit.part_reader import PartReader
from jobkit.processes import ProcessGroup
from minimap2.run_minimap2 import _ALIGNER as MINIMAP2
from seqstack.domain.progress import Counted, Unit
from seqstack.domain.reads.parts import all_parts

PAIRS = 2000


@dataclass
class Given:
    """What a feed has given so far; and an aligner's log."""

    given: int = 0
    used: int = 0
    padding: int = 0
    aligned: int = 0


def follow(reads: AlignedReads, size: int, **so_far: int) -> Given:
    made: Any = Given(**so_far)
    reads.follow(made, made, size)
    return made


def reads(done: int, total: int | None, *, is_estimate: bool = False) -> Counted:
    return Counted(Unit.READS, done, total, is_estimate)


def test_total_is_estimated_from_the_bytes_that_were_given() -> None:
    counted = AlignedReads(1000, is_counted=False)
    assert counted() == reads(0, None)

    lane = follow(counted, 1000, given=50, used=9, aligned=10)
    assert counted() == reads(10, None)  # less than a hundredth says too little
    lane.given, lane.used, lane.aligned = 500, 100, 300
    assert counted() == reads(300, 5000, is_estimate=True)
    lane.given, lane.used, lane.aligned = 4800, 1000, 4000
    assert counted() == reads(4000, 4800)


def test_lanes_that_were_aligned_count_for_those_that_follow() -> None:
    counted = AlignedReads(300, is_counted=False)
    follow(counted, 100, given=400, used=100, aligned=400)
    follow(counted, 200, given=300, used=50, aligned=100)

    # 700 reads in 150 bytes make 1400 in 300
    assert counted() == reads(500, 1400, is_estimate=True)


def test_reads_of_an_alignment_are_known() -> None:
    counted = AlignedReads(1000, is_counted=True)
    assert counted() == reads(0, 1000)

    follow(counted, 600, given=600, used=600, aligned=600)
    follow(counted, 400, given=9, used=9, aligned=2)
    assert counted() == reads(602, 1000)


def test_padding_is_not_counted() -> None:
    counted = AlignedReads(100, is_counted=False)
    part = follow(counted, 100, padding=80, aligned=60)
    assert counted() == reads(0, None)

    part.given, part.used, part.aligned = 40, 10, 100
    assert counted() == reads(20, 400, is_estimate=True)


@pytest.mark.parametrize(
    ("reads_done", "line"),
    [
        # lines of bwa 0.7.17 and minimap2 2.24
        (
            BWA.reads_done,
            "[M::mem_process_seqs] Processed 21710 reads in 1.093 CPU sec, 0.546 real sec",
        ),
        (MINIMAP2.reads_done, "[M::worker_pipeline::0.915*1.85] mapped 21710 sequences"),
    ],
)
def test_aligners_log_says_how_many_reads_it_has_aligned(
    reads_done: re.Pattern[str], line: str
) -> None:
    listener = ReadListener("aligner", re.compile("no such line"), reads_done)
    for each in (line, "[M::process] read 9 sequences (9 bp)...", line):
        listener(each)

    assert (listener.aligned, listener.reads) == (43420, 0)


@pytest.fixture
def lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setattr("jobkit.fastq.CHUNK_BYTES", 5000)
    monkeypatch.setattr("gzip.READ_BUFFER_SIZE", 512)
    paths = tmp_path / "r_1.fastq.gz", tmp_path / "r_2.fastq.gz"
    for path in paths:
        text = "".join(f"@p{n}\n{'ACGT' * 20}\n+\n{'F' * 80}\n" for n in range(PAIRS))
        path.write_bytes(gzip.compress(text.encode()))
    return paths


def test_feed_knows_how_much_of_its_files_it_has_given(
    lane: tuple[Path, Path], tmp_path: Path
) -> None:
    size = sum(path.stat().st_size for path in lane)
    with ProcessGroup() as group, PairFeed(group, lane) as feed:
        before = (feed.given, feed.used)
        names = [tmp_path / "one", tmp_path / "two"]
        feed.link(names)
        children = group.spawn_chain(
            [["sh", "-c", 'cat "$0" >/dev/null & cat "$1" >/dev/null; wait', *map(str, names)]],
            pass_fds=feed.descriptors,
        )
        feed.start()
        group.wait(children)
        feed.require_whole()

        assert before == (0, 0)
        assert (feed.given, feed.used, feed.padding) == (2 * PAIRS, size, 0)


@pytest.mark.parametrize("count", [1, 3, 7])
def test_parts_share_the_bytes_of_a_lane_and_use_all_of_their_own(
    lane: tuple[Path, Path], count: int
) -> None:
    size = lane[0].stat().st_size
    shares = []
    for part in all_parts(count):
        reader = PartReader(lane, part, 0, size, 10_000, is_padded=False)
        used = [reader.used]
        for _ in zip(reader.chunks(0), reader.chunks(1), strict=True):
            used.append(reader.used)
        assert used == sorted(used)
        assert (used[0], reader.used) == (0, reader.size)
        shares.append(reader.size)

    assert sum(shares) == size
    assert max(shares) - min(shares) <= 1
