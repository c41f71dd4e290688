"""Read the beginnings and ends of objects in S3, with range requests."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from botocore.exceptions import ClientError, IncompleteReadError

from seqstack.adapters.aws import client, translated_errors
from seqstack.adapters.objects import Payer, payer, what_is_wrong
from seqstack.domain.errors import TransientServiceError
from seqstack.domain.reads.fastq_file import HEAD_BYTES, TAIL_BYTES, FileBlocks
from seqstack.domain.s3uri import S3Uri

_AT_ONCE = 16


def read_blocks(
    sizes: Mapping[S3Uri, int], *, requester_pays: bool = False
) -> dict[S3Uri, FileBlocks | str]:
    """The first and last block of each object (or the whole of a small one), or why it can't be
    read.

    `sizes` are in bytes. An object takes two requests, a small one takes one.
    """
    wanted = [(uri, start, end) for uri, size in sizes.items() for start, end in _ranges_of(size)]
    client("s3")  # created before the threads start: creating clients is not thread-safe
    read = partial(_bytes_or_problem, payer=payer(requester_pays=requester_pays))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        got = dict(zip(wanted, pool.map(read, wanted), strict=True))
    return {
        uri: _joined(size, [got[uri, start, end] for start, end in _ranges_of(size)])
        for uri, size in sizes.items()
    }


def _ranges_of(size: int) -> list[tuple[int, int]]:
    """First and last byte of each block."""
    if size <= HEAD_BYTES:
        return [(0, size - 1)] if size else []
    return [(0, HEAD_BYTES - 1), (size - TAIL_BYTES, size - 1)]


def _joined(size: int, blocks: list[bytes | str]) -> FileBlocks | str:
    for block in blocks:
        if isinstance(block, str):
            return block
    head, tail, *_ = *(block for block in blocks if isinstance(block, bytes)), b"", b""
    return FileBlocks(size, head, tail)


def _bytes_or_problem(wanted: tuple[S3Uri, int, int], payer: Payer) -> bytes | str:
    uri, start, end = wanted
    try:
        with translated_errors():
            answer = client("s3").get_object(
                Bucket=uri.bucket, Key=uri.key, Range=f"bytes={start}-{end}", **payer
            )
            return answer["Body"].read()
    except IncompleteReadError as error:
        raise TransientServiceError(f"GetObject of {uri}: {error}") from error
    except ClientError as error:
        return what_is_wrong(error)
