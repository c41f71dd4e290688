"""How the two files of a lane name the reads of one fragment.

A header line is `@`, the name, and after a blank a comment. Mates have the same name, or names that
differ in a suffix. bwa and minimap2 remove `/` and a digit themselves; other suffixes must be
removed before.
"""

import re
from dataclasses import dataclass

MAX_NAME_CHARACTERS = 254
"""Of QNAME: SAM specification, 1.4."""

_BLANK = re.compile(rb"\s")
_NUMBER = re.compile(rb"/[0-9]")
# the separator between the fragment and the mate's number or letter, such as `.`, `/` or `_R`
_SEPARATOR = re.compile(rb"[^\s]([/._:#-](?:[Rr](?:ead)?)?)\Z")
_ENDS = ((b"1", b"2"), (b"1", b"3"), (b"F", b"R"), (b"f", b"r"), (b"fwd", b"rev"))
# Illumina since CASAVA 1.8: number of the mate, filter flag, control number
_COMMENT = re.compile(rb"([1-9]):[YN]:[0-9]+:")


def read_name(header: bytes) -> bytes:
    """The name in a header line, which may lack its `@`."""
    return _BLANK.split(header.removeprefix(b"@"), maxsplit=1)[0]


def without_number(name: bytes) -> bytes:
    """The name as bwa and minimap2 compare it: without `/` and a digit at its end."""
    return name[:-2] if _NUMBER.fullmatch(name[-2:]) else name


def mate_number(header: bytes) -> int:
    """The mate's number in a header, from `/1` or CASAVA's comment; 0 if it has none."""
    name = read_name(header)
    comment = header.removeprefix(b"@")[len(name) :].lstrip()
    if found := _COMMENT.match(comment):
        return int(found[1])
    return int(name[-1:]) if _NUMBER.fullmatch(name[-2:]) else 0


@dataclass(frozen=True, slots=True)
class PairStyle:
    """The suffixes of the names of first and second mates; empty if the names are equal."""

    first: bytes = b""
    second: bytes = b""

    @property
    def is_known_to_aligners(self) -> bool:
        """True if bwa and minimap2 accept the names unchanged."""
        return all(not mark or _NUMBER.fullmatch(mark) for mark in (self.first, self.second))

    @property
    def is_swapped(self) -> bool:
        """True if the first file holds second mates."""
        ends = [(self.first.endswith(two), self.second.endswith(one)) for one, two in _ENDS]
        return bool(self.first) and (True, True) in ends

    def pairs(self, first: bytes, second: bytes) -> bool:
        """True if two names are of the same fragment."""
        if first == second or without_number(first) == without_number(second):
            return True
        return (
            bool(self.first)
            and first.endswith(self.first)
            and second.endswith(self.second)
            and first[: -len(self.first)] == second[: -len(self.second)]
        )


SAME = PairStyle()
"""Mates have the same name."""


def style_of(first: bytes, second: bytes) -> PairStyle | None:
    """How two names of the same fragment differ; None if they are of different fragments.

    If the first names of two files pair, the others may not: `SRR1.1` and `SRR1.2` can be mates or
    neighbours. All following names must have the same style.
    """
    if first == second:
        return SAME
    length = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), 0)
    separator = _SEPARATOR.search(first[:length])
    ends = (first[length:], second[length:])
    if separator is None or not (ends in _ENDS or ends[::-1] in _ENDS):
        return None
    return PairStyle(separator[1] + ends[0], separator[1] + ends[1])
