"""`seqstack cohort report`: each sample with its newest run, and what is unusual."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from cli.cohort_report.files import as_document
from cli.cohort_report.page import cohort_page
from cli.cohort_report.samples import LEAST_SAMPLES, SampleResult, outliers, sample_result
from cli.errors import ExitCode
from cli.relatedness.collecting import Relations
from cli.relatedness.pairs import Pair
from tests.support.html_page import HtmlPage
from tests.unit.cli import runs
from tests.unit.cli.relatedness.families import family, vcf
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack

COHORT: Any = {
    "cohortId": "trios",
    "execution": "trios-1",
    "state": "FAILED",
    "costUsd": 0.5,
    "notStarted": 1,
    "costToComeUsd": 0.25,
    "budgetUsd": None,
    "budgetMetAt": None,
    "plan": {"samples": 4},
}


def result(sample: str, **metrics: float) -> SampleResult:
    return SampleResult(sample, f"run-{sample}", "SUCCEEDED", "", metrics, (), 60, 0.1, "s3://b/r/")


CAUSE = """align (bwa) failed: exit status 65
FAILED align/bwa: R1 ends early; exit code 65
do: send the file again
job 1, log stream seqstack/2
last line of its log:
noise
"""


def test_sample_of_a_failed_run_has_its_cause_in_a_line() -> None:
    run: Any = runs.detail(
        sampleId="NA1",
        state="FAILED",
        startedAt="2026-01-02T03:00:00.000Z",
        endedAt="2026-01-02T03:02:30.000Z",
        failure={"error": "ToolFailedError", "cause": CAUSE},
        warnings=[{"code": "x", "message": "y", "step": None}],
        metrics={"reads": 10.0},
        costUsd=0.25,
    )
    why = "; ".join(CAUSE.splitlines()[:3])
    assert sample_result(run) == SampleResult(
        "NA1", runs.RUN_ID, "FAILED", f"ToolFailedError: {why}", {"reads": 10.0},
        [{"code": "x", "message": "y", "step": None}], 150, 0.25,
        "s3://results/results/",
    )  # fmt: skip


def test_sample_far_from_the_others_is_unusual() -> None:
    depths = {"a": 78.0, "b": 80.0, "c": 82.0, "d": 81.0, "e": 30.0}
    samples = [result(name, meanTargetDepth=depth) for name, depth in depths.items()]
    # median 80, median of the absolute deviations 2: 0.6745 x 50 / 2 = 16.9
    assert outliers(samples) == {"e": {"meanTargetDepth": "low, usual is 80"}}
    assert outliers(samples[: LEAST_SAMPLES - 1]) == {}


def test_samples_that_hardly_differ_are_usual() -> None:
    rates = [0.99, 0.99, 0.99, 0.99, 0.991, 0.985]
    assert outliers([result(str(n), alignedRate=rate) for n, rate in enumerate(rates)]) == {}


@pytest.fixture
def cohort(api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> ScriptedApi:
    """Three samples of four: one has succeeded after a failure, one has failed.

    The two that have succeeded are a father and his son; the sheet does not say it.
    Another sample was taken out of the sheet.
    """
    listed = [
        runs.summary(runId="r4", sampleId="NA1"),
        runs.summary(runId="r3", sampleId="=NA2"),
        runs.summary(runId="r2", sampleId="NA3"),
        runs.summary(runId="r1", sampleId="NA1", state="FAILED"),
        runs.summary(runId="r0", sampleId="NA0", state="FAILED", leftOut=True),
    ]
    api.on("GET /cohorts/trios", COHORT)
    api.on("GET /runs", {"runs": listed, "nextToken": None})
    ended = {"state": "SUCCEEDED", "endedAt": "2026-01-02T04:04:05.678Z", "costUsd": 0.125}
    metrics = {"meanTargetDepth": 81.26, "variants": 20_000}
    tags = {"patient": "=P1"}
    first = runs.detail(runId="r4", sampleId="NA1", metrics=metrics, tags=tags, **ended)
    api.on("GET /runs/r4", first)
    failure = {"error": "BadDataError", "cause": "<b>R1</b>"}
    failed = {**ended, "state": "FAILED", "failure": failure}
    api.on("GET /runs/r3", runs.detail(runId="r3", sampleId="=NA2", metrics={}, **failed))
    other = {"meanTargetDepth": 70.5, "variants": 21_000, "sex": "female"}
    warned = {"code": "sexDiffers", "message": "said to be <i>male</i>", "step": "aggregateQc"}
    api.on(
        "GET /runs/r2",
        runs.detail(runId="r2", sampleId="NA3", metrics=other, warnings=[warned], **ended),
    )
    people = family(1)
    links = {"r4": people["father"], "r2": people["son"]}
    for run_id in links:
        uri = f"s3://results/{run_id}/qc/fingerprint.vcf.gz"
        output = {"s3Uri": uri, "versionId": "v", "state": "current", "link": run_id}
        listed_outputs = {"runId": run_id, "outputs": [output], "linksExpireAt": None}
        api.on(f"GET /runs/{run_id}/outputs", listed_outputs)
    monkeypatch.setattr("cli.transport.fetch", lambda link: vcf(links[link]))
    return api


@pytest.mark.usefixtures("cohort")
@pytest.mark.parametrize("name", ["cohort.csv", "pairs.csv", "cohort.json", "cohort.html"])
def test_report_on_a_full_disk_is_an_error_that_names_the_file(
    seqstack: SeqStack, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).symlink_to("/dev/full")

    ended = seqstack("cohort", "report", "trios", "--output", str(tmp_path))

    assert ended.exit_code == ExitCode.FAILED
    assert f"{tmp_path / name} can't be written: No space left on device" in ended.stderr


def test_report_has_the_newest_run_of_each_sample(
    cohort: ScriptedApi, seqstack: SeqStack, tmp_path: Path
) -> None:
    ended = seqstack("cohort", "report", "trios", "--output", str(tmp_path / "out"))

    assert ended.exit_code == ExitCode.OK, ended.output
    assert not {"GET /runs/r0", "GET /runs/r1"} & {*cohort.operations}
    document = json.loads((tmp_path / "out/cohort.json").read_text())
    assert [(each["sampleId"], each["runId"]) for each in document["samples"]] == [
        ("=NA2", "r3"),
        ("NA1", "r4"),
        ("NA3", "r2"),
    ]
    with (tmp_path / "out/cohort.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["sample"] for row in rows] == ["'=NA2", "NA1", "NA3"]  # no formula
    assert [row["meanTargetDepth"] for row in rows] == ["", "81.26", "70.5"]
    assert [row["sex"] for row in rows] == ["", "", "female"]
    assert [row["warnings"] for row in rows] == ["0", "0", "1"]
    assert rows[1]["cost_usd"] == "0.125"
    text = (tmp_path / "out/cohort.html").read_text()
    page = HtmlPage(text)
    assert "Cohort trios: 2 of 3 samples succeeded" in page.text
    assert "1 have no run yet." in page.text
    assert "BadDataError: <b>R1</b>" in page.text
    assert "<b>R1" not in text
    assert "NA3sexDiffers" in page.text.replace(" ", "").replace("\n", "")
    assert "said to be <i>male</i>" in page.text
    assert (
        "meanTargetDepth: mean depth of the targets, of 2 samples from 70.5x to 81.26x" in page.text
    )


def test_relatives_that_the_sheet_does_not_know_are_named(
    cohort: ScriptedApi, seqstack: SeqStack, tmp_path: Path
) -> None:
    ended = seqstack("cohort", "report", "trios", "--output", str(tmp_path))

    said = "NA1 and NA3 are first-degree relatives (0.5"
    assert said in ended.stderr
    assert "the sheet says that they are patients =P1 and NA3, of no common family" in ended.stderr
    relations = json.loads((tmp_path / "cohort.json").read_text())["relations"]
    assert relations["contradictions"][0].startswith(said)
    assert (relations["compared"], relations["withoutFingerprint"]) == (2, ["=NA2"])
    page = HtmlPage((tmp_path / "cohort.html").read_text())
    assert said in page.text
    assert "Fingerprints of 2 samples were compared; 1 samples have none." in page.text
    with (tmp_path / "pairs.csv").open(newline="") as lines:
        [row] = csv.DictReader(lines)
    assert (row["first"], row["second"], row["kinship"], row["opposite"]) == (
        "NA1",
        "NA3",
        "first-degree relatives",
        "0",
    )


def test_sample_with_reads_of_two_people_stands_in_page_and_document() -> None:
    samples = [result(f"S{n}") for n in range(3)]
    mixed = Relations(3, [], [], [], mixed={"S1": 0.31234}, purity_unknown=1)

    text = HtmlPage(cohort_page(COHORT, samples, outliers(samples), mixed)).text
    found = as_document(COHORT, samples, mixed)["relations"]

    assert "S1 seems to have reads of two people: 31% of its sites" in text
    assert "Of 1 of 3 samples it is unknown whether their reads are of one person" in text
    assert (found["mixed"], found["purityUnknown"]) == ({"S1": 0.3123}, 1)


def test_page_says_how_many_pairs_could_not_be_compared() -> None:
    samples = [result(f"S{n}") for n in range(3)]
    page = cohort_page(COHORT, samples, outliers(samples), Relations(3, [], [], [], 2))

    text = HtmlPage(page).text
    assert "Fingerprints of 3 samples were compared. 2 of 3 pairs of samples could not be" in text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {"report": "s3://r/joint/qc/multiqc_report.html"},
            "seqstack open c-1 --qc with the options that select this stack.",
        ),
        (
            {"reportMessage": "no MultiQC report of all samples"},
            "No MultiQC report of all samples.",
        ),
    ],
)
def test_page_names_the_report_of_all_samples_or_says_why_there_is_none(
    told: dict[str, Any], said: str
) -> None:
    joint = {"samples": 2, "runId": "c-1", "results": "s3://r/joint/", "message": None, **told}
    cohort = {**COHORT, "plan": {"samples": 2, "joint": joint}}
    page = cohort_page(cohort, [result("S1")], {}, Relations(0, [], [], []))

    text = HtmlPage(page).text
    assert "Joint VCF of 2 samples, by run c-1: s3://r/joint/" in text
    assert said in text
    assert told.get("report", "") in text


def test_json_is_the_document(cohort: ScriptedApi, seqstack: SeqStack, tmp_path: Path) -> None:
    ended = seqstack("--json", "cohort", "report", "trios", "--output", str(tmp_path))
    assert json.loads(ended.stdout) == json.loads((tmp_path / "cohort.json").read_text())


def test_page_of_many_samples_stays_small() -> None:
    samples = [result(f"S{n}", meanTargetDepth=n % 37, variants=n) for n in range(10_000)]
    pairs = [Pair(f"S{n}", f"S{n + 1}", 1.0, 0, 9000) for n in range(9_000)]
    page = cohort_page(COHORT, samples, outliers(samples), Relations(10_000, [], pairs, []))
    assert len(page) < 8_000_000
    assert "pairs.csv has 8,500 pairs more." in HtmlPage(page).text
