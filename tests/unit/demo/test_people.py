"""People of a demo exome: what children inherit, and whose reads are whose."""

from itertools import pairwise
from pathlib import Path

import pysam
import pytest

from demo.exome.people import Population, populate, sequence_person
from demo.exome.spec import ExomeSpec

SPEC = ExomeSpec("people", 3, (60_000, 60_000), genes=12, snvs=30, indels=10, mean_depth=2.0)
PEOPLE = {"anna": None, "bert": None, "carl": ("anna", "bert")}


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    return populate(SPEC, PEOPLE, tmp_path_factory.mktemp("people"))


def test_child_has_one_recombined_haplotype_of_each_parent(population: Population) -> None:
    carl = population.genotypes["carl"]
    for which, parent in enumerate(PEOPLE["carl"] or ()):
        of_parent = population.genotypes[parent]
        for chrom in SPEC.chromosomes:
            rows = [
                (child.haplotypes[which], has.haplotypes)
                for child, has in zip(carl, of_parent, strict=True)
                if child.variant.chrom == chrom
            ]
            taken = [
                pair.index(allele) for allele, pair in rows if pair[0] != pair[1]
            ]  # from which of the parent's haplotypes
            assert all(allele == pair[0] for allele, pair in rows if pair[0] == pair[1])
            assert sum(one != other for one, other in pairwise(taken)) <= 1


def test_sites_are_the_common_snvs_in_order(population: Population) -> None:
    with pysam.VariantFile(str(population.sites)) as found:
        sites = [(each.chrom, each.pos, each.ref, each.alts) for each in found]
    planted = {truth.planted.variant for truth in population.plan.truths}
    variants = [each.variant for each in population.genotypes["anna"]]
    assert sites == [
        (each.chrom, each.pos, each.ref, (each.alt,)) for each in variants if each not in planted
    ]
    assert len(sites) > len(planted)


def test_samples_of_a_person_have_other_reads_each(population: Population, tmp_path: Path) -> None:
    def first_mates(sample: str, folder: str) -> bytes:
        (mates,), _ = sequence_person(population, "carl", sample, tmp_path / folder)
        return mates.read_bytes()

    assert first_mates("blood", "1") == first_mates("blood", "2")
    assert first_mates("blood", "1") != first_mates("saliva", "3")
