"""Low complexity and repeats, as genomes have them, kept away from the targets."""

import numpy as np
from numpy.typing import NDArray

from demo.exome.transcript import Span

_CLEARANCE = 250
"""Bases between a repeat and a target: about an insert, so that mates still anchor."""

_PER_MEGABASE = {"homopolymer": 60, "microsatellite": 40, "interspersed": 25}
_FAMILY_LENGTH = 300
_DIVERGENCE = 0.12
"""Of one copy from its family: a mid-aged human Alu differs by about as much."""


def scatter_repeats(
    genome: dict[str, NDArray[np.uint8]], targets: dict[str, list[Span]], rng: np.random.Generator
) -> None:
    """Write homopolymers, microsatellites and one interspersed family into the chromosomes."""
    family = rng.integers(0, 4, _FAMILY_LENGTH).astype(np.uint8)
    for chrom, chromosome in genome.items():
        free = np.ones(chromosome.size, dtype=bool)
        for start, end in targets[chrom]:
            free[max(0, start - _CLEARANCE) : end + _CLEARANCE] = False
        taken = np.concatenate([[0], np.cumsum(~free)])
        for kind, density in _PER_MEGABASE.items():
            for _ in range(max(2, density * chromosome.size // 1_000_000)):
                bases = _draw(kind, family, rng)
                start = int(rng.integers(0, chromosome.size - bases.size))
                if taken[start + bases.size] == taken[start]:
                    chromosome[start : start + bases.size] = bases


def _draw(kind: str, family: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if kind == "homopolymer":
        return np.full(rng.integers(10, 26), rng.integers(0, 4), dtype=np.uint8)
    if kind == "microsatellite":
        unit = rng.permutation(4)[: rng.integers(2, 4)].astype(np.uint8)
        return np.tile(unit, int(rng.integers(8, 20)))
    changed = rng.random(family.size) < _DIVERGENCE
    copy = np.where(changed, (family + rng.integers(1, 4, family.size)) % 4, family)
    copy = copy.astype(np.uint8)
    return copy if rng.random() < 0.5 else (3 - copy)[::-1]
