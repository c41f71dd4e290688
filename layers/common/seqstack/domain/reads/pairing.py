"""Check that the two FASTQ files of a lane are a pair, and that files of lanes differ."""

from collections.abc import Sequence

from seqstack.domain.reads.names import mate_number, style_of
from seqstack.domain.reads.records import Fault, Record

_SHOWN = 60
_GIVE_PAIR = "give the two files of one lane, in the order of the sequencer"
_SWAP = "exchange the two files"


def pair_fault(first: Sequence[Record], second: Sequence[Record]) -> Fault | None:
    """The fault of two files as first and second reads of the same fragments, if any.

    The fault is reported for the second file. Records are those at the beginning of both.
    """
    pairs = list(zip(first, second, strict=False))
    if _have_same_bases(first, second):
        return Fault("holds the same reads as the first file of its lane", _GIVE_PAIR)
    one, other = pairs[0]
    numbers = (mate_number(one.header), mate_number(other.header))
    style = style_of(one.name, other.name)
    if style is None:
        return _unpaired(1, one, other)
    if style.is_swapped or (numbers[1] == 1 and numbers[0] > 1):
        return Fault("holds first reads, and the other file of its lane second reads", _SWAP)
    if numbers[0] == numbers[1] != 0:
        return Fault(
            f"holds reads {numbers[1]} of pairs, as the other file of its lane does: "
            f"{_shown(one)} and {_shown(other)}",
            _GIVE_PAIR,
        )
    for number, (one, other) in enumerate(pairs, start=1):
        if not style.pairs(one.name, other.name):
            return _unpaired(number, one, other)
    return None


def have_same_reads(first: Sequence[Record], second: Sequence[Record]) -> bool:
    """True if two files begin with the same reads, by names and bases."""
    pairs = list(zip(first, second, strict=False))
    return bool(pairs) and all(
        one.name == other.name and one.sequence == other.sequence for one, other in pairs
    )


def _have_same_bases(first: Sequence[Record], second: Sequence[Record]) -> bool:
    pairs = list(zip(first, second, strict=False))
    return any(one.sequence.strip(b"Nn.") for one, _ in pairs) and all(
        one.sequence == other.sequence for one, other in pairs
    )


def _unpaired(number: int, one: Record, other: Record) -> Fault:
    return Fault(
        f"does not pair with the first file of its lane: record {number:,} of them is "
        f"{_shown(one)} and {_shown(other)}",
        _GIVE_PAIR,
    )


def _shown(record: Record) -> str:
    return repr(record.header[:_SHOWN].decode("ascii", "replace"))
