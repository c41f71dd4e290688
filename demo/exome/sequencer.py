"""Turning fragments of haplotypes into paired reads with Illumina's kind of quality and error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.exome.capture import Fragments
from demo.exome.genome import Codes
from demo.exome.haplotypes import Haplotype

Qualities = NDArray[np.uint8]

NO_CALL = 4
"""The code of N."""
_WORST, _BEST = 2, 41
_PLATEAU = 37.5
_FIRST_CYCLES, _FIRST_DROP = 3, 4.0
_DROP = (7.0, 10.0)
"""Loss of quality from the plateau to the last cycle, of the first and the second mate."""
_DROP_POWER = 2.2
_READ_SD, _BASE_SD = 2.0, 2.5
_POOR_BASES = 0.01


@dataclass(frozen=True, slots=True)
class Reads:
    """One mate of every pair: codes (0 to 3, 4 is N) and Phred qualities, reads x cycles."""

    bases: Codes
    qualities: Qualities


def sequence_pairs(
    fragments: Fragments,
    haplotypes: Sequence[tuple[Haplotype, Haplotype]],
    read_length: int,
    rng: np.random.Generator,
) -> tuple[Reads, Reads]:
    """Sequence both ends of each fragment, taken from either haplotype and either strand.

    `haplotypes` is in the order of the fragments' chromosome numbers.
    """
    copies = [copy for pair in haplotypes for copy in pair]
    offsets = np.cumsum([0, *(copy.bases.size for copy in copies)])
    everything = np.concatenate([copy.bases for copy in copies])
    which = 2 * fragments.chromosome + rng.integers(0, 2, len(fragments))
    start = np.empty(len(fragments), dtype=np.int64)
    for n, copy in enumerate(copies):
        here = which == n
        start[here] = copy.place(fragments.start[here]) + offsets[n]
    cycles = np.arange(read_length)
    last = start + fragments.length - 1
    forward = everything[start[:, None] + cycles]
    backward = 3 - everything[last[:, None] - cycles]
    flipped = (rng.random(len(fragments)) < 0.5)[:, None]
    first = np.where(flipped, backward, forward)
    second = np.where(flipped, forward, backward)
    return _read_out(first, 0, rng), _read_out(second, 1, rng)


def draw_qualities(shape: tuple[int, int], mate: int, rng: np.random.Generator) -> Qualities:
    """Phred qualities: a plateau that sinks towards the end, reads and bases that differ.

    `shape` is reads x cycles; `mate` is 0 or 1.
    """
    count, read_length = shape
    cycle = np.arange(read_length)
    mean = _PLATEAU - _DROP[mate] * (cycle / read_length) ** _DROP_POWER
    mean[:_FIRST_CYCLES] -= _FIRST_DROP
    read = -np.abs(rng.normal(0.0, _READ_SD, (count, 1)))
    noise = rng.standard_normal(shape, dtype=np.float32) * _BASE_SD
    quality = mean + read + noise
    poor = rng.random(shape, dtype=np.float32) < _POOR_BASES
    quality[poor] = rng.integers(_WORST, 16, int(poor.sum()))
    return np.clip(np.rint(quality), _WORST, _BEST).astype(np.uint8)


def _read_out(bases: Codes, mate: int, rng: np.random.Generator) -> Reads:
    """Errors at the rate each quality states, 10^(-Q/10); bases of quality 2 are not called."""
    qualities = draw_qualities((len(bases), bases.shape[1]), mate, rng)
    error_rate = (10.0 ** (-np.arange(_BEST + 1) / 10)).astype(np.float32)
    wrong = rng.random(bases.shape, dtype=np.float32) < error_rate[qualities]
    read = bases.copy()
    read[wrong] = (read[wrong] + rng.integers(1, 4, int(wrong.sum()))) % 4
    read[qualities == _WORST] = NO_CALL
    return Reads(read, qualities)
