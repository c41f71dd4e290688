"""How a set of calls compares with the truth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from demo.evaluation.calls import Call
from demo.exome.variant import Variant


@dataclass(frozen=True, slots=True)
class Concordance:
    """Alleles found, missed and invented; of those found, how many with the right genotype.

    A ratio of nothing is 0, so that an empty call set misses every bound.
    """

    found: int
    missed: int
    invented: int
    right_genotypes: int

    @property
    def recall(self) -> float:
        """The part of the truth that was found."""
        return _ratio(self.found, self.found + self.missed)

    @property
    def precision(self) -> float:
        """The part of the calls that is true."""
        return _ratio(self.found, self.found + self.invented)

    @property
    def genotype_concordance(self) -> float:
        """The part of what was found that has the right number of copies."""
        return _ratio(self.right_genotypes, self.found)


def compare(
    truth: Mapping[Variant, Call],
    called: Mapping[Variant, Call],
    kind: Callable[[Variant], bool],
) -> Concordance:
    """Compare normalised alleles of one kind: equal place, REF and ALT is a match."""
    true = {variant for variant in truth if kind(variant)}
    calls = {variant for variant in called if kind(variant)}
    both = true & calls
    return Concordance(
        found=len(both),
        missed=len(true - calls),
        invented=len(calls - true),
        right_genotypes=sum(truth[v].copies == called[v].copies for v in both),
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
