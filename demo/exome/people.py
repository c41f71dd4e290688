"""People of one population on a demo exome: common variants, inherited by children."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from demo.exome.capture import Capture
from demo.exome.files import write_sites
from demo.exome.generate import (
    Blueprint,
    draw_blueprint,
    sequence,
    streams,
    write_design,
    write_lanes,
)
from demo.exome.haplotypes import build_haplotypes
from demo.exome.spec import ExomeSpec
from demo.exome.variant import Planted, Variant

Parents = tuple[str, str]
"""The names of mother and father."""

_FREQUENCY = 0.5
"""Of each alternative allele: half of the sites are heterozygous in each person."""
SPACING = 30
"""Least distance in bases between a common SNV and another variant: reads still align."""
_NEXT = {"A": "C", "C": "G", "G": "T", "T": "A"}


@dataclass(frozen=True, slots=True)
class Population:
    """Files and variants that all people of a demo exome share.

    Attributes:
        design: the files of the exome by their names in `DemoExome`, without reads.
        sites: a VCF with the sites of the common SNVs, without samples.
        genotypes: each person's variants.
    """

    spec: ExomeSpec
    plan: Blueprint
    design: Mapping[str, Path]
    sites: Path
    genotypes: Mapping[str, tuple[Planted, ...]]


def populate(spec: ExomeSpec, people: Mapping[str, Parents | None], folder: Path) -> Population:
    """Write what the people share into `folder`, and draw the variants of each.

    A person without parents carries each variant of the exome, and an SNV at each site, on each
    haplotype by chance; a child gets one recombined haplotype of each chromosome from its mother
    and one from its father, who stand before it. The same arguments give the same bytes.

    Args:
        people: parents by the name of each person.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plan = draw_blueprint(spec)
    design = write_design(spec, plan, folder)
    planted = [truth.planted.variant for truth in plan.truths]
    common = list(_common_snvs(plan, planted))
    order = {chrom: n for n, chrom in enumerate(plan.genome)}
    variants = sorted([*planted, *common], key=lambda each: (order[each.chrom], each.pos))
    rng = np.random.default_rng(spec.seed)
    drawn: dict[str, tuple[Planted, ...]] = {}
    for name, parents in people.items():
        copies = (
            [_gamete(drawn[parent], spec, rng) for parent in parents]
            if parents
            else rng.random((2, len(variants))) < _FREQUENCY
        )
        drawn[name] = tuple(
            Planted(variant, (bool(one), bool(other)))
            for variant, one, other in zip(variants, *copies, strict=True)
        )
    sites = folder / "sites.vcf.gz"
    write_sites(sites, spec, common)
    return Population(spec, plan, design, sites, drawn)


def sequence_person(
    population: Population, name: str, sample: str, folder: Path
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Write reads of a person as a sample; another sample of the person has other reads.

    Returns:
        The first and the second mates' FASTQ files, one each for each lane.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spec, plan = replace(population.spec, sample_id=sample), population.plan
    _, baits, _ = streams(spec)
    reads = np.random.default_rng([spec.seed, *sample.encode()])
    capture = Capture(spec, plan.genome, plan.targets, baits)
    fragments = capture.draw(capture.fragments_for(spec.mean_depth), reads)
    copies = build_haplotypes(plan.genome, population.genotypes[name])
    return write_lanes(spec, folder, sequence(spec, list(copies.values()), fragments, reads), reads)


def _common_snvs(plan: Blueprint, planted: Iterable[Variant]) -> Iterable[Variant]:
    """One SNV each `SPACING` bases of the targets, unless another variant is near."""
    taken = {
        chrom: np.array([-SPACING, *(each.pos for each in planted if each.chrom == chrom)])
        for chrom in plan.genome
    }
    for chrom, spans in plan.targets.items():
        for start, end in spans:
            for at in range(start + SPACING, end - SPACING, SPACING):
                if np.abs(taken[chrom] - at).min() >= SPACING:
                    base = plan.genome[chrom][at]
                    yield Variant(chrom, at + 1, base, _NEXT[base])


def _gamete(parent: tuple[Planted, ...], spec: ExomeSpec, rng: np.random.Generator) -> list[bool]:
    """One haplotype of each chromosome, which changes once to the other."""
    passed = {}
    for chrom, length in spec.chromosomes.items():
        passed[chrom] = (int(rng.integers(2)), int(rng.integers(length)))
    given = []
    for each in parent:
        first, crossing = passed[each.variant.chrom]
        given.append(each.haplotypes[first ^ (each.variant.pos > crossing)])
    return given
