"""Check that a sample's lanes meet isaac-align's requirements: pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from isaac.scan_fastq import FastqFacts
from jobkit.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Mate:
    """One FASTQ file: its name and its facts."""

    name: str
    facts: FastqFacts


type Lane = tuple[Mate, Mate]


def require_pairs(lanes: Sequence[Lane]) -> None:
    """Check that the two files of each lane hold the same fragments, also as Isaac reads names.

    Raises:
        InvalidInputError: names the first two files that do not.
    """
    for first, second in lanes:
        if first.facts.records != second.facts.records:
            raise InvalidInputError(
                f"{first.name} has {first.facts.records} reads, "
                f"{second.name} {second.facts.records}: they are not a pair",
                hint="give the two files of one lane, both whole",
            )
        if first.facts.names != second.facts.names:
            raise InvalidInputError(
                f"{first.name} and {second.name} are not a pair: their reads have different names",
                hint="give the two files of one lane, in the order of the sequencer",
            )


def require_lengths(lanes: Sequence[Lane], seed_length: int) -> None:
    """Check that the first lane has the longest reads, because isaac-align uses its lengths for
    all.

    Raises:
        InvalidInputError: a later lane's reads would be cut, or reads are shorter than a seed.
    """
    for side, first in enumerate(lanes[0]):
        length = first.facts.longest
        if length < seed_length:
            raise InvalidInputError(
                f"{first.name}: reads have {length} bases, fewer than isaac-align's seed of "
                f"{seed_length}",
                hint="align with bwa, or give a shorter --seed-length (10 at least) in cmdArgs",
            )
        for lane in lanes[1:]:
            if lane[side].facts.longest > length:
                raise InvalidInputError(
                    f"{lane[side].name} has reads of {lane[side].facts.longest} bases; isaac-align "
                    f"would cut them to the {length} of the first lane, {first.name}",
                    hint="give the lane with the longest reads first, or align with bwa",
                )


def differ_in_length(lanes: Sequence[Lane]) -> bool:
    """True if not all first reads, or not all second reads, have the same length."""
    return any(
        mate.facts.shortest < first.facts.longest
        for side, first in enumerate(lanes[0])
        for mate in (lane[side] for lane in lanes)
    )
