"""Writing reads as gzipped FASTQ with Illumina's read names."""

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.exome.sequencer import Reads

_LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)
_PER_TILE = 5_000
_FIRST_TILE = 1101
_GZIP_LEVEL = 1
INDEX = "ACAGTG"


def fastq_name(sample_id: str, lane: int, mate: int) -> str:
    """The file name that bcl2fastq gives: `demo_S1_L001_R1_001.fastq.gz`."""
    return f"{sample_id}_S1_L{lane:03d}_R{mate}_001.fastq.gz"


def write_fastq(
    path: Path,
    reads: Reads,
    lane: int,
    mate: int,
    columns: NDArray[np.int64],
    *,
    after: int = 0,
) -> None:
    """Write one mate's reads; `columns` are the clusters' x coordinates, equal for both mates.

    If there are reads `after` which these come, they are appended to the file.

    Every record has the same width, so the file is one matrix of bytes. The gzip header carries
    neither name nor time: the same reads give the same file.
    """
    count, cycles = reads.bases.shape
    number = np.arange(after, after + count)
    names = _headers(lane, mate, _FIRST_TILE + number // _PER_TILE, columns, number % _PER_TILE)
    head = names.shape[1]
    record = np.empty((count, head + 2 * cycles + 4), dtype=np.uint8)
    record[:, :head] = names
    record[:, head : head + cycles] = _LETTERS[reads.bases]
    record[:, head + cycles : head + cycles + 3] = np.frombuffer(b"\n+\n", dtype=np.uint8)
    record[:, head + cycles + 3 : -1] = reads.qualities + 33
    record[:, -1] = ord("\n")
    with (
        path.open("ab" if after else "wb") as raw,
        gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as out,
    ):
        out.write(record.tobytes())


def _headers(
    lane: int, mate: int, tile: NDArray[np.int64], x: NDArray[np.int64], y: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """`@SIM:1:FCX:<lane>:<tile>:<x>:<y> <mate>:N:0:<index>`; y makes a name unique in its tile."""
    texts = [
        f"@SIM:1:FCX:{lane}:{t}:{a}:{10_000 + b} {mate}:N:0:{INDEX}\n"
        for t, a, b in zip(tile.tolist(), x.tolist(), y.tolist(), strict=True)
    ]
    return np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(tile.size, -1)
