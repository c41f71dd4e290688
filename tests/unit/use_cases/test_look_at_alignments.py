import hashlib
import re
from pathlib import Path

import pytest

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.reads.fastq_file import HEAD_BYTES, TAIL_BYTES, FileBlocks
from seqstack.domain.s3uri import S3Uri
from seqstack.use_cases.look_at_alignments import AlignmentsLook, look_at_alignments
from tests.unit.domain.reads.kinds_of_alignments import CASES, FAI, OTHER_FAI, Case, written

PAGE = Path(__file__).parents[3] / "docs/inputs.md"
REFERENCE = S3Uri("inputs", "r.fa")


def checked(case: Case, **more: str) -> CheckedInput:
    document = {
        "sampleId": "s",
        "readsS3Path": [f"s3://inputs/{n}/reads" for n, _ in enumerate(case.files)],
        "referenceS3Path": str(REFERENCE),
        "annotationS3Path": "s3://inputs/r.gff3",
        str(case.aligner): {},
        **more,
    }
    return CheckedInput.of(document, "results")


def look(case: Case, document: CheckedInput, **fais: bytes) -> AlignmentsLook:
    bodies = {S3Uri("inputs", f"{n}/reads"): body for n, body in enumerate(case.files)}
    bodies[REFERENCE.with_suffix(".fai")] = case.fai
    bodies |= {S3Uri("inputs", f"{name}.fa.fai"): body for name, body in fais.items()}
    found = ObjectsFound(
        {uri: len(body) for uri, body in bodies.items()},
        {},
        {uri: hashlib.sha256(body).hexdigest() for uri, body in bodies.items()},
    )
    return look_at_alignments(
        document,
        found,
        lambda sizes: {uri: blocks(bodies[uri]) for uri in sizes},
        lambda uri, size: bodies[uri][:size],
    )


def blocks(body: bytes) -> FileBlocks:
    is_small = len(body) <= HEAD_BYTES
    return FileBlocks(len(body), body[:HEAD_BYTES], b"" if is_small else body[-TAIL_BYTES:])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row}-{case.note or case.words}")
def test_look_at_alignments_tells_each_kind(case: Case) -> None:
    document = checked(case)
    found = look(case, document)

    problems = [problem.message for problem in (*document.problems, *found.problems)]
    codes = {each.code for each in found.warnings}
    match case.verdict:
        case "accepted":
            assert (problems, codes) == ([], set())
        case "warned":
            assert (problems, codes) == ([], {case.words})
        case _:
            assert any(case.words in problem for problem in problems), problems


def test_page_has_a_row_for_each_kind_and_no_other() -> None:
    section = PAGE.read_text().partition("## BAM and CRAM\n")[2]
    section = section.partition("The aligner's job checks the whole file")[0]
    rows = dict(
        re.findall(
            r"^\| `([a-z0-9-]+)` \|.*\| (accepted|warned|refused)\b[^|]*\|", section, re.MULTILINE
        )
    )

    assert rows == {case.row: case.verdict for case in CASES}


@pytest.mark.parametrize(("own", "is_refused"), [(FAI, False), (OTHER_FAI, True)])
def test_cram_is_compared_with_the_fasta_that_it_was_made_with(
    own: bytes, *, is_refused: bool
) -> None:
    """The run's reference may be of another assembly."""
    case = Case("", "", (written("cram"),), fai=OTHER_FAI)

    found = look(case, checked(case, readsReferenceS3Path="s3://inputs/own.fa"), own=own)

    assert bool(found.problems) == is_refused


def test_look_at_alignments_counts_scratch_as_that_of_fastq() -> None:
    """CRAM is a quarter to a half of FASTQ, and `samtools collate` writes all reads once more."""
    bam, cram = (Case("", "", (written(kind),)) for kind in ("bam", "cram"))
    for case, factor in ((bam, 2), (cram, 5)):
        (size,) = look(case, checked(case)).sizes.values()
        assert size == factor * len(case.files[0])
