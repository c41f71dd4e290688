"""Genotypes of a VCF's record, by alternate allele."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from cyvcf2 import Variant

type Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]
type Values = np.ma.MaskedArray[Any, np.dtype[Any]]

_UNKNOWN, _NONE = -1, -2  # in cyvcf2's arrays: `.`, and beyond a sample's ploidy


@dataclass(frozen=True, slots=True)
class AlleleGenotypes:
    """An allele in the samples; values are those of `samples`, masked where unknown.

    Attributes:
        count: copies of the allele in all samples.
        carriers: the samples that have a copy.
        samples: indexes of the samples that may have one: all but those that certainly have none.
    """

    count: int
    carriers: int
    samples: Ints
    genotype: Sequence[str]
    dosage: Values
    depth: Values
    quality: Values
    reference_depth: Values
    alternate_depth: Values


class RecordGenotypes:
    """The genotypes of one record.

    Raises ValueError if it has none.
    """

    def __init__(self, record: Variant) -> None:
        if "GT" not in record.FORMAT:
            raise ValueError("the record has no genotypes")
        found: Ints = record.genotype.array()
        self._all, self._phased = found[:, :-1], found[:, -1]
        self._is_unknown = (self._all == _UNKNOWN).any(axis=1)
        self.known = int((self._all >= 0).sum())
        """Alleles that are known, of all samples."""
        self._depth = _first(_field(record, "DP"), len(found))
        self._quality = _first(_field(record, "GQ"), len(found))
        depths = _field(record, "AD")
        alleles = 1 + len(record.ALT)
        self._depths = (
            depths
            if depths is not None and depths.shape[1] == alleles
            else np.ma.masked_all((len(found), alleles))
        )

    def of_allele(self, number: int) -> AlleleGenotypes:
        """The genotypes of an alternate allele, by its number in GT."""
        copies = (self._all == number).sum(axis=1)
        has_any = copies > 0
        (chosen,) = np.nonzero(has_any | self._is_unknown)
        return AlleleGenotypes(
            count=int(copies.sum()),
            carriers=int(has_any.sum()),
            samples=chosen,
            genotype=self._texts(chosen),
            dosage=np.ma.masked_array(copies[chosen], mask=~has_any[chosen]),
            depth=self._depth[chosen],
            quality=self._quality[chosen],
            reference_depth=self._depths[chosen, 0],
            alternate_depth=self._depths[chosen, number],
        )

    def _texts(self, chosen: Ints) -> list[str]:
        known: dict[bytes, str] = {}
        texts = []
        for alleles, is_phased in zip(self._all[chosen], self._phased[chosen], strict=True):
            key = alleles.tobytes() + bytes(is_phased)
            if key not in known:
                known[key] = _text(alleles.tolist(), "|" if is_phased else "/")
            texts.append(known[key])
        return texts


def _text(alleles: list[int], separator: str) -> str:
    return separator.join(str(each) if each >= 0 else "." for each in alleles if each != _NONE)


def _field(record: Variant, name: str) -> Values | None:
    """A field of FORMAT with numbers, masked where it is missing; None if the record has none."""
    values = record.format(name) if name in record.FORMAT else None
    if values is None or values.dtype.kind not in "if":
        return None
    missing = np.isnan(values) if values.dtype.kind == "f" else values < 0
    return np.ma.masked_array(values, mask=missing)


def _first(values: Values | None, samples: int) -> Values:
    return np.ma.masked_all(samples) if values is None else values[:, 0]
