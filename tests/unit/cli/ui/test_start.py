"""The form that starts a run: what is wrong with each field, and what is started."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.ui.run_form import by_field, document, problems_of
from tests.unit.cli.runs import RUN_ID, reference_version, summary
from tests.unit.cli.scripted_api import ScriptedApi, problem
from tests.unit.cli.ui.conftest import Browser

START, REFERENCES = "POST /runs", "GET /references"
RIGHT = {
    "sampleId": "NA12878",
    "fastq1S3Path": "s3://reads/L1_R1.fq.gz\ns3://reads/L2_R1.fq.gz",
    "fastq2S3Path": "s3://reads/L1_R2.fq.gz\ns3://reads/L2_R2.fq.gz",
    "reference": "GRCh38",
}


@pytest.fixture(autouse=True)
def _answers(api: ScriptedApi) -> None:
    listed = [
        {"name": "GRCh38", "versions": [reference_version()]},
        {"name": "old", "versions": [reference_version(problem="made by another version")]},
    ]
    api.on(REFERENCES, {"references": listed})
    api.on(START, summary())


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"sampleId": ""}, "sampleId", "is missing"),
        ({"sampleId": "two words"}, "sampleId", "must be letters, digits"),
        ({"sampleId": "a\u202eb"}, "sampleId", "U+202E"),
        ({"project": "/x"}, "project", "must be letters"),
        ({"fastq1S3Path": ""}, "fastq1S3Path", "is missing; or give BAM"),
        ({"fastq1S3Path": "s3://Reads/a s3://reads/b"}, "fastq1S3Path", "no valid bucket name"),
        ({"fastq1S3Path": "s3://reads/a s3://reads/a"}, "fastq1S3Path", "twice"),
        ({"fastq1S3Path": "reads/a\nreads/b"}, "fastq1S3Path", "neither an S3 URI nor"),
        ({"fastq1S3Path": "s3://reads/x/ s3://reads/b"}, "fastq1S3Path", "is not an object"),
        ({"fastq2S3Path": "s3://reads/L1_R2.fq.gz"}, "fastq2S3Path", "1 here, but 2"),
        ({"fastq2S3Path": RIGHT["fastq1S3Path"]}, "fastq2S3Path", "the same file"),
        ({"readsS3Path": "s3://reads/a.bam"}, "readsS3Path", "leave this empty"),
        ({"reference": ""}, "reference", "is missing"),
        ({"reference": "GRCh37"}, "reference", "no prepared reference GRCh37 (there is: GRCh38)"),
        ({"reference": "https://x.example/g.fa"}, "reference", "is not an S3 URI"),
        ({"annotationS3Path": "/no/such/file.gff3"}, "annotationS3Path", "there is no file"),
        ({"more": "{"}, "more", "is not JSON"),
        ({"more": "[1]"}, "more", "must be a JSON object"),
    ],
)
def test_mistake_is_told_at_its_field_and_starts_nothing(
    browser: Browser, api: ScriptedApi, changes: dict[str, str], field: str, said: str
) -> None:
    form = RIGHT | changes | {"token": browser.guard.form_token}

    checked = json.loads(browser.post("start/check", form).text)
    shown = browser.post("start", form)

    assert list(checked) == [field]
    assert said in checked[field]
    assert shown.status_code == 422
    assert f'aria-describedby="{field}-problem" aria-invalid="true"' in shown.text
    assert START not in api.operations


def test_references_are_asked_for_once_while_a_form_is_filled_in(
    browser: Browser, api: ScriptedApi
) -> None:
    for _ in range(3):
        answer = browser.post("start/check", RIGHT | {"token": browser.guard.form_token})
        assert json.loads(answer.text) == {}

    assert api.operations == [REFERENCES]


def test_right_form_starts_one_run_however_often_it_is_sent(
    browser: Browser, api: ScriptedApi
) -> None:
    form = RIGHT | {
        "token": browser.guard.form_token,
        "key": "k1",
        "caller": "bcftools",
        "noCache": "yes",
        "more": '{"targetPadding": 50, "sampleId": "other"}',
    }

    answers = [browser.post("start", form) for _ in range(2)]

    assert {each.headers["Location"] for each in answers} == {f"{browser.guard.base}runs/{RUN_ID}"}
    first, second = [each for each in api.asked if each.operation == START]
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == "k1"
    assert first.body == {
        "sampleId": "NA12878",
        "fastq1S3Path": ["s3://reads/L1_R1.fq.gz", "s3://reads/L2_R1.fq.gz"],
        "fastq2S3Path": ["s3://reads/L1_R2.fq.gz", "s3://reads/L2_R2.fq.gz"],
        "reference": "GRCh38",
        "bcftools": {},
        "cache": False,
        "targetPadding": 50,
    }


def test_what_the_api_refuses_stands_at_its_field(browser: Browser, api: ScriptedApi) -> None:
    api.on(
        START,
        problem(
            422,
            "the input can't be used; nothing was started",
            ("$.fastq1S3Path[1]", "is no gzip"),
            ("$.targetPadding", "is too much"),
        ),
    )

    shown = browser.post("start", RIGHT | {"token": browser.guard.form_token}).text

    assert 'id="fastq1S3Path-problem" class="problem" aria-live="polite">is no gzip<' in shown
    assert "$.targetPadding: is too much" in shown
    assert 'value="NA12878"' in shown  # what was typed is kept


def test_other_refusals_are_pages_of_their_own(browser: Browser, api: ScriptedApi) -> None:
    api.on(START, problem(403, "you have no project"))

    answer = browser.post("start", RIGHT | {"token": browser.guard.form_token})

    assert answer.status_code == 403
    assert "You have no project" in answer.text


def test_too_much_is_left_to_the_command(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.ui.start._MOST_SENT_BYTES", 10)
    reads = tmp_path / "r.bam"
    reads.write_bytes(b"x" * 11)
    form = {"sampleId": "s", "readsS3Path": str(reads), "reference": "GRCh38"}

    answer = browser.post("start", form | {"token": browser.guard.form_token})

    assert answer.status_code == 422
    assert "11 B, more than a page can send" in answer.text
    assert "seqstack --stack lab run" in answer.text


def test_fasta_is_given_in_place_of_a_name() -> None:
    values = RIGHT | {
        "reference": "s3://refs/genome.fa",
        "annotationS3Path": "s3://refs/genes.gff3",
    }

    assert problems_of(values, ()) == {}
    made: dict[str, Any] = document(values)
    assert (made["referenceS3Path"], "reference" in made) == ("s3://refs/genome.fa", False)


def test_problem_of_no_field_is_told_above_all() -> None:
    assert by_field(["$: is no object", "$.referenceS3Path: is missing"]) == {
        "": "$: is no object",
        "reference": "is missing",
    }
