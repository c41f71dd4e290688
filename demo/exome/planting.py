"""Choosing the sample's variants: every kind of consequence, no two of them touching."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from demo.exome.consequence import AmbiguousPlaceError, Consequence, consequence
from demo.exome.proposals import INDELS, SNVS, Proposal
from demo.exome.spec import ExomeSpec
from demo.exome.transcript import Transcript
from demo.exome.variant import Edit, Planted, Variant

SPACING = 40
"""Least distance in bases between two planted variants.

Beyond any codon, beyond a repeat over which an aligner could trade two indels, and far enough
that an indel's realignment window seldom holds a second variant.
"""

_TRIES = 400


@dataclass(frozen=True, slots=True)
class Truth:
    """A planted variant with what it does to the transcript it was planted in."""

    planted: Planted
    transcript: Transcript
    consequence: Consequence


@dataclass(slots=True)
class Ground:
    """The places that planted variants have taken."""

    genome: dict[str, str]
    positions: dict[str, list[int]] = field(default_factory=dict)
    codons: set[tuple[str, int]] = field(default_factory=set)

    def take(self, transcript: Transcript, edit: Edit) -> bool:
        """Take the place of an edit, unless another is near or shares a codon over an intron."""
        taken = self.positions.setdefault(transcript.chrom, [])
        left = edit.leftmost(self.genome[transcript.chrom]).start
        right = edit.rightmost(self.genome[transcript.chrom]).end
        after = bisect_left(taken, left - SPACING)
        if after < len(taken) and taken[after] < right + SPACING:
            return False
        inside = (transcript.coding_positions >= left - 1) & (transcript.coding_positions <= right)
        codons = {(transcript.name, int(i) // 3) for i in np.flatnonzero(inside)}
        if codons & self.codons:
            return False
        self.codons |= codons
        insort(taken, left)
        insort(taken, right)
        return True


def plant_variants(
    spec: ExomeSpec,
    genome: dict[str, str],
    transcripts: tuple[Transcript, ...],
    rng: np.random.Generator,
) -> tuple[Truth, ...]:
    """Plant `spec.snvs` and `spec.indels` variants, in the order of the genome.

    A variant whose leftmost and rightmost equivalent places have different consequences is not
    planted: VCF keeps to the left and HGVS to the 3' end, and neither would be wrong.

    Raises:
        RuntimeError: the genes have no room left for so many variants.
    """
    ground = Ground(genome)
    truths = [
        _plant_one(proposal, spec, ground, transcripts, rng)
        for proposals, count in ((SNVS, spec.snvs), (INDELS, spec.indels))
        for proposal in _quotas(proposals, count)
    ]
    order = {chrom: n for n, chrom in enumerate(genome)}
    return tuple(sorted(truths, key=lambda t: (order[t.transcript.chrom], t.planted.variant.pos)))


def _quotas(proposals: Sequence[Proposal], count: int) -> Iterator[Proposal]:
    """Each kind by its share, once at least; the first kind, the commonest, takes the rest."""
    common, *rare = proposals
    made = 0
    for proposal in rare:
        quota = max(1, round(count * proposal.share))
        made += quota
        yield from [proposal] * quota
    yield from [common] * max(0, count - made)


def _plant_one(
    proposal: Proposal,
    spec: ExomeSpec,
    ground: Ground,
    transcripts: tuple[Transcript, ...],
    rng: np.random.Generator,
) -> Truth:
    for _ in range(_TRIES):
        transcript = transcripts[int(rng.integers(len(transcripts)))]
        chromosome = ground.genome[transcript.chrom]
        edit = proposal.draw(transcript, chromosome, rng)
        effect = undisputed(transcript, chromosome, edit)
        if effect is None or not proposal.accepts(effect) or not ground.take(transcript, edit):
            continue
        variant = Variant.from_edit(transcript.chrom, chromosome, edit)
        return Truth(Planted(variant, _draw_haplotypes(spec, rng)), transcript, effect)
    raise RuntimeError(f"no room for another {proposal.kind} after {_TRIES} tries")


def undisputed(transcript: Transcript, chromosome: str, edit: Edit) -> Consequence | None:
    """The consequence, when every equivalent way to write the edit has the same."""
    try:
        left = consequence(transcript, chromosome, edit.leftmost(chromosome))
        right = consequence(transcript, chromosome, edit.rightmost(chromosome))
    except AmbiguousPlaceError:
        return None
    return left if left.terms == right.terms else None


def _draw_haplotypes(spec: ExomeSpec, rng: np.random.Generator) -> tuple[bool, bool]:
    if rng.random() < spec.homozygous_fraction:
        return True, True
    first = bool(rng.random() < 0.5)
    return first, not first
