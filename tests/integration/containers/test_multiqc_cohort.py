"""MultiQC's report of a cohort: every sample by its own name, and every file of each."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobkit.exit_codes import ExitCode
from multiqc.commands import (
    DATA_FOLDER,
    DATA_NAME,
    MANY_SAMPLES,
    build_multiqc_command,
    build_variant_stats_command,
    cohort_config,
    multiqc_environment,
    write_config,
)
from multiqc.page import POLICY
from seqstack.domain.qc_list import ListedQc
from seqstack.domain.results import ANNOTATION_STATISTICS, STATS, VARIANTS
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import ListedFile, list_text
from tests.integration.containers.conftest import BUCKET, OUT, Ended, Entry

# MultiQC passes over files that are called *.bam, and would shorten the others' names
NAMES = ("ann", "ann_R1.sorted", "bob.bam")
SOURCE = OUT.removeprefix(f"s3://{BUCKET}/")
REPORT = f"s3://{BUCKET}/cohort/qc/multiqc_report.html"


@pytest.fixture(scope="module")
def samples(sample_steps: Entry, s3: Any) -> list[ListedQc]:
    """Three samples with files of their own."""
    return [copied(s3, name) for name in NAMES]


def copied(s3: Any, name: str) -> ListedQc:
    files = {}
    for path in (STATS, ANNOTATION_STATISTICS, VARIANTS):
        key = f"cohort/samples/{name}/{path}"
        s3.copy_object(
            Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": f"{SOURCE}/{path}"}
        )
        head = s3.head_object(Bucket=BUCKET, Key=key)
        files[path] = ListedFile(head["ContentLength"], head["ETag"].strip('"'))
    return ListedQc(name, S3Uri(BUCKET, f"cohort/samples/{name}/"), files)


def aggregate(entry: Entry, s3: Any, samples: list[ListedQc]) -> Ended:
    s3.put_object(Bucket=BUCKET, Key="cohort/qc.jsonl", Body=list_text(samples).encode())
    return entry.run(
        "multiqc",
        *("--qc_files_s3_path", f"s3://{BUCKET}/cohort/qc.jsonl"),
        *("--report_s3_path", REPORT),
        *("--cohort", "trio"),
        *("--provenance_s3_path", f"s3://{BUCKET}/cohort/provenance/aggregateQc.json"),
    )


def written(s3: Any, name: str) -> str:
    body = s3.get_object(Bucket=BUCKET, Key=f"cohort/{name}")["Body"].read()
    return str(body.decode())


def test_every_sample_is_in_the_report_by_its_own_name(
    sample_steps: Entry, s3: Any, samples: list[ListedQc]
) -> None:
    ended = aggregate(sample_steps, s3, samples)

    assert ended.code == 0, ended.log
    assert sample_steps.is_scratch_clean()
    modules = json.loads(written(s3, "qc/multiqc_data.json"))["report_saved_raw_data"]
    assert modules.keys() >= {
        *("multiqc_samtools_stats", "multiqc_bcftools_stats", "multiqc_snpeff"),
    }
    assert {sample for rows in modules.values() for sample in rows} == {*NAMES}
    _, *rows = written(s3, "qc/multiqc_general_stats.txt").splitlines()
    assert [row.partition("\t")[0] for row in rows] == [*NAMES]
    page = written(s3, "qc/multiqc_report.html")
    assert POLICY in page
    assert "Cohort trio" in page
    record = json.loads(written(s3, "provenance/aggregateQc.json"))
    assert record["facts"] == {"samples": 3}
    assert len(record["inputs"]) == 1 + 3 * 3
    assert record["sampleId"] == ""


def test_file_that_has_changed_since_it_was_listed_is_refused(
    sample_steps: Entry, s3: Any, samples: list[ListedQc]
) -> None:
    ann, *others = samples
    other = replace(ann, files={**ann.files, VARIANTS: ListedFile(1, "0cc175b9c0f1b6a8")})

    ended = aggregate(sample_steps, s3, [other, *others])

    assert ended.code == ExitCode.INVALID_INPUT
    assert f"cohort/samples/ann/{VARIANTS} of ann" in ended.log


def test_sample_that_multiqc_makes_nothing_of_fails_the_step_and_is_named(
    sample_steps: Entry, s3: Any, samples: list[ListedQc]
) -> None:
    *others, bob = samples
    key = f"cohort/samples/bob.bam/{STATS}"
    text = b"not what samtools writes\n"
    etag = s3.put_object(Bucket=BUCKET, Key=key, Body=text)["ETag"].strip('"')
    other = replace(bob, files={**bob.files, STATS: ListedFile(len(text), etag)})

    ended = aggregate(sample_steps, s3, [*others, other])

    assert ended.code == ExitCode.INVALID_OUTPUT
    assert f"MultiQC made nothing of 1 files: {STATS} of bob.bam" in ended.log


def plot_types(s3: Any, folder: Path, samples: int) -> set[str]:
    """The kinds of plots in a report as of so many samples, of the figures of one."""
    for path, module in ((STATS, "samtools"), (ANNOTATION_STATISTICS, "snpeff")):
        (folder / "figures" / module).mkdir(parents=True)
        s3.download_file(BUCKET, f"{SOURCE}/{path}", f"{folder}/figures/{module}/ann")
    (folder / "figures/bcftools").mkdir()
    s3.download_file(BUCKET, f"{SOURCE}/{VARIANTS}", f"{folder}/variants.vcf.gz")
    with (folder / "figures/bcftools/ann").open("wb") as file:
        subprocess.run(
            build_variant_stats_command(folder / "variants.vcf.gz"), stdout=file, check=True
        )
    config = write_config(folder, cohort_config("trio", samples))
    _, *given = build_multiqc_command(config, ["bcftools", "samtools", "snpeff"], Path("figures"))
    subprocess.run(
        [Path(sys.executable).with_name("multiqc"), *given],
        cwd=folder,
        env=multiqc_environment(os.environ, folder),
        check=True,
    )
    data = json.loads((folder / DATA_FOLDER / DATA_NAME).read_text())
    return {plot["plot_type"] for plot in data["report_plot_data"].values()}


@pytest.mark.long
def test_report_of_many_samples_has_no_plot_with_a_line_or_bar_for_each(
    sample_steps: Entry, s3: Any, tmp_path: Path
) -> None:
    assert plot_types(s3, tmp_path / "few", 999) == {"x/y line", "bar plot", "violin plot"}
    assert plot_types(s3, tmp_path / "many", 1000) == {"violin plot"}


def test_sections_that_are_left_out_are_multiqcs() -> None:
    (modules,) = (
        Path(sys.executable)
        .with_name("multiqc")
        .resolve()
        .parent.parent.glob("lib/python3*/site-packages/multiqc/modules")
    )
    texts = [
        re.sub(r"\{module\.(anchor|id)\}", name, file.read_text())
        for name in ("bcftools", "fastp", "picard", "samtools", "snpeff")
        for file in (modules / name).glob("*.py")
    ]
    anchors = {found for text in texts for found in re.findall(r'anchor"?[=:] ?f?"([^"]+)"', text)}

    assert {*cohort_config("trio", MANY_SAMPLES)["remove_sections"]} <= anchors
