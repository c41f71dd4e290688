"""What a variant does to a transcript, worked out from the genetic code.

Terms are the Sequence Ontology's (http://www.sequenceontology.org). Distances of the splice
terms: donor and acceptor are the two bases of the intron next to the exon (SO:0001575,
SO:0001574); the splice region is bases 3 to 8 of the intron and the 3 bases of the exon
(SO:0001630). A change of the canonical start codon is start_lost (SO:0002012), even to CTG or TTG.

An in-frame indel is disruptive when it lies inside a codon (SO:0001824, SO:0001826) and
conservative when whole codons come or go between existing ones (SO:0001823, SO:0001825). Where
equal bases allow it to be written either way, both definitions hold, and only their common
parent is claimed: inframe_insertion (SO:0001821) or inframe_deletion (SO:0001822).
"""

from dataclasses import dataclass

from demo.exome.coding_change import coding_change
from demo.exome.transcript import Transcript
from demo.exome.variant import Edit

# Most severe first, after https://www.ensembl.org/info/genome/variation/prediction/
# predicted_data.html; the impact classes of snpEff's manual give the same order between classes.
SEVERITY = (
    "splice_acceptor_variant",
    "splice_donor_variant",
    "stop_gained",
    "frameshift_variant",
    "stop_lost",
    "start_lost",
    "disruptive_inframe_insertion",
    "conservative_inframe_insertion",
    "inframe_insertion",
    "disruptive_inframe_deletion",
    "conservative_inframe_deletion",
    "inframe_deletion",
    "missense_variant",
    "splice_region_variant",
    "stop_retained_variant",
    "synonymous_variant",
    "5_prime_UTR_variant",
    "3_prime_UTR_variant",
    "intron_variant",
)
_SITE, _REGION_IN_INTRON, _REGION_IN_EXON = 2, 8, 3


class AmbiguousPlaceError(ValueError):
    """The variant crosses a border, so that more than one consequence can be argued."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """The terms of a variant, most severe first, and its change of codon and protein.

    `codons` is `ref/alt` of a substitution and `protein` is HGVS (`p.Arg7Ter` is written
    `p.Arg7*`); both are empty where they say nothing.
    """

    terms: tuple[str, ...]
    codons: str = ""
    protein: str = ""

    @property
    def most_severe(self) -> str:
        """The most severe term."""
        return self.terms[0]


def consequence(transcript: Transcript, chromosome: str, edit: Edit) -> Consequence:
    """What `edit` does to `transcript`, whose chromosome has the sequence `chromosome`.

    Raises:
        AmbiguousPlaceError: the edit crosses the border between coding sequence, UTR, intron,
            splice site and splice region, or lies outside the transcript.
    """
    touched = _touched(edit)
    regions = {_region(transcript, position) for position in touched}
    splice_terms = {_splice_term(transcript, position) for position in touched}
    if len(regions) > 1 or (edit.start == edit.end and len(splice_terms) > 1):
        raise AmbiguousPlaceError(f"{edit} crosses a border of {transcript.name}")
    region = regions.pop()
    if region == "outside":
        raise AmbiguousPlaceError(f"{edit} lies outside {transcript.name}")
    terms = {term for term in splice_terms if term}
    if region != "coding":
        return Consequence(_by_severity(terms | {region}))
    change = coding_change(transcript, chromosome, edit)
    return Consequence(_by_severity(terms | change.terms), change.codons, change.protein)


def _touched(edit: Edit) -> range:
    """The replaced bases; of an insertion, the two bases it comes between."""
    if edit.start == edit.end:
        return range(edit.start - 1, edit.start + 1)
    return range(edit.start, edit.end)


def _region(transcript: Transcript, position: int) -> str:
    start, end = transcript.span
    if not start <= position < end:
        return "outside"
    if not any(a <= position < b for a, b in transcript.exons):
        return "intron_variant"
    if position < transcript.coding[0]:
        return "5_prime_UTR_variant" if transcript.strand == "+" else "3_prime_UTR_variant"
    if position >= transcript.coding[1]:
        return "3_prime_UTR_variant" if transcript.strand == "+" else "5_prime_UTR_variant"
    return "coding"


def _splice_term(transcript: Transcript, position: int) -> str:
    """The splice term of one base, or nothing."""
    for start, end in transcript.introns:
        before, after = position - start, end - 1 - position
        if before >= 0 and after >= 0:
            if min(before, after) < _SITE:
                at_donor = (before < _SITE) == (transcript.strand == "+")
                return "splice_donor_variant" if at_donor else "splice_acceptor_variant"
            return "splice_region_variant" if min(before, after) < _REGION_IN_INTRON else ""
        if -_REGION_IN_EXON <= before < 0 or -_REGION_IN_EXON <= after < 0:
            return "splice_region_variant"
    return ""


def _by_severity(terms: set[str]) -> tuple[str, ...]:
    return tuple(sorted(terms, key=SEVERITY.index))
