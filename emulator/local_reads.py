"""Look at the reads on this machine as `validate_input` looks at those in S3."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.reads.fastq_file import HEAD_BYTES, TAIL_BYTES, FileBlocks
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.registry import Tool
from seqstack.use_cases.look_at_alignments import look_at_alignments
from seqstack.use_cases.look_at_reads import look_at_reads

_BUCKET = "files"  # of URIs that stand for paths
_SAID_OF_S3 = ("; upload it again", "; copy it here again")


def look_at_local_reads(
    sample_id: str,
    fastq: tuple[Sequence[Path], Sequence[Path]],
    alignments: Sequence[Path],
    tools: Iterable[Tool],
) -> list[str]:
    """What is wrong with FASTQ files (first and second reads), or BAM and CRAM files.

    Warnings are left to the run. So is what the reference tells of CRAM files.
    """
    files: dict[S3Uri, Path] = {}

    def uris(paths: Iterable[Path]) -> list[str]:
        given = {S3Uri(_BUCKET, f"{len(files) + n}"): path for n, path in enumerate(paths)}
        files.update(given)
        return [str(uri) for uri in given]

    checked = CheckedInput(
        (),
        {
            "sampleId": sample_id,
            "fastq1S3Path": uris(fastq[0]),
            "fastq2S3Path": uris(fastq[1]),
            "readsS3Path": uris(alignments),
        },
        "",
    )
    found = ObjectsFound({uri: path.stat().st_size for uri, path in files.items()}, {})

    def read_blocks(sizes: Mapping[S3Uri, int]) -> dict[S3Uri, FileBlocks | str]:
        return {uri: _blocks_of(files[uri], size) for uri, size in sizes.items()}

    wanted = [read for read in checked.objects_read() if read.uri in files]
    of_fastq = look_at_reads(wanted, found, tools, read_blocks)
    of_alignments = look_at_alignments(checked, found, read_blocks, lambda _uri, _size: None)
    return [
        _with_paths(problem.message, files).replace(*_SAID_OF_S3)
        for problem in (*of_fastq.problems, *of_alignments.problems)
    ]


def content_stamp(path: Path) -> bytes:
    """What tells a file of reads from another one: its size, its first and its last block."""
    blocks = _blocks_of(path, path.stat().st_size)
    digest = hashlib.sha256(f"{blocks.size} ".encode())
    for block in (blocks.head, blocks.tail):
        digest.update(block)
    return digest.digest()


def _blocks_of(path: Path, size: int) -> FileBlocks:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if size <= HEAD_BYTES:
            return FileBlocks(size, head, b"")
        file.seek(size - TAIL_BYTES)
        return FileBlocks(size, head, file.read())


def _with_paths(message: str, files: Mapping[S3Uri, Path]) -> str:
    for uri, path in sorted(files.items(), key=lambda each: len(str(each[0])), reverse=True):
        message = message.replace(str(uri), str(path))
    return message
