import re
from pathlib import Path

import pytest

from seqstack.domain.inputs_read import ObjectRead
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.reads.fastq_file import HEAD_BYTES, TAIL_BYTES, FileBlocks
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.registry import Tool
from seqstack.use_cases.look_at_reads import ReadsLook, look_at_reads
from tests.unit.domain.reads.kinds_of_reads import ACCEPTED, CASES, REFUSED, WARNED, Case

PAGE = Path(__file__).parents[3] / "docs/inputs.md"


def look(case: Case) -> ReadsLook:
    bodies: dict[S3Uri, bytes] = {}
    wanted = []
    for lane, files in enumerate(case.lanes):
        for side, body in enumerate(files, start=1):
            uri = S3Uri("inputs", f"L{lane}/{case.names[side - 1]}")
            bodies[uri] = body
            wanted.append(ObjectRead(f"$.fastq{side}S3Path[{lane}]", uri))
    found = ObjectsFound({uri: len(body) for uri, body in bodies.items()}, {})
    return look_at_reads(
        wanted, found, [case.aligner], lambda sizes: {u: blocks(bodies[u]) for u in sizes}
    )


def blocks(body: bytes) -> FileBlocks:
    is_small = len(body) <= HEAD_BYTES
    return FileBlocks(len(body), body[:HEAD_BYTES], b"" if is_small else body[-TAIL_BYTES:])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row}-{case.note or case.words}")
def test_look_at_reads_reports_each_kind(case: Case) -> None:
    found = look(case)

    problems = [problem.message for problem in found.problems]
    codes = [each.code for each in found.warnings]
    match case.verdict:
        case "accepted":
            assert (problems, codes) == ([], [])
        case "warned":
            assert problems == []
            assert set(codes) == {case.words}
        case _:
            assert any(case.words in problem for problem in problems), problems


def test_umis_of_all_files_give_one_warning() -> None:
    with_umis = next(case for case in CASES if case.row == "umis")

    (warning,) = look(with_umis).warnings

    assert "r_1.fastq.gz and of 1 more of its files have UMIs" in warning.message


def test_page_has_a_row_for_each_kind_and_no_other() -> None:
    rows = dict(
        re.findall(
            r"^\| `([a-z0-9-]+)` \|.*\| (accepted|warned|refused)\b[^|]*\|",
            PAGE.read_text().partition("## BAM and CRAM")[0],
            re.MULTILINE,
        )
    )

    assert rows == {case.row: case.verdict for case in CASES}


def test_each_kind_has_one_verdict() -> None:
    verdicts = {(case.row, case.verdict) for case in CASES}
    assert len(verdicts) == len({row for row, _ in verdicts})
    assert {verdict for _, verdict in verdicts} == {ACCEPTED, WARNED, REFUSED}


def test_look_at_reads_of_an_object_that_cant_be_fetched_names_it() -> None:
    uri = S3Uri("inputs", "r_1.fastq.gz")
    wanted = [ObjectRead("$.fastq1S3Path", uri)]

    found = look_at_reads(
        wanted,
        ObjectsFound({uri: 10}, {}),
        [Tool.BWA],
        lambda _: {uri: "can't be read (AccessDenied)"},
    )

    assert [str(problem) for problem in found.problems] == [
        f"$.fastq1S3Path: {uri} can't be read (AccessDenied); let the stack's functions read it"
    ]


def test_look_at_reads_of_one_object_under_two_names_says_so() -> None:
    uris = [S3Uri("inputs", f"r_{side}.fastq.gz") for side in (1, 2)]
    wanted = [ObjectRead(f"$.fastq{side}S3Path", uri) for side, uri in enumerate(uris, 1)]
    found = ObjectsFound(dict.fromkeys(uris, 10), {}, dict.fromkeys(uris, "etag"))

    told = look_at_reads(
        wanted,
        found,
        [Tool.BWA],
        lambda sizes: {uri: FileBlocks(10, b"@a\nA\n+\nF\n") for uri in sizes},
    )

    assert [problem.path for problem in told.problems] == ["$.fastq2S3Path"]
