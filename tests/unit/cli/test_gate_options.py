"""`--gate` is a bound on a metric, as `qcGates` has it."""

import pytest

from cli.errors import ExitCode
from tests.unit.cli import runs
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, answer

SAMPLE = (
    "run", "--sample", "NA12878", "--fastq1", "s3://in/a_1.fq.gz", "--fastq2", "s3://in/a_2.fq.gz",
    "--reference", "s3://refs/hg38.fa", "--annotation", "s3://refs/genes.gff3",
)  # fmt: skip


def test_gates_are_bounds_by_metric(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("POST /runs", answer(201, runs.summary()))

    ended = seqstack(
        *SAMPLE,
        *("--gate", "meanTargetDepth>=30", "--gate", "titv >= 1.9"),
        *("--gate", "titv<=3.3", "--gate", "sex = female"),
    )

    assert ended.exit_code == ExitCode.OK, ended.output
    assert api.asked[0].body["qcGates"] == {
        "meanTargetDepth": {"min": 30},
        "titv": {"min": 1.9, "max": 3.3},
        "sex": "female",
    }


@pytest.mark.parametrize(
    "gate",
    ["meanTargetDepth", "titv>2", "titv>=many", ">=3", "titv>=nan", "sex=", "sex=XX", "sex==male"],
)
def test_text_that_is_no_bound_is_refused(api: ScriptedApi, seqstack: SeqStack, gate: str) -> None:
    ended = seqstack(*SAMPLE, "--gate", gate)

    assert ended.exit_code == ExitCode.USAGE
    assert gate in ended.stderr
    assert api.asked == []


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("titv>=2", "titv>=3", "titv >= is given twice"),
        ("sex=male", "sex=female", "sex = is given twice"),
        ("sex>=1", "sex=female", "sex has a word and a bound"),
    ],
)
def test_bound_that_is_given_twice_is_refused(
    api: ScriptedApi, seqstack: SeqStack, one: str, other: str, said: str
) -> None:
    ended = seqstack(*SAMPLE, "--gate", one, "--gate", other)

    assert ended.exit_code == ExitCode.USAGE
    assert said in ended.stderr
    assert api.asked == []
