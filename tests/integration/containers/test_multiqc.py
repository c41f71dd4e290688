"""MultiQC's report: the sample's own name, whatever it looks like, and nothing from a network."""

import json
import re
from typing import Any

import pytest

from multiqc.page import POLICY
from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, OUT, Entry
from tests.support.html_page import HtmlPage

# MultiQC would shorten it to `bam`, and call its figures `bam_stats`, `variants`, `snpEff_summary`
SAMPLE = "bam.sorted_R1.stats"
EXTERNAL = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
STYLES_FROM_ELSEWHERE = re.compile(r"@import|url\(\s*['\"]?\s*(?:https?:)?//", re.IGNORECASE)


@pytest.fixture(scope="module")
def results(sample_steps: Entry, s3: Any) -> dict[str, str]:
    ended = sample_steps.run("multiqc", *arguments.multiqc(OUT, sample=SAMPLE))
    assert ended.code == 0, ended.log
    assert sample_steps.is_scratch_clean()
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="multiqc/S1/qc/")["Contents"]
    return {
        item["Key"].rpartition("/")[2]: s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"]
        .read()
        .decode()
        for item in found
    }


def test_report_calls_every_figure_by_the_samples_name(results: dict[str, str]) -> None:
    data = json.loads(results["multiqc_data.json"])

    modules = data["report_saved_raw_data"]
    assert {name for name in modules if name != "multiqc_general_stats"} == {
        *("multiqc_samtools_stats", "multiqc_bcftools_stats", "multiqc_snpeff"),
    }
    assert {sample for rows in modules.values() for sample in rows} == {SAMPLE}
    (_, row) = results["multiqc_general_stats.txt"].splitlines()
    assert row.startswith(f"{SAMPLE}\t")


def test_reference_without_x_and_y_has_no_sex(results: dict[str, str]) -> None:
    measured = json.loads(results["metrics.json"])["metrics"]

    assert "variants" in measured
    assert not {"sex", "xDepthRatio", "yDepthRatio", "xHeterozygosity"} & measured.keys()


def test_report_loads_nothing_and_its_policy_forbids_it_to(results: dict[str, str]) -> None:
    page = HtmlPage(results["multiqc_report.html"])

    loaded = [value for name, value in page.attributes if name in {"src", "srcset", "data"}]
    assert [value for value in loaded if EXTERNAL.match(value)] == []
    assert not re.search(r'<link[^>]+href="(?!data:)', results["multiqc_report.html"])
    assert not STYLES_FROM_ELSEWHERE.search(results["multiqc_report.html"])
    first = page.elements.index("meta")
    assert page.elements[first - 1] == "head"
    assert page.attributes.index(("content", POLICY)) < 4


def test_file_that_multiqc_does_not_know_fails_the_step(sample_steps: Entry) -> None:
    given = arguments.multiqc(OUT)
    other = [word.replace("snpEff_summary.csv", "snpEff_summary.html") for word in given]

    ended = sample_steps.run("multiqc", *other)

    assert ended.code == 80
    assert "snpeff" in ended.log
