"""What an edit inside a coding sequence does to its codons and protein."""

from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from demo.exome.genetic_code import (
    CODONS,
    START,
    STOPS,
    THREE_LETTERS,
    reverse_complement,
    split_codons,
    translate,
)
from demo.exome.transcript import Transcript
from demo.exome.variant import Edit


@dataclass(frozen=True, slots=True)
class CodingChange:
    """Terms of the coding change, without those of splicing; see `Consequence` for the rest."""

    terms: frozenset[str]
    codons: str
    protein: str


def coding_change(transcript: Transcript, chromosome: str, edit: Edit) -> CodingChange:
    """Compare the coding sequence before and after an edit that lies inside one coding exon."""
    before = transcript.coding_sequence(chromosome)
    after = mutated(transcript, before, edit)
    if edit.shift % 3:
        lost = {"start_lost"} if after[:3] != START else set()
        return CodingChange(frozenset({"frameshift_variant"} | lost), "", _shifted(before, after))
    if edit.shift == 0:
        return _substitution(before, after)
    movable = edit.leftmost(chromosome) != edit.rightmost(chromosome)
    terms = _in_frame(split_codons(before), split_codons(after), movable=movable)
    return CodingChange(terms, "", "")


def mutated(transcript: Transcript, coding: str, edit: Edit) -> str:
    """The coding sequence after the edit, in the order of reading."""
    positions = transcript.coding_positions
    forward = transcript.strand == "+"
    inserted = edit.inserted if forward else reverse_complement(edit.inserted)
    if edit.start == edit.end:
        # An insertion comes before the base that follows it in the order of reading.
        following = edit.start if forward else edit.start - 1
        at = int(np.flatnonzero(positions == following)[0])
        return coding[:at] + inserted + coding[at:]
    first = edit.start if forward else edit.end - 1
    at = int(np.flatnonzero(positions == first)[0])
    return coding[:at] + inserted + coding[at + edit.end - edit.start :]


def _substitution(before: str, after: str) -> CodingChange:
    old_codons, new_codons = split_codons(before), split_codons(after)
    number = next(i for i, codon in enumerate(old_codons) if codon != new_codons[i])
    old, new = old_codons[number], new_codons[number]
    was, became = CODONS[old], CODONS[new]
    if number == 0:
        term = "start_lost"
    elif was == "*":
        term = "stop_retained_variant" if became == "*" else "stop_lost"
    elif became == "*":
        term = "stop_gained"
    else:
        term = "synonymous_variant" if was == became else "missense_variant"
    name = f"p.{THREE_LETTERS[was]}{number + 1}"
    changed = {"start_lost": "?", "stop_lost": "ext*?"}
    protein = name + changed.get(term, "=" if was == became else THREE_LETTERS[became])
    return CodingChange(frozenset({term}), f"{old}/{new}", protein)


def _in_frame(old: list[str], new: list[str], *, movable: bool) -> frozenset[str]:
    """`movable`: equal bases beside the edit allow it to be written in several places.

    Shifting by one base at a time, a movable edit that leaves whole codons as they were passes
    through places inside a codon as well as between two.
    """
    kind = "insertion" if len(new) > len(old) else "deletion"
    head = _common(old, new)
    shorter = min(len(old), len(new))
    tail = min(_common(old[::-1], new[::-1]), shorter - head)
    whole_codons = head + tail == shorter
    manner = ("" if movable else "conservative_") if whole_codons else "disruptive_"
    terms = {f"{manner}inframe_{kind}"}
    if new[0] != START:
        terms.add("start_lost")
    if STOPS.intersection(new[head : len(new) - max(tail, 1)]):
        terms.add("stop_gained")
    if new[-1] not in STOPS:
        terms.add("stop_lost")
    return frozenset(terms)


def _common(left: list[str], right: list[str]) -> int:
    """How many codons two lists share from the front."""
    pairs = zip(left, right, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _shifted(before: str, after: str) -> str:
    """HGVS of a frameshift: the first amino acid that changes."""
    pairs = enumerate(zip(translate(before), translate(after), strict=False), start=1)
    for number, (was, became) in pairs:
        if was != became:
            return f"p.{THREE_LETTERS[was]}{number}fs"
    return ""
