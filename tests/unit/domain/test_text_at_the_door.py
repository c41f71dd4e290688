"""Attacks by characters that are no text, on everything that a run's input takes."""

from typing import Any

import pytest

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.s3uri import S3Uri
from tests.support.builders import exome_input

ESCAPE, OVERRIDE, ZERO_WIDTH, FILLER = "\x1b", "\u202e", "\u200b", "\u3164"
_BUCKET = "s3://amzn-s3-demo-source-bucket"


def problems_of(document: object) -> list[Problem]:
    return sorted(CheckedInput.of(document, "results").problems)


def attacks(bad: str) -> dict[str, dict[str, Any]]:
    """An attack by each field of an input, by the path that must be named."""
    return {
        "$.sampleId": {"sampleId": f"NA1{bad}"},
        "$.fastq1S3Path": {"fastq1S3Path": f"{_BUCKET}/a{bad}.fastq.gz"},
        "$.fastq2S3Path[1]": {"fastq2S3Path": [f"{_BUCKET}/a_2.fq.gz", f"{_BUCKET}/b{bad}.fq.gz"]},
        "$.referenceS3Path": {"referenceS3Path": f"{_BUCKET}/g{bad}.fa"},
        "$.annotationS3Path": {"annotationS3Path": f"{_BUCKET}/g{bad}.gff3"},
        "$.resultsS3Path": {"resultsS3Path": f"s3://results/r{bad}/"},
        "$.workingDir": {"workingDir": f"/scratch/a{bad}"},
        "$.submitter": {"submitter": f"lab{bad}"},
        "$.project": {"project": f"grant{bad}"},
        "$.cohortId": {"cohortId": f"trio{bad}"},
        "$.tags.lane": {"tags": {"lane": f"1{bad}"}},
        "$.bwa.jobDefinition": {"bwa": {"jobDefinition": f"bwa{bad}"}},
        "$.bwa.jobQueue": {"bwa": {"jobQueue": f"spot{bad}"}},
        "$.bwa.cmdArgs": {"bwa": {"cmdArgs": f"-K {bad}1"}},
    }


@pytest.mark.parametrize(
    "bad", [ESCAPE, OVERRIDE, ZERO_WIDTH, FILLER, "\x00", "\x7f", "\x9b", "\n"]
)
@pytest.mark.parametrize("path", attacks(""))
def test_input_with_a_character_that_is_no_text_is_refused_by_field_and_code_point(
    path: str, bad: str
) -> None:
    problems = [
        each for each in problems_of(exome_input(**attacks(bad)[path])) if each.path == path
    ]

    assert len(problems) == 1
    assert problems[0].message.startswith(f"holds U+{ord(bad):04X} (")
    assert bad not in str(InvalidInputError(problems)).replace("\n$", "$")


@pytest.mark.parametrize("bad", [ESCAPE, OVERRIDE, FILLER])
@pytest.mark.parametrize("holder", ["$", "$.tags", "$.bwa"])
def test_input_whose_key_is_no_text_is_refused_without_showing_it(holder: str, bad: str) -> None:
    block = {f"a{bad}b": "x"}
    document = exome_input(**(block if holder == "$" else {holder.removeprefix("$."): block}))

    (problem,) = (each for each in problems_of(document) if "holds U+" in each.message)

    assert problem.path == f"{holder}['a�b']"
    assert not any(bad in str(each) for each in problems_of(document))
    assert len(problems_of(document)) == len(problems_of(exome_input())) + 1


def test_input_below_an_unknown_key_is_looked_at_too() -> None:
    problems = problems_of(exome_input(notes=[{"by": f"me{ESCAPE}"}]))

    assert "$.notes[0].by" in [each.path for each in problems]


def test_what_is_refused_is_no_part_of_the_sound_input() -> None:
    document = exome_input(
        tags={"lane": f"1{ESCAPE}", "flow": "2"}, bwa={"cmdArgs": f"-K {ESCAPE}"}
    )

    sound = CheckedInput.of(document, "results").sound

    assert sound["tags"] == {"flow": "2"}
    assert sound["bwa"] == {}
    assert document["tags"]["lane"] == f"1{ESCAPE}"


@pytest.mark.parametrize("bad", [ESCAPE, OVERRIDE, FILLER, "\ud800"])
def test_s3uri_with_a_character_that_is_no_text_is_no_value(bad: str) -> None:
    for make in (
        lambda: S3Uri.parse(f"s3://bucket/a{bad}"),
        lambda: S3Uri.parse(f"s3://buck{bad}et/a"),
        lambda: S3Uri("bucket", f"a{bad}"),
        lambda: S3Uri("bucket", "folder/") / f"a{bad}",
        lambda: S3Uri("bucket", "a").with_suffix(bad),
    ):
        with pytest.raises(ValueError, match=rf"holds U\+{ord(bad):04X}") as refused:
            make()
        assert bad not in str(refused.value)


def test_a_problem_never_carries_what_is_no_text() -> None:
    problem = Problem(f"$.{ESCAPE}", f"an answer of S3: {ESCAPE}[31m{OVERRIDE}")

    assert str(problem) == "$.�: an answer of S3: �[31m�"
