"""Check a FASTQ file by its first and last block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seqstack.domain.reads.kinds import foreign_kind
from seqstack.domain.reads.limits import ReadLimits
from seqstack.domain.reads.names import mate_number, style_of
from seqstack.domain.reads.packing import (
    TEXT_BYTES,
    Packing,
    Unpacked,
    has_bgzf_block,
    last_members,
    packing_of,
    unpack,
)
from seqstack.domain.reads.quality import has_offset_64
from seqstack.domain.reads.records import Fault, Record, last_record_fault, records_of

HEAD_BYTES = 1 << 18
TAIL_BYTES = 1 << 17
"""Bytes of the blocks at a file's beginning and end; a smaller file is read whole, as its head."""

MOST_RECORDS = 2_000
_SMALL_TEXT_BYTES = 1 << 24  # of a file that is read whole; FASTQ is never compressed 64 times
_PHRED_33 = 33
_ISIZE_MOST = (1 << 32) - 1  # RFC 1952, 2.3.1: a gzip file ends with its text's length modulo 2^32
_ISIZE_BYTES = 4
# the rest of a file can be compressed better than its beginning, but hardly four times
_MARGIN = 4
_PADDING_BYTES = 16  # a valid gzip file ends in at most 8 zeros, those of an empty member
_CUT_OFF = "upload it again: it was truncated"
_SPLIT = (
    "only pairs in two files are supported; `seqtk seq -1 FILE` writes its first reads, "
    "`seqtk seq -2 FILE` its second ones"
)
_TO_33 = "`seqtk seq -Q64 -V FILE | gzip > NEW.fastq.gz` converts it; convert both files"
_PLAIN_CODES = frozenset(b"ACGTNacgtn")


@dataclass(frozen=True, slots=True)
class FileBlocks:
    """A file's size, its first and its last bytes; no last bytes if the first are all."""

    size: int
    head: bytes
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class FastqFile:
    """The result for a file: its compression, and its first records or its fault."""

    packing: Packing
    records: tuple[Record, ...] = ()
    fault: Fault | None = None


def look_at_file(blocks: FileBlocks) -> FastqFile:
    """Check a file's blocks; damage between them is not detected."""
    packing = packing_of(blocks.head)
    read = _records(blocks, packing)
    if isinstance(read, Fault):
        return FastqFile(packing, (), read)
    fault = next(_tail_faults(blocks, packing), None) or _interleaved(read) or _offset_fault(read)
    return FastqFile(packing, tuple(read), fault)


def _records(blocks: FileBlocks, packing: Packing) -> list[Record] | Fault:
    is_all = len(blocks.head) >= blocks.size
    seen = Unpacked(blocks.head, len(blocks.head), is_whole=True)
    if packing is not Packing.PLAIN:
        seen = unpack(blocks.head, _SMALL_TEXT_BYTES if is_all else TEXT_BYTES)
    is_end = is_all and seen.is_whole
    if fault := next(_head_faults(blocks, seen, is_all=is_all), None):
        return fault
    records = records_of(seen.text, is_end=is_end, most=MOST_RECORDS)
    if records or isinstance(records, Fault):
        return records
    if is_end:
        return Fault("has no reads", "give the sequencer's file")
    return Fault(
        f"has no complete read in its first {len(seen.text):,} characters",
        "give FASTQ files of short reads",
    )


def _head_faults(blocks: FileBlocks, seen: Unpacked, *, is_all: bool) -> Iterator[Fault]:
    if not blocks.size:
        yield Fault("is empty", "upload it again")
    if seen.text and (kind := foreign_kind(seen.text)):
        yield Fault(f"is not FASTQ: it is {kind[0]}", kind[1])
    if seen.problem:
        yield Fault(f"is a damaged gzip file ({seen.problem})", "upload it again")
    if is_all and not seen.is_whole and len(seen.text) < _SMALL_TEXT_BYTES:
        yield Fault("is a gzip file without its end", _CUT_OFF)


def _tail_faults(blocks: FileBlocks, packing: Packing) -> Iterator[Fault]:
    """Yield faults at the end; in a single long gzip member, only the last bytes can be checked."""
    tail = blocks.tail
    if not tail:
        return
    if not tail[-_PADDING_BYTES:].strip(b"\0"):
        yield Fault("ends in zeros", "upload it again: a copy of it was interrupted")
    end = None if packing is Packing.PLAIN else last_members(tail)
    if packing is Packing.PLAIN or end:
        if fault := last_record_fault(end.text if end else tail):
            yield fault
    elif has_bgzf_block(tail):
        yield Fault("is a BGZF file that ends inside a block", _CUT_OFF)
    elif int.from_bytes(tail[-_ISIZE_BYTES:], "little") > _most_text(blocks):
        yield Fault("does not end as a gzip file does", _CUT_OFF)


def _most_text(blocks: FileBlocks) -> int:
    """The maximum length of the file's text, from gzip's four-byte length."""
    start = unpack(blocks.head)
    most = _MARGIN * len(start.text) * blocks.size // max(1, start.packed_bytes)
    return min(most, _ISIZE_MOST)


def _interleaved(records: Sequence[Record]) -> Fault | None:
    """Check for a file in which every second read is the mate of the previous one."""
    firsts, seconds = records[0::2], records[1::2]
    if not seconds:
        return None
    numbers = (mate_number(firsts[0].header), mate_number(seconds[0].header))
    if len(seconds) == 1 and numbers != (1, 2):
        return None  # two reads whose names happen to look like a pair's
    style = style_of(firsts[0].name, seconds[0].name)
    pairs = zip(firsts, seconds, strict=False)
    if style and all(style.pairs(one.name, other.name) for one, other in pairs):
        return Fault("is interleaved: mates follow each other in it", _SPLIT)
    return None


def _offset_fault(records: Sequence[Record]) -> Fault | None:
    if has_offset_64(record.quality for record in records):
        return Fault("has qualities of offset 64; offset 33 is supported", _TO_33)
    return None


def limits_fault(records: Sequence[Record], limits: ReadLimits, aligner: str) -> Fault | None:
    """The fault of reads that `aligner` does not accept, if any."""
    longest = max(len(record.sequence) for record in records)
    if limits.most_bases is not None and longest > limits.most_bases:
        return Fault(
            f"has reads of {longest:,} bases, and {aligner} accepts at most {limits.most_bases:,}",
            "choose another aligner",
        )
    if limits.most_quality is not None:
        highest = max(max(record.quality, default=_PHRED_33) for record in records) - _PHRED_33
        if highest > limits.most_quality:
            return Fault(
                f"has qualities of {highest}, and {aligner} accepts at most {limits.most_quality}",
                "choose another aligner",
            )
    if not limits.has_codes:
        found = frozenset[int]().union(*(record.sequence for record in records)) - _PLAIN_CODES
        if found:
            return Fault(
                f"has the code {chr(min(found))} in its reads, and {aligner} accepts A, C, G, T, N",
                "choose another aligner",
            )
    return None
