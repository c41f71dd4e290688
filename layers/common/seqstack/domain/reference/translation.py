"""Check that an annotation's coding sequences translate on a FASTA."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched, islice
from typing import Any

from seqstack.domain.reference.annotation import Annotation, CodingSequence
from seqstack.domain.reference.code_choice import CodeChoice, CodeSource
from seqstack.domain.reference.genetic_codes import GENETIC_CODES, GeneticCode
from seqstack.domain.reference.sequence import reverse_complement

type Bases = Callable[[str, int, int], bytes]
"""Returns upper-case bases of a contig from a start (1-based) to an end (inclusive)."""

_MOST_BROKEN = 0.1
"""Maximum fraction of coding sequences with a stop inside; below 0.01 for the right assembly."""
_USUALLY_BROKEN = 0.01
_LEAST_WHOLE = 0.5
"""Minimum fraction with a start codon, or with a stop; many of Ensembl's are incomplete."""
_FEW = 3
"""With fewer broken coding sequences there is no error: any annotation may have wrong models."""
_SHOWN = 5
_TRIED = 200  # coding sequences of a contig for finding its code
_CODON = 3


@dataclass(frozen=True, slots=True)
class Translated:
    """How one coding sequence translates; `stops` are the codons (0-based) of stops inside."""

    coding: CodingSequence
    stops: tuple[int, ...]
    begins: bool
    ends: bool
    codons: int
    stop_bases: frozenset[bytes] = frozenset()

    @property
    def is_broken(self) -> bool:
        """Whether a stop is inside; a single TGA in a complete sequence is a selenocysteine."""
        is_selenoprotein = (
            self.begins and self.ends and len(self.stops) == 1 and self.stop_bases == {b"TGA"}
        )
        return bool(self.stops) and not is_selenoprotein


@dataclass(slots=True)
class _Count:
    checked: int = 0
    broken: list[Translated] = field(default_factory=list)
    begin: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class TranslationFit:
    """The result of translating all; `broken` names transcripts with a stop inside."""

    coding: int
    checked: int
    begin: int
    end: int
    broken: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def suspicion(self) -> str:
        """A warning if there are more stops than in annotations of the right assembly."""
        if len(self.broken) <= self.checked * _USUALLY_BROKEN:
            return ""
        return (
            f"{len(self.broken)} of {self.checked} coding sequences have a stop inside "
            f"({', '.join(self.broken[:_SHOWN])}): does the annotation belong to this assembly?"
        )

    def as_json(self) -> dict[str, Any]:
        """As JSON for provenance and the manifest."""
        return {
            "codingSequences": self.coding,
            "translated": self.checked,
            "beginWithStart": self.begin,
            "endWithStop": self.end,
            "withStopInside": len(self.broken),
            "firstWithStopInside": list(self.broken[:_SHOWN]),
        }


def translate(coding: CodingSequence, bases: Bases, code: GeneticCode) -> Translated:
    """Translate one coding sequence from its first complete codon."""
    pieces = sorted(batched(coding.pieces, 3, strict=True))
    sequence = b"".join(bases(coding.contig, start, end) for start, end, _ in pieces)
    first = pieces[-1] if coding.is_reverse else pieces[0]
    if coding.is_reverse:
        sequence = reverse_complement(sequence)
    phase = first[2]
    sequence = sequence[phase:]
    codons = len(sequence) // _CODON
    stops = _stops_in(sequence, code)
    ends = bool(stops) and stops[-1] == codons - 1 and len(sequence) % _CODON == 0
    if ends:
        stops = stops[:-1]
    elif len(sequence) % _CODON == 0:  # GTF leaves the stop codon out
        ends = _behind(coding, pieces, bases) in code.stops
    return Translated(
        coding,
        stops,
        begins=phase == 0 and sequence[:_CODON] in code.starts,
        ends=ends,
        codons=codons,
        stop_bases=frozenset(sequence[3 * at : 3 * at + 3] for at in stops),
    )


def _behind(coding: CodingSequence, pieces: Sequence[tuple[int, ...]], bases: Bases) -> bytes:
    if coding.is_reverse:
        start = pieces[0][0]
        return (
            reverse_complement(bases(coding.contig, start - 3, start - 1))
            if start > _CODON
            else b""
        )
    end = pieces[-1][1]
    return bases(coding.contig, end + 1, end + 3)


