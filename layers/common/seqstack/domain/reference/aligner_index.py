"""The contigs of an aligner's index, read from its first bytes."""

import re
import struct
from collections.abc import Iterator

from seqstack.domain.numbers import whole_number
from seqstack.domain.reference.contigs import Contig

_MMI_MAGIC = b"MMI\x02"
_HEAD = struct.Struct("<4s5I")  # magic, w, k, bucket bits, sequences, flags: minimap2's index.c
_NAMELESS = 0x4
_LENGTH = struct.Struct("<I")
_BWA_SEQUENCE = re.compile(r"[0-9]+ (\S*)(?: .*)?")


def parse_bwa_ann(text: str) -> tuple[Contig, ...]:
    """The contigs of bwa's `.ann`: bwa's bntseq.c writes two lines for each.

    Raises:
        ValueError: it is not one, or truncated.
    """
    lines = text.splitlines()
    counts = lines[0].split(" ") if lines else []
    if len(counts) != 3 or len(lines) % 2 == 0:
        raise ValueError("it is not an .ann of bwa index, or truncated")
    contigs = []
    for named, placed in zip(lines[1::2], lines[2::2], strict=True):
        found, place = _BWA_SEQUENCE.fullmatch(named), placed.split(" ")
        if not found or len(place) != 3:
            raise ValueError(f"{named[:80]!r} is not a line of bwa's .ann")
        contigs.append(Contig(found[1], whole_number(place[1])))
    if len(contigs) != whole_number(counts[1]):
        raise ValueError("it is truncated")
    return tuple(contigs)


def parse_mmi_start(start: bytes) -> tuple[Contig, ...]:
    """The contigs of a minimap2 index that are complete in its first bytes.

    Raises:
        ValueError: it is not an index of minimap2.
    """
    if len(start) < _HEAD.size or not start.startswith(_MMI_MAGIC):
        raise ValueError("it is not an index of minimap2 -d")
    *_, count, flags = _HEAD.unpack_from(start)
    if flags & _NAMELESS:
        raise ValueError("it was made without the contigs' names (--idx-no-seq is fine)")
    return tuple(_mmi_contigs(start, count))


def _mmi_contigs(start: bytes, count: int) -> Iterator[Contig]:
    at = _HEAD.size
    for _ in range(count):
        end = at + 1 + (start[at] if at < len(start) else 0)
        if end + _LENGTH.size > len(start):
            return
        name = start[at + 1 : end].decode("utf-8", "replace")
        yield Contig(name, _LENGTH.unpack_from(start, end)[0])
        at = end + _LENGTH.size
