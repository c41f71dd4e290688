"""Coding sequences of a few codons, translated by hand."""

import pytest

from seqstack.domain.reference.annotation import Annotation, CodingSequence, read_annotation
from seqstack.domain.reference.code_choice import choose_codes
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.genetic_codes import GENETIC_CODES
from seqstack.domain.reference.sequence import reverse_complement
from seqstack.domain.reference.translation import Translated, translate, translation_fit

# ATG GCC TAA in the middle, and as its other strand behind it: TTA GGC CAT
GENOME = {"c": b"CCATGGCCTAACCTTAGGCCATCC"}


def bases(name: str, start: int, end: int) -> bytes:
    return GENOME[name][start - 1 : end]


def coding(*pieces: tuple[int, int, int], is_reverse: bool = False) -> CodingSequence:
    made = CodingSequence("t", "c", is_reverse)
    for piece in pieces:
        made.pieces.extend(piece)
    return made


def standard(made: CodingSequence) -> Translated:
    return translate(made, bases, GENETIC_CODES[1])


@pytest.mark.parametrize(
    ("made", "stops", "begins", "ends"),
    [
        (coding((3, 11, 0)), (), True, True),
        (coding((14, 22, 0), is_reverse=True), (), True, True),
        (coding((3, 5, 0), (6, 11, 0)), (), True, True),  # in two exons
        (coding((17, 22, 0), (14, 16, 0), is_reverse=True), (), True, True),
        (coding((3, 8, 0)), (), True, True),  # as GTF has it: the stop codon is behind it
        (coding((17, 22, 0), is_reverse=True), (), True, True),
        (coding((2, 11, 1)), (), False, True),  # incomplete at its start: ATG is no start there
        (coding((3, 14, 0)), (2,), True, True),  # ATG GCC TAA CCT, and TAG behind it
        (coding((3, 13, 0)), (2,), True, False),  # ATG GCC TAA and two bases of no codon
        (coding((4, 12, 0)), (), False, False),  # shifted by one: TGG CCT AAC
        (coding((3, 7, 0)), (), True, False),
    ],
)
def test_translate_by_strand_phase_and_exons(
    made: CodingSequence, stops: tuple[int, ...], begins: bool, ends: bool
) -> None:
    found = standard(made)

    assert (found.stops, found.begins, found.ends) == (stops, begins, ends)


def annotated(*sequences: bytes, contig: str = "c") -> tuple[Annotation, dict[str, bytes]]:
    """One contig of the sequences, one behind the other, each a coding sequence of its own."""
    text, at = "", 0
    for number, sequence in enumerate(sequences):
        text += (
            f"{contig}\ts\tCDS\t{at + 1}\t{at + len(sequence)}\t.\t+\t0\tID=c{number};"
            f"Parent=t{number}\n"
        )
        at += len(sequence)
    genome = {contig: b"".join(sequences)}
    return read_annotation(text.encode().splitlines(keepends=True)), genome


def problems(
    annotation: Annotation, genome: dict[str, bytes], given: dict[str, int] | None = None
) -> tuple[str, ...]:
    contigs = [Contig(name, len(sequence)) for name, sequence in genome.items()]
    codes = choose_codes(contigs, given or {}, annotation.transl_tables)

    def read(name: str, start: int, end: int) -> bytes:
        return genome[name][start - 1 : end]

    return translation_fit(annotation, read, codes).problems


SOUND = b"ATGGCCGCCTAA"
BROKEN = b"ATGTAAGCCTAA"
SELENO = b"ATGTGAGCCTAA"


def test_translation_fit_of_sound_sequences_has_no_problem() -> None:
    assert problems(*annotated(*[SOUND] * 20)) == ()


def test_translation_fit_of_one_broken_model_in_many_has_no_problem() -> None:
    assert problems(*annotated(*[SOUND] * 20, BROKEN)) == ()


def test_translation_fit_of_many_broken_sequences_is_another_assembly() -> None:
    (problem,) = problems(*annotated(*[SOUND] * 20, *[BROKEN] * 3))

    assert problem == (
        "3 of 23 coding sequences have a stop inside (t20, t21, t22): the annotation belongs to "
        "another assembly"
    )


@pytest.mark.parametrize("strand", ["+", "-"])
def test_translation_fit_goes_on_at_the_first_base_of_a_circular_contig(strand: str) -> None:
    sequence = SOUND if strand == "+" else reverse_complement(SOUND)
    genome = sequence[4:] + b"CCCC" + sequence[:4]  # the gene begins at base 13 of 16
    text = "c\ts\tregion\t1\t16\t.\t+\t.\tIs_circular=true\n" + "".join(
        f"c\ts\tCDS\t{start}\t{end}\t.\t{strand}\t.\tParent={name}\n"
        for name, start, end in (("one", 13, 24), ("two", 13, 16), ("two", 17, 24))
    )
    annotation = read_annotation(text.encode().splitlines(keepends=True))
    codes = choose_codes([Contig("c", 16)], {}, {})

    fit = translation_fit(annotation, lambda _, start, end: genome[start - 1 : end], codes)

    assert (fit.checked, fit.begin, fit.end, fit.broken) == (2, 2, 2, ())


def test_translation_fit_of_selenoproteins_has_no_problem() -> None:
    assert problems(*annotated(*[SELENO] * 9)) == ()


def test_translation_fit_of_sequences_with_neither_start_nor_stop_is_another_assembly() -> None:
    (problem,) = problems(*annotated(*[b"GCCGCCGCCGCC"] * 5))

    assert "of 5 coding sequences 0 begin with a start codon and 0 end with a stop" in problem


def test_translation_fit_of_exceptions_has_no_problem() -> None:
    annotation, genome = annotated(*[BROKEN] * 5)
    for each in annotation.coding.values():
        each.is_exception = True

    assert problems(annotation, genome) == ()


# TGA is Trp in codes 2, 3, 4, 5 …; AGA is a stop in 2 alone
TRP = b"ATGTGATGAGCCTAA"
ARG = b"ATGTGAAGAGCCTAA"


def test_translation_fit_of_a_contig_with_another_code_names_the_codes_that_fit() -> None:
    annotation, genome = annotated(*[TRP] * 3, contig="c")

    (problem,) = problems(annotation, genome)

    assert "3 of 3 coding sequences of c have a stop inside in genetic code 1 (Standard)" in problem
    assert "2 (Vertebrate Mitochondrial), 3 (Yeast Mitochondrial), 4 (" in problem
    assert problems(annotation, genome, {"c": 2}) == ()


def test_translation_fit_of_an_unknown_mitochondrion_is_vertebrate_if_it_translates_so() -> None:
    assert problems(*annotated(TRP, contig="chrM")) == ()


def test_translation_fit_of_an_unknown_mitochondrion_that_does_not_asks_for_its_code() -> None:
    (problem,) = problems(*annotated(ARG, contig="chrM"))

    assert "1 of 1 coding sequences of chrM have a stop inside in genetic code 2" in problem
    assert 'in geneticCodes, {"chrM": …}' in problem
    assert "5 (Invertebrate Mitochondrial)" in problem


def test_translation_fit_of_a_given_code_that_is_wrong_is_reported() -> None:
    annotation, genome = annotated(*[ARG] * 3, contig="chrM")

    assert "genetic code 2" in problems(annotation, genome, {"chrM": 2})[0]
