"""Effects of alleles on genes, as snpEff writes them into ANN; pure.

The fields: http://pcingola.github.io/SnpEff/adds/VCFannotationformat_v1.0.pdf
"""

from collections.abc import Sequence
from typing import NamedTuple

_FIELDS = 11  # up to HGVS.p; those after it may be left out


class Effect(NamedTuple):
    """An effect of an allele; in the order of the tables' columns, None for what is empty."""

    gene: str | None
    effect: str | None
    impact: str | None
    transcript: str | None
    hgvs_c: str | None
    hgvs_p: str | None
    gene_id: str | None
    biotype: str | None


def effects_by_allele(annotation: str | None, alternates: Sequence[str]) -> dict[str, list[Effect]]:
    """The effects of each alternate allele, the most severe first, as snpEff orders them.

    Raises:
        ValueError: an effect has too few fields, or is of an allele that the record does not have.
    """
    found: dict[str, list[Effect]] = {allele: [] for allele in alternates}
    for text in annotation.split(",") if annotation else ():
        fields = text.split("|")
        if len(fields) < _FIELDS:
            raise ValueError(f"an effect in ANN has {len(fields)} fields, not {_FIELDS}: {text!r}")
        allele, effect, impact, gene, gene_id, kind, feature, biotype, _, hgvs_c, hgvs_p = (
            each or None for each in fields[:_FIELDS]
        )
        if allele not in found:
            raise ValueError(f"ANN has an effect of {allele}, which is not in ALT")
        transcript = feature if kind == "transcript" else None
        found[allele].append(
            Effect(gene, effect, impact, transcript, hgvs_c, hgvs_p, gene_id, biotype)
        )
    return found
