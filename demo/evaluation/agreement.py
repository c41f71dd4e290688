"""How far the annotation agrees with the expected consequences.

Two disagreements with snpEff 5.1d are known, and counted like any other: on the reverse strand it
calls an insertion behind a codon's first base conservative, though its own HGVS says that the
codon changes; and with a codon table that marks CTG and TTG as starts it calls ATG>CTG and
ATG>TTG initiator_codon_variant, where the Sequence Ontology has start_lost.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.evaluation.calls import Call
from demo.exome.variant import Variant

# Positions in an ANN entry: https://pcingola.github.io/SnpEff/adds/VCFannotationformat_v1.0.pdf
_EFFECT, _FEATURE = 1, 6

# The Sequence Ontology's is_a between terms that are used here.
_CHILDREN = {
    f"inframe_{kind}": {f"conservative_inframe_{kind}", f"disruptive_inframe_{kind}"}
    for kind in ("insertion", "deletion")
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a true variant does to a transcript, most severe term first."""

    variant: Variant
    transcript: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An expected term that the annotation of its transcript does not have."""

    expected: Expected
    annotated: tuple[str, ...]

    def __str__(self) -> str:
        said = "&".join(self.annotated) or "nothing"
        return f"{self.expected.variant}: expected {self.expected.terms[0]}, annotated {said}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the true variants that were called, how many have their most severe term in ANN."""

    compared: int
    disagreements: tuple[Disagreement, ...]

    @property
    def fraction(self) -> float:
        """Of one; 0 when there was nothing to compare."""
        if not self.compared:
            return 0.0
        return (self.compared - len(self.disagreements)) / self.compared


def read_expected(path: Path) -> tuple[Expected, ...]:
    """The table that the generator wrote."""
    with path.open(encoding="ascii", newline="") as lines:
        return tuple(
            Expected(
                Variant(row["chrom"], int(row["pos"]), row["ref"], row["alt"]),
                row["transcript"],
                tuple(row["consequence"].split("&")),
            )
            for row in csv.DictReader(lines, delimiter="\t")
        )


def compare_consequences(
    expected: tuple[Expected, ...], annotated: Mapping[Variant, Call]
) -> Agreement:
    """Compare the alleles that the annotated VCF has; others are not counted."""
    called = [row for row in expected if row.variant in annotated]
    disagreements = []
    for row in called:
        terms = tuple(
            term
            for fields in annotated[row.variant].annotations
            if fields[_FEATURE] == row.transcript
            for term in fields[_EFFECT].split("&")
        )
        if not _agrees(row.terms[0], terms):
            disagreements.append(Disagreement(row, terms))
    return Agreement(len(called), tuple(disagreements))


def _agrees(expected: str, annotated: tuple[str, ...]) -> bool:
    """A narrower term than the expected one agrees with it; a broader one does not."""
    return not {expected, *_CHILDREN.get(expected, ())}.isdisjoint(annotated)