def _stops_in(sequence: bytes, code: GeneticCode) -> tuple[int, ...]:
    """The indexes of stop codons; searching for each stop is faster than reading each codon."""
    found = []
    for stop in code.stops:
        at = sequence.find(stop)
        while at >= 0:
            if at % _CODON == 0:
                found.append(at // _CODON)
            at = sequence.find(stop, at + 1)
    return tuple(sorted(found))


def translation_fit(
    annotation: Annotation, bases: Bases, codes: Mapping[str, CodeChoice]
) -> TranslationFit:
    """Translate all coding sequences of contigs with a code, and evaluate the result."""
    counts: dict[str, _Count] = {}
    bases = _over_origins(annotation, bases)
    for coding in annotation.coding.values():
        choice = codes.get(coding.contig)
        if choice is None or coding.is_exception:
            continue
        count = counts.setdefault(coding.contig, _Count())
        result = translate(coding, bases, choice.code)
        count.checked += 1
        count.begin += result.begins
        count.end += result.ends
        if result.is_broken:
            count.broken.append(result)
    total = sum(count.checked for count in counts.values())
    broken = [each for count in counts.values() for each in count.broken]
    begin, end = (sum(getattr(c, name) for c in counts.values()) for name in ("begin", "end"))
    problems = list(_contig_problems(annotation, bases, codes, counts))
    if not problems:
        problems += _whole_problems(total, broken, begin, end)
    return TranslationFit(
        coding=len(annotation.coding),
        checked=total,
        begin=begin,
        end=end,
        broken=tuple(each.coding.transcript for each in broken),
        problems=tuple(problems),
    )


def _over_origins(annotation: Annotation, bases: Bases) -> Bases:
    """The same bases; the first base of a circular contig follows its last one."""

    def read(name: str, start: int, end: int) -> bytes:
        length = annotation.contigs[name].circular
        if not length or end <= length:
            return bases(name, start, end)
        if start > length:
            return bases(name, start - length, end - length)
        return bases(name, start, length) + bases(name, 1, end - length)

    return read


def _contig_problems(
    annotation: Annotation,
    bases: Bases,
    codes: Mapping[str, CodeChoice],
    counts: Mapping[str, _Count],
) -> Iterator[str]:
    """Yield contigs whose coding sequences need another genetic code."""
    for name, count in counts.items():
        choice = codes[name]
        is_question = choice.source is CodeSource.TRANSLATION
        is_mostly_broken = len(count.broken) >= _FEW and 2 * len(count.broken) > count.checked
        if not (count.broken and (is_question or is_mostly_broken)):
            continue
        own = (each for each in annotation.coding.values() if each.contig == name)
        tried = list(islice((each for each in own if not each.is_exception), _TRIED))
        fitting = [
            f"{code.number} ({code.name})"
            for code in GENETIC_CODES.values()
            if not any(translate(each, bases, code).is_broken for each in tried)
        ]
        if is_question or fitting:
            yield (
                f"{len(count.broken)} of {count.checked} coding sequences of {name} have a stop "
                f"inside in genetic code {choice.code.number} ({choice.code.name}); set the right "
                f'one in geneticCodes, {{"{name}": …}}; they translate in '
                f"{', '.join(fitting) or 'no other code either'}"
            )


def _whole_problems(total: int, broken: list[Translated], begin: int, end: int) -> Iterator[str]:
    if len(broken) >= _FEW and len(broken) > total * _MOST_BROKEN:
        named = ", ".join(each.coding.transcript for each in broken[:_SHOWN])
        yield (
            f"{len(broken)} of {total} coding sequences have a stop inside ({named}"
            f"{', …' if len(broken) > _SHOWN else ''}): the annotation belongs to another assembly"
        )
    elif total >= _FEW and max(begin, end) < total * _LEAST_WHOLE:
        yield (
            f"of {total} coding sequences {begin} begin with a start codon and {end} end with a "
            "stop codon: the annotation belongs to another assembly"
        )
