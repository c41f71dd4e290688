"""The header and the first records of a BAM file: SAM specification, 4.2."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from seqstack.domain.reads.umis import has_umi

BAM_MAGIC = b"BAM\x01"
_PAIRED = 0x1
_NO_QUALITY = 0xFF
_FIXED_BYTES = 32
_UMI_TAG = b"RXZ"
_FLAG_AND_BASES = struct.Struct("<HHI")  # n_cigar_op, flag, l_seq: from byte 12 of a record


@dataclass(frozen=True, slots=True)
class BamRecord:
    """What is looked at of a record; `qualities` are on Phred's scale, empty if there are none.

    `read` are its name and its bases, as BAM has them.
    """

    read: tuple[bytes, bytes]
    is_paired: bool
    bases: int
    qualities: bytes
    has_umi_tag: bool
    has_umi_name: bool


@dataclass(frozen=True, slots=True)
class BamStart:
    """The header's text, and whole records as far as they were seen."""

    header: str
    records: tuple[BamRecord, ...]


def read_bam_start(data: bytes, most: int) -> BamStart | None:
    """Read unpacked BAM, `most` records at most; None if the header goes on behind `data`.

    Raises:
        ValueError: it is malformed.
    """
    text_bytes = _number(data, len(BAM_MAGIC))
    start = len(BAM_MAGIC) + 4
    at = start + text_bytes
    if at + 4 > len(data):
        return None
    header = data[start:at].rstrip(b"\0").decode("utf-8", "replace")
    contigs, at = _number(data, at), at + 4
    for _ in range(contigs):
        if at + 4 > len(data):
            return None
        at += 4 + _number(data, at) + 4
    return BamStart(header, tuple(_records(data, at, most)))


def _records(data: bytes, at: int, most: int) -> Iterator[BamRecord]:
    for _ in range(most):
        if at + 4 > len(data):
            return
        size = _number(data, at)
        body = data[at + 4 : at + 4 + size]
        if len(body) < size:
            return
        if size < _FIXED_BYTES:
            raise ValueError("a record is too short")
        operations, flag, bases = _FLAG_AND_BASES.unpack_from(body, 12)
        name_end = _FIXED_BYTES + body[8]
        bases_at = name_end + 4 * operations
        quality_at = bases_at + (bases + 1) // 2
        qualities = body[quality_at : quality_at + bases]
        if len(qualities) < bases:
            raise ValueError("a record is shorter than its bases")
        known = qualities[:1] != bytes([_NO_QUALITY])
        name = body[_FIXED_BYTES : name_end - 1]
        yield BamRecord(
            (name, body[bases_at:quality_at]),
            bool(flag & _PAIRED),
            bases,
            qualities if known else b"",
            _UMI_TAG in body[quality_at + bases :],
            has_umi(name),
        )
        at += 4 + size


def _number(data: bytes, at: int) -> int:
    number = int.from_bytes(data[at : at + 4], "little", signed=True)
    if number < 0:
        raise ValueError("a length is negative")
    return number
