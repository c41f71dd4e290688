"""Choose the genetic code of each contig, with its source."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.genetic_codes import (
    BACTERIAL,
    GENETIC_CODES,
    STANDARD,
    VERTEBRATE_MITOCHONDRIAL,
    GeneticCode,
)
from seqstack.domain.reference.organelles import (
    is_mitochondrial_name,
    is_plastid_name,
    known_organelle,
)

_SHOWN = 5
EVERY_OTHER = "*"
"""In place of a contig's name: all contigs without another source."""


class CodeSource(StrEnum):
    """The source of a contig's genetic code."""

    GIVEN = "given"
    ANNOTATION = "annotation"
    """Its coding sequences have the attribute `transl_table`."""
    KNOWN_NAME = "knownName"
    """It is a known organelle, by name and length."""
    TRANSLATION = "translation"
    """Its name is a mitochondrion's, and its coding sequences translate in this code."""
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class CodeChoice:
    """A contig's code; `whose` is the known genome."""

    code: GeneticCode
    source: CodeSource
    whose: str = ""


def codes_as_json(codes: Mapping[str, CodeChoice]) -> list[dict[str, Any]]:
    """Codes as provenance and logs show them: each choice once, with its first contigs."""
    contigs: dict[CodeChoice, list[str]] = {}
    for name, choice in codes.items():
        contigs.setdefault(choice, []).append(name)
    return [
        {
            "code": choice.code.number,
            "name": choice.code.name,
            "source": str(choice.source),
            **({"whose": choice.whose} if choice.whose else {}),
            "contigs": len(names),
            "firstContigs": names[:_SHOWN],
        }
        for choice, names in contigs.items()
    ]


def choose_codes(
    contigs: Iterable[Contig],
    given: Mapping[str, int],
    annotated: Mapping[str, frozenset[int]],
) -> dict[str, CodeChoice]:
    """The code of each contig by its name.

    A choice by `TRANSLATION` is tentative: the contig's coding sequences must confirm it.

    Args:
        contigs: of the reference.
        given: NCBI's numbers by name, from the user.
        annotated: those of the annotation's `transl_table`.
    """
    return {each.name: _choose(each, given, annotated.get(each.name)) for each in contigs}


def _choose(  # noqa: PLR0911 - one for each source, the most reliable first
    contig: Contig, given: Mapping[str, int], annotated: frozenset[int] | None
) -> CodeChoice:
    if contig.name in given:
        return CodeChoice(GENETIC_CODES[given[contig.name]], CodeSource.GIVEN)
    if annotated and len(annotated) == 1 and (number := min(annotated)) in GENETIC_CODES:
        return CodeChoice(GENETIC_CODES[number], CodeSource.ANNOTATION)
    if known := known_organelle(contig.name, contig.length):
        return CodeChoice(GENETIC_CODES[known.code], CodeSource.KNOWN_NAME, known.whose)
    if EVERY_OTHER in given:
        return CodeChoice(GENETIC_CODES[given[EVERY_OTHER]], CodeSource.GIVEN)
    if is_plastid_name(contig.name):
        return CodeChoice(GENETIC_CODES[BACTERIAL], CodeSource.KNOWN_NAME, "plastids")
    if is_mitochondrial_name(contig.name):
        return CodeChoice(GENETIC_CODES[VERTEBRATE_MITOCHONDRIAL], CodeSource.TRANSLATION)
    return CodeChoice(GENETIC_CODES[STANDARD], CodeSource.DEFAULT)


def code_problems(
    contigs: Iterable[Contig], given: Mapping[str, int], annotated: Mapping[str, frozenset[int]]
) -> Iterator[str]:
    """Yield problems: unknown contigs, unknown codes, and contradictions."""
    names = {contig.name for contig in contigs}
    for name, number in given.items():
        if name != EVERY_OTHER and name not in names:
            yield f"a genetic code is given for {name!r}, and the FASTA has no such contig"
        if number not in GENETIC_CODES:
            yield f"genetic code {number} does not exist or is not supported: see NCBI's list"
    for name, numbers in annotated.items():
        if (
            name in names
            and name not in given
            and (len(numbers) > 1 or not numbers <= GENETIC_CODES.keys())
        ):
            yield (
                f"the annotation's transl_table gives {name} the genetic codes "
                f"{', '.join(map(str, sorted(numbers)))}: set one in geneticCodes"
            )
