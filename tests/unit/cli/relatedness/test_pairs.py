"""Relatedness of simulated families."""

import itertools

import pytest

from cli.relatedness.fingerprints import Fingerprint, read_fingerprint
from cli.relatedness.pairs import LEAST_HETEROZYGOUS, Kinship, compare, pairs
from tests.unit.cli.relatedness.families import family, fingerprint, vcf

EXPECTED = {
    ("father", "son"): Kinship.FIRST,
    ("father", "daughter"): Kinship.FIRST,
    ("mother", "son"): Kinship.FIRST,
    ("mother", "daughter"): Kinship.FIRST,
    ("stranger", "grandchild"): Kinship.FIRST,
    ("daughter", "grandchild"): Kinship.FIRST,
    ("son", "daughter"): Kinship.FIRST,
    ("son", "grandchild"): Kinship.SECOND,
    ("father", "grandchild"): Kinship.SECOND,
    ("mother", "grandchild"): Kinship.SECOND,
}


@pytest.mark.parametrize("seed", range(5))
def test_kinship_of_every_two_members_of_a_family(seed: int) -> None:
    people = {name: fingerprint(genotypes) for name, genotypes in family(seed).items()}

    found = {frozenset({each.first, each.second}): each for each in pairs(people)}

    assert {pair: each.kinship for pair, each in found.items()} == {
        frozenset(pair): EXPECTED.get(pair, EXPECTED.get(pair[::-1], Kinship.NONE))
        for pair in itertools.combinations(people, 2)
    }
    assert found[frozenset({"father", "son"})].opposite == 0
    assert found[frozenset({"son", "daughter"})].opposite > 0


def test_sample_twice_is_the_same_person_also_with_errors() -> None:
    genotypes = list(family(1)["son"])
    again = [(0, 1) if n % 50 == 0 else each for n, each in enumerate(genotypes)]

    [pair] = pairs({"a": fingerprint(genotypes), "b": fingerprint(again)})

    assert pair.kinship is Kinship.SAME
    assert pair.relatedness > 0.9


def test_other_sites_or_too_few_of_them_tell_nothing() -> None:
    people = family(1)
    other = read_fingerprint(vcf(people["son"], first=7), "made")
    assert compare(fingerprint(people["son"]), other) is None

    few = (1 << LEAST_HETEROZYGOUS) - 1
    enough = Fingerprint("x", few, 0, 0)
    less = Fingerprint("x", few >> 1, 0, 0)
    assert compare(enough, enough) == (1.0, 0)
    assert compare(enough, less) is None
