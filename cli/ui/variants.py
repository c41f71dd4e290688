"""The variants of a run that change genes most, of its annotated VCF."""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cli.errors import unavailable
from cli.ui.links import Fetched

# https://pcingola.github.io/SnpEff/snpeff/inputoutput/#ann-field-vcf-output-files
_ALLELE, _EFFECT, _IMPACT, _GENE, _PROTEIN = 0, 1, 2, 3, 10
IMPACTS = ("HIGH", "MODERATE", "LOW", "MODIFIER")
_MOST_LINES = 300_000  # of an exome a few times over; a genome's are read in part
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Variant:
    """An alternative allele with the first effect that snpEff names: the worst, or that on a gene.

    `position` counts from 1.
    """

    contig: str
    position: int
    reference: str
    alternative: str
    filters: str
    genotype: str
    effect: str
    impact: str
    gene: str
    protein: str

    @property
    def locus(self) -> str:
        """Where it is, with bases around it, as igv.js reads it."""
        first = max(1, self.position - 50)
        return f"{self.contig}:{first}-{self.position + 50 + len(self.reference)}"


@dataclass(frozen=True, slots=True)
class Found:
    """The variants that match, and how many were looked at; `is_whole`: all there are."""

    variants: list[Variant]
    looked_at: int
    is_whole: bool


def variants_of(fetched: Fetched, gene: str = "") -> Found:
    """The variants of a VCF that change genes most, in its order; or all of a gene.

    Raises:
        CliError: it is not a gzipped VCF with annotations.
    """
    by_impact: dict[str, list[Variant]] = {impact: [] for impact in IMPACTS}
    count, is_whole = 0, True
    try:
        with fetched.pieces.file as raw, gzip.open(raw, "rt", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("#"):
                    continue
                if count == _MOST_LINES:
                    is_whole = False
                    break
                count += 1
                for variant in _variants(line.rstrip("\n").split("\t"), gene.casefold()):
                    kept = by_impact[variant.impact]
                    if len(kept) < SHOWN:
                        kept.append(variant)
    except (EOFError, OSError, ValueError, IndexError, KeyError, zlib.error) as error:
        raise unavailable("the annotated VCF can't be read", "try again") from error
    wanted = IMPACTS if gene else IMPACTS[:2]
    return Found(_first(by_impact[impact] for impact in wanted), count, is_whole)


def _first(groups: Iterable[list[Variant]]) -> list[Variant]:
    return [variant for group in groups for variant in group][:SHOWN]


def _variants(cells: Sequence[str], gene: str) -> Iterator[Variant]:
    """The alleles of a record that have an effect, on the gene if one is given."""
    contig, position, _, reference, alternatives, _, filters, info = cells[:8]
    annotation = next((each[4:] for each in info.split(";") if each.startswith("ANN=")), "")
    if not annotation or gene not in annotation.casefold():
        return
    effects = annotation.split(",")
    if not gene and "," not in alternatives:
        del effects[1:]  # the first one is the only one shown
    found = set[str]()
    for effect in effects:
        parts = effect.split("|")
        if parts[_ALLELE] in found or (gene and parts[_GENE].casefold() != gene):
            continue
        found.add(parts[_ALLELE])
        yield Variant(
            contig,
            int(position),
            reference,
            parts[_ALLELE],
            filters,
            cells[9].partition(":")[0] if len(cells) > 9 else "",
            parts[_EFFECT],
            parts[_IMPACT] or IMPACTS[-1],
            parts[_GENE],
            parts[_PROTEIN],
        )
