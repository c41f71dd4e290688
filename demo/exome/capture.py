"""Which fragments an exome capture pulls out of a library.

A bait takes a fragment that covers it: a target is drawn, a point in it is drawn, and the
fragment lies over that point at random. Depth so falls off over the ends of a target, to half
at its last base, as it does in real captures. A small part of the library is off target.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.exome.spec import ExomeSpec
from demo.exome.transcript import Span

_EFFICIENCY_SD = 0.25
"""Of the logarithm of a target's capture efficiency."""
_GC_OPTIMUM, _GC_WIDTH = 0.47, 0.20
_PILOT = 50_000


@dataclass(frozen=True, slots=True)
class Fragments:
    """Pieces of the reference: chromosome by its number, 0-based start, length in bases."""

    chromosome: NDArray[np.int64]
    start: NDArray[np.int64]
    length: NDArray[np.int64]

    def __len__(self) -> int:
        return self.start.size

    def repeated(self, which: NDArray[np.int64]) -> "Fragments":
        """These fragments in another choice and order."""
        return Fragments(self.chromosome[which], self.start[which], self.length[which])


class Capture:
    """Draws fragments from a genome with these targets."""

    def __init__(
        self,
        spec: ExomeSpec,
        genome: dict[str, str],
        targets: dict[str, list[Span]],
        rng: np.random.Generator,
    ) -> None:
        self._spec, self._rng = spec, rng
        self._lengths = np.array([len(sequence) for sequence in genome.values()])
        spans = [(n, *span) for n, chrom in enumerate(genome) for span in targets[chrom]]
        self._chromosome, self._start, self._end = np.array(spans, dtype=np.int64).T
        width = self._end - self._start
        gc = np.array([_gc(genome[chrom][a:b]) for chrom in genome for a, b in targets[chrom]])
        efficiency = np.exp(
            rng.normal(0.0, _EFFICIENCY_SD, width.size)
            - 0.5 * ((gc - _GC_OPTIMUM) / _GC_WIDTH) ** 2
        )
        self._odds = width * efficiency / np.sum(width * efficiency)
        self.target_bases = int(width.sum())

    def draw(self, count: int, rng: np.random.Generator | None = None) -> Fragments:
        """`count` fragments, on and off target in random order; `rng` in place of the own one."""
        rng, spec = rng or self._rng, self._spec
        length = np.rint(rng.normal(spec.insert_mean, spec.insert_sd, count)).astype(np.int64)
        length = np.maximum(length, spec.read_length)
        target = rng.choice(self._odds.size, size=count, p=self._odds)
        chromosome = self._chromosome[target]
        bait = self._start[target] + np.floor(
            rng.random(count) * (self._end - self._start)[target]
        ).astype(np.int64)
        start = bait - np.floor(rng.random(count) * length).astype(np.int64)
        stray = np.flatnonzero(rng.random(count) < spec.off_target_fraction)
        by_length = self._lengths / self._lengths.sum()
        chromosome[stray] = rng.choice(self._lengths.size, size=stray.size, p=by_length)
        start[stray] = np.floor(rng.random(stray.size) * self._lengths[chromosome[stray]])
        # Half a kilobase of room: a haplotype may be some bases shorter than its reference.
        start = np.clip(start, 0, self._lengths[chromosome] - length - 500)
        return Fragments(chromosome, start, length)

    def fragments_for(self, depth: float) -> int:
        """How many fragments give this mean depth, measured on a pilot of `_PILOT` fragments."""
        pilot = self.draw(_PILOT)
        reads = self._spec.read_length
        second = pilot.start + pilot.length - reads
        on_target = self._covered(pilot.chromosome, pilot.start) + self._covered(
            pilot.chromosome, second
        )
        return int(np.ceil(depth * self.target_bases / (on_target / _PILOT)))

    def _covered(self, chromosome: NDArray[np.int64], start: NDArray[np.int64]) -> int:
        """Target bases under reads that start here, summed over the reads."""
        total = 0
        for n, length in enumerate(self._lengths):
            mask = np.zeros(length + 1, dtype=np.int64)
            here = self._chromosome == n
            mask[self._start[here] + 1] += 1
            mask[self._end[here] + 1] -= 1
            below = np.cumsum(np.cumsum(mask))
            starts = start[chromosome == n]
            total += int(np.sum(below[starts + self._spec.read_length] - below[starts]))
        return total


def _gc(bases: str) -> float:
    return (bases.count("G") + bases.count("C")) / len(bases)
