"""docs/inputs.md, section References and annotations: what it says of each kind is so."""

import gzip
import re
from pathlib import Path

import pytest

from seqstack.domain.reference.annotation import read_annotation
from seqstack.domain.reference.code_choice import choose_codes, code_problems
from seqstack.domain.reference.fasta import scan_fasta
from seqstack.domain.reference.fasta_index import unlike_fasta
from seqstack.domain.reference.first_look import (
    aligner_index_problems,
    fasta_problems,
    look_at_annotation,
    read_index,
)
from seqstack.domain.reference.fitting import contig_fit_problems
from seqstack.domain.reference.translation import translation_fit
from tests.unit.domain.reference.kinds_of_references import ACCEPTED, CASES, Case

PAGE = Path(__file__).parents[4] / "docs" / "inputs.md"
ROW = re.compile(r"\| `([a-z0-9-]+)` \| .+ \| (accepted|warned|refused)\b.*\|")


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def text_of(given: str | bytes) -> bytes:
    body = as_bytes(given)
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def first_look(case: Case) -> list[str]:
    """The problems that are reported before anything is submitted."""
    fasta, annotation = as_bytes(case.fasta), as_bytes(case.annotation)
    index, problems = read_index(case.fai.encode())
    problems += fasta_problems(fasta, len(fasta), index)
    if index:
        problems += aligner_index_problems(".ann", case.ann.encode(), index, is_whole=True)
        problems += code_problems(index, case.genetic_codes, {})
    found, said = look_at_annotation(annotation, len(annotation))
    return [*problems, *said, *contig_fit_problems(found, index, case.left_out)]


def whole_look(case: Case) -> list[str]:
    """The problems that jobs report."""
    facts = scan_fasta([text_of(case.fasta)])
    index, _ = read_index(case.fai.encode())
    text = text_of(case.fasta).decode()
    annotation = read_annotation(text_of(case.annotation).splitlines(keepends=True))
    problems = [*facts.problems, *unlike_fasta(index, facts)]
    if problems:
        return problems
    sequences = {
        part.split()[0]: "".join(part.split("\n")[1:]).encode() for part in text.split(">")[1:]
    }
    codes = choose_codes(facts.contigs, case.genetic_codes, annotation.transl_tables)
    return list(
        translation_fit(annotation, lambda n, a, b: sequences[n][a - 1 : b], codes).problems
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_reference_is_judged_as_the_page_says(case: Case) -> None:
    told = first_look(case)
    told = told or whole_look(case)

    if case.verdict == ACCEPTED:
        assert told == []
    else:
        assert any(case.words in each for each in told), told


def test_page_has_a_row_for_each_kind_and_no_other() -> None:
    section = PAGE.read_text().partition("## References and annotations")[2].partition("\n## ")[0]
    rows = [match.groups() for match in ROW.finditer(section)]

    assert {name for name, _ in rows} == {case.row for case in CASES}
    for name, outcome in rows:
        verdicts = {case.verdict for case in CASES if case.row == name}
        assert outcome in verdicts, name
