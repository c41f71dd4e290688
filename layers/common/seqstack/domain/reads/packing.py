"""How a file is packed, and its text as far as a block of it can be unpacked."""

import zlib
from dataclasses import dataclass
from enum import StrEnum

TEXT_BYTES = 1 << 20
"""Of a block's text, so much is looked at; a block of zeros would unpack to a thousand times it."""

_TAIL_TEXT_BYTES = 1 << 23

GZIP_MAGIC = b"\x1f\x8b"
_GZIP_START = GZIP_MAGIC + b"\x08"  # deflate, the only method that there is
_BGZF_START = _GZIP_START + b"\x04"
_BGZF_HEADER_BYTES = 18
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends a BAM or a bgzipped file: SAM specification, 4.1.2."""
_BGZF_FIELD = b"BC\x02\x00"  # SAM specification, 4.1: the subfield with the block's size
_ANY_GZIP = 16 + zlib.MAX_WBITS


class Packing(StrEnum):
    """How a FASTQ file can be packed; `BGZF` is gzip in blocks that say how long they are."""

    PLAIN = "plain"
    GZIP = "gzip"
    BGZF = "BGZF"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A block's text, and whether it is all that the block holds.

    Attributes:
        text: as much as was wanted.
        packed_bytes: how much of the block that text was.
        is_whole: the block was unpacked to its end, where a gzip member ends.
        problem: why it could not be unpacked further, if it is damaged.
    """

    text: bytes
    packed_bytes: int
    is_whole: bool
    problem: str = ""


def packing_of(start: bytes) -> Packing:
    """How a file is packed that begins with `start`."""
    if bgzf_block_bytes(start, 0):
        return Packing.BGZF
    return Packing.GZIP if start.startswith(GZIP_MAGIC) else Packing.PLAIN


def unpack(block: bytes, most: int = TEXT_BYTES) -> Unpacked:
    """Unpack gzip, of one member or several, from its beginning."""
    text, rest = bytearray(), block
    while rest.strip(b"\0"):  # zeros behind a member are padding
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
    """Length of the BGZF block that begins at `at`; 0 if none does."""
    header = data[at : at + _BGZF_HEADER_BYTES]
    if len(header) < _BGZF_HEADER_BYTES or not header.startswith(_BGZF_START):
        return 0
    if header[12:16] != _BGZF_FIELD:
        return 0
    return int.from_bytes(header[16:18], "little") + 1


def last_members(tail: bytes) -> Unpacked | None:
    """The text of the gzip members at the end of a file whose last bytes are `tail`.

    None if no member begins in `tail` from which on all is sound: the last one is longer, or cut
    off. A BGZF block has 64 KiB at most, so that its beginning is in a tail of twice that.
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
