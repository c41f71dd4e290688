"""Drawing edits of one kind: where in a transcript, and what."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.exome.consequence import Consequence
from demo.exome.transcript import Transcript
from demo.exome.variant import Edit

Places = Callable[[Transcript], NDArray[np.int64]]
Change = Callable[[int, str, np.random.Generator], Edit]

_TRANSITION = {"A": "G", "G": "A", "C": "T", "T": "C"}
_TRANSITION_SHARE = 0.72
"""Coding exomes have about 2.8 to 3 transitions for each transversion."""

_LENGTHS = np.arange(1, 13)
# Falls with length as indels do; multiples of three are over-represented in coding sequence.
_LENGTH_ODDS = np.array([14, 6, 16, 6, 3, 9, 2, 3, 4, 1, 1, 3], dtype=float)
_DUPLICATION_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Proposal:
    """A kind of variant: its share of all, its places, its change, and the terms it must have.

    With no `terms` every consequence is accepted.
    """

    kind: str
    share: float
    places: Places
    change: Change
    terms: frozenset[str] = frozenset()

    def draw(self, transcript: Transcript, chromosome: str, rng: np.random.Generator) -> Edit:
        """An edit at one of the places of this transcript."""
        position = int(rng.choice(self.places(transcript)))
        return self.change(position, chromosome, rng)

    def accepts(self, effect: Consequence) -> bool:
        """Whether the edit turned out to be of this kind."""
        return not self.terms or effect.most_severe in self.terms


def _substitute(position: int, chromosome: str, rng: np.random.Generator) -> Edit:
    was = chromosome[position]
    if rng.random() < _TRANSITION_SHARE:
        return Edit(position, position + 1, _TRANSITION[was])
    others = [base for base in "ACGT" if base not in (was, _TRANSITION[was])]
    return Edit(position, position + 1, str(rng.choice(others)))


def _insert_or_delete(position: int, chromosome: str, rng: np.random.Generator) -> Edit:
    length = int(rng.choice(_LENGTHS, p=_LENGTH_ODDS / _LENGTH_ODDS.sum()))
    if rng.random() < 0.5:
        return Edit(position, position + length, "")
    if rng.random() < _DUPLICATION_SHARE:
        return Edit(position, position, chromosome[position : position + length])
    return Edit(position, position, "".join(rng.choice(list("ACGT"), size=length)))


def _coding(transcript: Transcript) -> NDArray[np.int64]:
    return transcript.coding_positions


def _inner_coding(transcript: Transcript) -> NDArray[np.int64]:
    """Without the first and last five codons: an indel there would also move start or stop."""
    return transcript.coding_positions[15:-15]


def _start_codon(transcript: Transcript) -> NDArray[np.int64]:
    return transcript.coding_positions[:3]


def _stop_codon(transcript: Transcript) -> NDArray[np.int64]:
    return transcript.coding_positions[-3:]


def _near_introns(first: int, last: int) -> Places:
    """Intron bases at distances `first` to `last` (1 is next to the exon) from either end."""

    def places(transcript: Transcript) -> NDArray[np.int64]:
        ends = [(range(a + first - 1, a + last), range(b - last, b - first + 1))
                for a, b in transcript.introns]  # fmt: skip
        return np.array([p for pair in ends for side in pair for p in side])

    return places


def _untranslated(transcript: Transcript) -> NDArray[np.int64]:
    """Bases of both untranslated ends, a few bases off the transcript's own ends."""
    return np.setdiff1d(transcript.positions[5:-5], transcript.coding_positions)


def _only(*terms: str) -> frozenset[str]:
    return frozenset(terms)


SNVS = (
    Proposal("coding SNV", 0.72, _coding, _substitute),
    Proposal("stop gained", 0.05, _coding, _substitute, _only("stop_gained")),
    Proposal("start lost", 0.03, _start_codon, _substitute, _only("start_lost")),
    Proposal("stop lost", 0.025, _stop_codon, _substitute, _only("stop_lost")),
    Proposal("stop retained", 0.015, _stop_codon, _substitute, _only("stop_retained_variant")),
    Proposal("splice donor SNV", 0.03, _near_introns(1, 2), _substitute,
             _only("splice_donor_variant")),
    Proposal("splice acceptor SNV", 0.03, _near_introns(1, 2), _substitute,
             _only("splice_acceptor_variant")),
    Proposal("splice region SNV", 0.03, _near_introns(3, 8), _substitute,
             _only("splice_region_variant")),
    Proposal("intron SNV", 0.03, _near_introns(9, 35), _substitute, _only("intron_variant")),
    Proposal("UTR SNV", 0.04, _untranslated, _substitute,
             _only("5_prime_UTR_variant", "3_prime_UTR_variant")),
)  # fmt: skip
"""Kinds of SNV; the first takes what the others leave."""

INDELS = (
    Proposal("coding indel", 0.86, _inner_coding, _insert_or_delete),
    Proposal("intron indel", 0.08, _near_introns(12, 30), _insert_or_delete,
             _only("intron_variant")),
    Proposal("UTR indel", 0.06, _untranslated, _insert_or_delete,
             _only("5_prime_UTR_variant", "3_prime_UTR_variant")),
)  # fmt: skip
"""Kinds of indel; the first takes what the others leave."""
