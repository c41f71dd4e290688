"""Compression of a file, and the text of a block as far as it can be decompressed."""

import zlib
from dataclasses import dataclass
from enum import StrEnum

TEXT_BYTES = 1 << 20
"""The maximum of a block's text that is read; zeros decompress to a thousand times their size."""

_TAIL_TEXT_BYTES = 1 << 23

GZIP_MAGIC = b"\x1f\x8b"
_GZIP_START = GZIP_MAGIC + b"\x08"  # deflate, the only method
_BGZF_START = _GZIP_START + b"\x04"
_BGZF_HEADER_BYTES = 18
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends a BAM or a bgzipped file: SAM specification, 4.1.2."""
_BGZF_FIELD = b"BC\x02\x00"  # SAM specification, 4.1: the subfield with the block's size
_ANY_GZIP = 16 + zlib.MAX_WBITS


class Packing(StrEnum):
    """Compression formats of FASTQ files; `BGZF` is gzip in blocks with their sizes."""

    PLAIN = "plain"
    GZIP = "gzip"
    BGZF = "BGZF"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A block's text, and whether it is complete.

    Attributes:
        text: at most the requested length.
        packed_bytes: the length of the text in the block.
        is_whole: the block was decompressed to its end, where a gzip member ends.
        problem: why it could not be decompressed further, if it is damaged.
    """

    text: bytes
    packed_bytes: int
    is_whole: bool
    problem: str = ""


def packing_of(start: bytes) -> Packing:
    """The compression of a file that begins with `start`."""
    if bgzf_block_bytes(start, 0):
        return Packing.BGZF
    return Packing.GZIP if start.startswith(GZIP_MAGIC) else Packing.PLAIN


def unpack(block: bytes, most: int = TEXT_BYTES) -> Unpacked:
    """Decompress gzip, of one or several members, from its beginning."""
    text, rest = bytearray(), block
    while rest.strip(b"\0"):  # zeros after a member are padding
        member = zlib.decompressobj(_ANY_GZIP)
        try:
            text += member.decompress(rest, most - len(text) + 1)
        except zlib.error as error:
            return Unpacked(bytes(text[:most]), len(block), is_whole=False, problem=str(error))
        rest = member.unused_data
        if len(text) > most or not member.eof:
            used = len(block) - len(rest) - len(member.unconsumed_tail)
            return Unpacked(bytes(text[:most]), used, is_whole=False)
    return Unpacked(bytes(text), len(block), is_whole=True)


def bgzf_block_bytes(data: bytes, at: int) -> int:
    """Length of the BGZF block at `at`; 0 if there is none."""
    header = data[at : at + _BGZF_HEADER_BYTES]
    if len(header) < _BGZF_HEADER_BYTES or not header.startswith(_BGZF_START):
        return 0
    if header[12:16] != _BGZF_FIELD:
        return 0
    return int.from_bytes(header[16:18], "little") + 1


def last_members(tail: bytes) -> Unpacked | None:
    """The text of the gzip members at the end of a file whose last bytes are `tail`.

    None if `tail` has no start of a member from which everything is valid: the last one is longer,
    or truncated. A BGZF block has at most 64 KiB, so a tail of twice that contains the start of
    one.
    """
    at = tail.find(_GZIP_START)
    while at >= 0:
        found = unpack(tail[at:], _TAIL_TEXT_BYTES)
        if found.is_whole:
            return found
        at = tail.find(_GZIP_START, at + 1)
    return None


def has_bgzf_block(tail: bytes) -> bool:
    """True if a BGZF block begins in `tail`."""
    at = tail.find(_BGZF_START)
    while at >= 0:
        if bgzf_block_bytes(tail, at):
            return True
        at = tail.find(_BGZF_START, at + 1)
    return False
