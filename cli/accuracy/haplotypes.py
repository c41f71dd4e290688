"""Whether two lists of alleles give the same two haplotypes, however each was written down."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from cli.accuracy.alleles import Allele, Carried

MOST_HETEROZYGOUS = 8
"""More heterozygous alleles of a list than that are not tried in every phase."""


def same_haplotypes(
    reference: str,
    start: int,
    truth: Mapping[Allele, Carried],
    called: Mapping[Allele, Carried],
) -> bool:
    """True if a phase of `truth` gives the same pair of sequences as one of `called`.

    `reference` has the bases from `start`, counted from 1, to the end of the last allele or behind.
    A list with more than `MOST_HETEROZYGOUS` heterozygous alleles is like no other.
    """
    wanted = set(_pairs(reference, start, truth))
    return any(pair in wanted for pair in _pairs(reference, start, called))


def _pairs(
    reference: str, start: int, alleles: Mapping[Allele, Carried]
) -> Iterator[tuple[str, str]]:
    """The pair of haplotypes of each phase in which no two alleles overlap."""
    ordered = sorted(alleles)
    heterozygous = [each for each in ordered if not alleles[each].is_homozygous]
    if len(heterozygous) > MOST_HETEROZYGOUS:
        return
    for phase in product((False, True), repeat=len(heterozygous)):
        second = {each for each, is_second in zip(heterozygous, phase, strict=True) if is_second}
        first = set(heterozygous) - second
        one = _applied(reference, start, [each for each in ordered if each not in second])
        other = _applied(reference, start, [each for each in ordered if each not in first])
        if one is not None and other is not None:
            yield min(one, other), max(one, other)


def _applied(reference: str, start: int, alleles: Sequence[Allele]) -> str | None:
    """The haplotype with these alleles; None if two of them change the same base."""
    pieces, at = [], start
    for allele in alleles:
        pos, ref, alt = _changed(allele)
        if pos < at:
            return None
        pieces += [reference[at - start : pos - start], alt]
        at = pos + len(ref)
    return "".join(pieces) + reference[at - start :]


def _changed(allele: Allele) -> Allele:
    """The allele without the equal bases at its beginning."""
    pos, ref, alt = allele
    while ref and alt and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    return Allele(pos, ref, alt)
