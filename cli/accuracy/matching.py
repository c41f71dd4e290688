"""Which alleles of a truth were found, and which calls are true.

An allele with the same place, REF, ALT and genotype is found. What is left is compared in groups of
neighbours by the haplotypes that they give, so that the way in which a caller writes a variant, as
two SNVs or as one record of two bases, makes no difference.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from cli.accuracy.alleles import Allele, Carried
from cli.accuracy.haplotypes import same_haplotypes

NEIGHBOURS = 30
"""Alleles with no more bases between them are compared together."""

_MOST_TRIED = 8
"""Groups with more alleles are not tried without each of them."""

type Sequences = Callable[[Sequence[tuple[int, int]]], list[str]]
"""The bases of each interval of a contig: first and last, counted from 1."""


class Outcome(StrEnum):
    """What the comparison says of an allele."""

    MATCHED = "matched"
    OTHER_GENOTYPE = "other genotype"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Compared:
    """An allele of the truth or of the calls, and what the comparison says of it.

    Attributes:
        contig: where it is.
        allele: as normalised.
        is_true: of the truth; else of the calls.
        outcome: an unmatched one was missed, or is a false call.
        depth: reads of the sample at the place, if its calls tell.
    """

    contig: str
    allele: Allele
    is_true: bool
    outcome: Outcome
    depth: int | None

    @property
    def verdict(self) -> str:
        """The outcome in a word for people."""
        if self.outcome is Outcome.UNMATCHED:
            return "missed" if self.is_true else "false call"
        return "other genotype called" if self.outcome is Outcome.OTHER_GENOTYPE else "found"


def compare(
    contig: str,
    truth: Mapping[Allele, Carried],
    called: Mapping[Allele, Carried],
    sequences: Sequences,
) -> list[Compared]:
    """Compare the alleles of one contig, in the order of their places."""
    true_left = {each: how for each, how in truth.items() if _differs(how, called.get(each))}
    called_left = {each: how for each, how in called.items() if _differs(how, truth.get(each))}
    left = _Left(true_left, called_left)
    groups = [
        group for group in _groups(sorted({*true_left, *called_left})) if left.has_both(group)
    ]
    spans = [(group[0].pos, max(each.end for each in group)) for group in groups]
    for group, span, bases in zip(groups, spans, sequences(spans), strict=True):
        left.match(group, bases.upper(), span[0])

    def outcome(allele: Allele, left: Mapping[Allele, Carried]) -> Outcome:
        if allele not in left:
            return Outcome.MATCHED
        is_known = allele in truth and allele in called
        return Outcome.OTHER_GENOTYPE if is_known else Outcome.UNMATCHED

    depths = {allele: how.depth for allele, how in called.items()}
    return sorted(
        (
            Compared(contig, allele, is_true, outcome(allele, left), depths.get(allele))
            for is_true, side, left in ((True, truth, true_left), (False, called, called_left))
            for allele in side
        ),
        key=lambda each: (each.allele, not each.is_true),
    )


@dataclass(frozen=True, slots=True)
class _Left:
    """Alleles of the truth and of the calls that no equal allele has matched."""

    truth: dict[Allele, Carried]
    called: dict[Allele, Carried]

    def has_both(self, group: Sequence[Allele]) -> bool:
        return any(each in self.truth for each in group) and any(
            each in self.called for each in group
        )

    def match(self, group: list[Allele], bases: str, start: int) -> None:
        """Take out what gives the same haplotypes: all of a group, all but one, or of its parts."""
        if not self.has_both(group):
            return
        candidates = [group]
        if len(group) <= _MOST_TRIED:
            candidates += [[*group[:n], *group[n + 1 :]] for n in range(len(group))]
        for candidate in candidates:
            some = {each: self.truth[each] for each in candidate if each in self.truth}
            others = {each: self.called[each] for each in candidate if each in self.called}
            if some and others and same_haplotypes(bases, start, some, others):
                for each in some:
                    del self.truth[each]
                for each in others:
                    del self.called[each]
                return
        if len(group) > 1:
            gaps = [after.pos - before.end for before, after in pairwise(group)]
            widest = gaps.index(max(gaps)) + 1
            self.match(group[:widest], bases, start)
            self.match(group[widest:], bases, start)


def _differs(how: Carried, other: Carried | None) -> bool:
    return other is None or how.is_homozygous != other.is_homozygous


def _groups(alleles: Sequence[Allele]) -> Iterator[list[Allele]]:
    """Neighbours, in order."""
    group: list[Allele] = []
    end = 0
    for allele in alleles:
        if group and allele.pos - end > NEIGHBOURS:
            yield group
            group = []
        group.append(allele)
        end = max(end, allele.end) if len(group) > 1 else allele.end
    if group:
        yield group
