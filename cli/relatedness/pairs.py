"""How closely two samples are related.

The measure is somalier's (Pedersen et al., 2020), twice the kinship coefficient of KING's robust
estimate (Manichaikul et al., 2010): sites where both are heterozygous, less twice those where they
have no allele in common, of the heterozygous sites of the sample that has fewer of them. It needs
no allele frequencies, so that it holds in families and in mixed populations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cli.relatedness.fingerprints import Fingerprint

LEAST_HETEROZYGOUS = 200
"""Heterozygous sites that both samples need. With 400 common sites, of which half are heterozygous,
the relatedness of strangers has a standard deviation of 0.09; with 4,000 it has 0.03."""


class Kinship(StrEnum):
    """What a relatedness means; KING's bounds of kinship, doubled."""

    SAME = "the same person"
    FIRST = "first-degree relatives"
    SECOND = "second-degree relatives"
    NONE = "unrelated"


_BOUNDS = ((0.708, Kinship.SAME), (0.354, Kinship.FIRST), (0.177, Kinship.SECOND))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two samples.

    Attributes:
        first: a sample's id.
        second: another's, behind it in order.
        relatedness: about 1 for one person, 0.5 for parent and child or siblings, 0 for strangers;
            below 0 for people of different populations.
        opposite: sites where they have no allele in common; of parent and child almost none.
        sites: where both have a genotype.
    """

    first: str
    second: str
    relatedness: float
    opposite: int
    sites: int

    @property
    def kinship(self) -> Kinship:
        """What the relatedness means."""
        return next((kin for least, kin in _BOUNDS if self.relatedness > least), Kinship.NONE)


def compare(first: Fingerprint, second: Fingerprint) -> tuple[float, int] | None:
    """Relatedness and opposite sites, or None if the fingerprints tell too little of each other.

    Only sites where both have a genotype count.
    """
    if first.sites != second.sites:
        return None
    fewest = min(
        (first.heterozygous & second.known).bit_count(),
        (second.heterozygous & first.known).bit_count(),
    )
    if fewest < LEAST_HETEROZYGOUS:
        return None
    both = (first.heterozygous & second.heterozygous).bit_count()
    opposite = (first.reference & second.alternate).bit_count()
    opposite += (first.alternate & second.reference).bit_count()
    return (both - 2 * opposite) / fewest, opposite


def pairs(fingerprints: Mapping[str, Fingerprint]) -> Iterator[Pair]:
    """Yield every two samples that can be compared, in the order of the samples."""
    samples = list(fingerprints.items())
    for n, (first, one) in enumerate(samples):
        for second, other in samples[n + 1 :]:
            if found := compare(one, other):
                relatedness, opposite = found
                sites = (one.known & other.known).bit_count()
                yield Pair(first, second, relatedness, opposite, sites)
