"""The reference sequence: background, genes written into it, and repeats between them."""

import numpy as np
from numpy.typing import NDArray

from demo.exome.genetic_code import CODONS, START, STOPS
from demo.exome.repeats import scatter_repeats
from demo.exome.spec import ExomeSpec
from demo.exome.transcript import Span, Transcript

Codes = NDArray[np.uint8]
"""Bases as 0 to 3 for A, C, G, T, so that the complement of `code` is `3 - code`."""

_LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
_GC_WINDOW = 4_000
_GC_MEAN, _GC_SPREAD, _GC_MEMORY, _GC_LIMITS = 0.43, 0.05, 0.7, (0.32, 0.60)
_CODING_GC = (0.42, 0.60)
_TRACT = slice(3, 15)
"""The pyrimidine tract, counted from the intron's end towards its start."""

_SENSE = [codon for codon in CODONS if codon not in STOPS]
_STOP_LIST = sorted(STOPS)


def encode(bases: str) -> Codes:
    """Codes of the letters A, C, G and T."""
    return np.searchsorted(_LETTERS, np.frombuffer(bases.encode(), np.uint8)).astype(np.uint8)


def decode(codes: Codes) -> str:
    """Letters of the codes."""
    return _LETTERS[codes].tobytes().decode()


def build_genome(
    spec: ExomeSpec,
    transcripts: tuple[Transcript, ...],
    targets: dict[str, list[Span]],
    rng: np.random.Generator,
) -> dict[str, str]:
    """The chromosomes by name, upper case; repeats keep clear of the targets."""
    genome = {chrom: _background(length, rng) for chrom, length in spec.chromosomes.items()}
    for transcript in transcripts:
        _write_gene(genome[transcript.chrom], transcript, rng)
    scatter_repeats(genome, targets, rng)
    return {chrom: decode(codes) for chrom, codes in genome.items()}


def _background(length: int, rng: np.random.Generator) -> Codes:
    """Independent bases whose GC content drifts from window to window."""
    windows = -(-length // _GC_WINDOW)
    levels, drift = np.empty(windows), 0.0
    for n in range(windows):
        drift = _GC_MEMORY * drift + float(rng.normal(0.0, _GC_SPREAD))
        levels[n] = _GC_MEAN + drift
    gc = np.repeat(np.clip(levels, *_GC_LIMITS), _GC_WINDOW)[:length]
    return _draw_bases(gc, rng)


def _draw_bases(gc: NDArray[np.float64], rng: np.random.Generator) -> Codes:
    strong = rng.random(gc.size) < gc
    second = rng.random(gc.size) < 0.5
    # A and T are codes 0 and 3, C and G are 1 and 2.
    return np.where(strong, 1 + second, 3 * second).astype(np.uint8)


def _write_gene(chromosome: Codes, transcript: Transcript, rng: np.random.Generator) -> None:
    gc = float(rng.uniform(*_CODING_GC))
    positions, coding = transcript.positions, transcript.coding_positions
    mature = _draw_bases(np.full(positions.size, gc), rng)
    offset = int(np.flatnonzero(positions == coding[0])[0])
    mature[offset : offset + coding.size] = encode(_draw_coding(coding.size // 3, gc, rng))
    forward = transcript.strand == "+"
    chromosome[positions] = mature if forward else 3 - mature
    for start, end in transcript.introns:
        intron = chromosome[start:end]
        if forward:
            _write_splice_sites(intron, rng)
        else:
            flipped = (3 - intron)[::-1]
            _write_splice_sites(flipped, rng)
            chromosome[start:end] = (3 - flipped)[::-1]


def _draw_coding(codons: int, gc: float, rng: np.random.Generator) -> str:
    """ATG, sense codons by their bases' odds, one of the three stops."""
    odds = np.array([np.prod([gc if b in "GC" else 1 - gc for b in codon]) for codon in _SENSE])
    middle = rng.choice(_SENSE, size=codons - 2, p=odds / odds.sum())
    return START + "".join(middle) + str(rng.choice(_STOP_LIST))


def _write_splice_sites(intron: Codes, rng: np.random.Generator) -> None:
    """GT at the start, a pyrimidine tract, AG at the end of an intron in reading direction."""
    tract = intron[::-1][_TRACT]
    pyrimidines = np.where(rng.random(tract.size) < 0.6, 3, 1)
    tract[:] = np.where(rng.random(tract.size) < 0.85, pyrimidines, tract)
    intron[:2] = encode("GT")
    intron[-2:] = encode("AG")
