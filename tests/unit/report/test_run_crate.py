"""The RO-Crate that a run has of itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import RunHistory
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, StepState
from seqstack.report.crate import metadata_text, workflow_text
from seqstack.report.run_crate import run_crate
from tests.support.crates import validated
from tests.unit.report.histories import failed, qc_failed, succeeded

REPORT = StoredObject(S3Uri("results", "NA12878/report/run.html"), 9_000, "e", "", "v")
BAM = "s3://results/NA12878/bam/sorted.bam"
COMPLETED, FAILED = (f"http://schema.org/{name}ActionStatus" for name in ("Completed", "Failed"))


def stopped() -> RunHistory:
    """The first step was stopped, the second one was not begun."""
    whole = succeeded()
    steps = (
        replace(whole.steps[0], state=StepState.STOPPED, written=()),
        replace(whole.steps[1], state=StepState.STOPPED, written=(), attempt=0),
    )
    run = replace(whole.run, state=RunState.ABORTED, failure=None)
    return replace(whole, run=run, steps=steps, jobs=whole.jobs[:1])


def of_a_reference() -> RunHistory:
    """A run without a sample, which reads a folder and a name that is no URI."""
    whole = succeeded()
    read = (S3Uri("references", "hg38/index/"), S3Uri("reads", "my lane/50%.fq.gz"))
    plan = replace(whole.steps[0].plan, inputs=read)
    run = replace(whole.run, sample_id="", subject="reference GRCh38")
    return replace(whole, run=run, steps=(replace(whole.steps[0], plan=plan), *whole.steps[1:]))


def entities(history: RunHistory) -> dict[str, dict[str, Any]]:
    graph = json.loads(metadata_text(run_crate(history, REPORT)))["@graph"]
    found = {each["@id"]: each for each in graph}
    assert len(found) == len(graph)
    return found


def test_files_beside_the_metadata_are_relative_and_others_are_in_s3() -> None:
    found = entities(succeeded())

    assert found["#align"]["result"] == [{"@id": BAM}, {"@id": "align.json"}]
    assert found[BAM]["contentSize"] == "1400000"
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert found[BAM]["sha256"] == found["align.json"]["sha256"] == empty
    assert found[str(REPORT.uri)]["encodingFormat"] == "text/html"
    assert found["#bwa"]["softwareVersion"] == "bwa 0.7.18"


def test_run_that_succeeded_has_completed() -> None:
    found = entities(succeeded())

    ends = {each["actionStatus"] for each in found.values() if each["@type"] == "CreateAction"}
    assert ends == {COMPLETED}
    assert found["#run"]["startTime"] == "2025-06-02T11:57:00.000Z"
    assert found["./"]["name"] == "Results of sample NA12878"


def test_step_that_failed_has_its_error_and_none_is_told_that_was_not_begun() -> None:
    found = entities(failed())

    assert "#callVariants" not in found
    assert found["#align"]["actionStatus"] == found["#run"]["actionStatus"] == FAILED
    assert "exit status 65" in found["#run"]["error"]
    assert found["#run"]["result"] == []


def test_run_that_was_stopped_has_not_completed() -> None:
    found = entities(stopped())

    assert found["#run"]["error"] == "the run is ABORTED"
    assert found["#align"]["error"] == "the run ended first"
    assert found["#align"]["actionStatus"] == FAILED


def test_run_that_missed_a_gate_has_all_results_and_the_miss() -> None:
    found = entities(qc_failed())

    assert found["#align"]["actionStatus"] == COMPLETED
    assert found["#run"]["actionStatus"] == FAILED
    assert "must be at least 30x" in found["#run"]["error"]
    assert {"@id": BAM} in found["#run"]["result"]


def test_workflow_is_told_by_its_version_and_image_by_its_digest() -> None:
    whole = succeeded()
    arn = "arn:aws:states:eu-west-1:1:stateMachine:secondary_analysis-dev:7"
    run = replace(whole.run, state_machine_version=arn)
    plan = replace(whole.steps[0].plan, image="reg.example/bwa:1", image_digest="sha256:0a")
    local = replace(whole.steps[1].plan, tool="bcftools", image="reg.example/b:1", image_digest="")
    steps = (replace(whole.steps[0], plan=plan), replace(whole.steps[1], plan=local))

    found = entities(replace(whole, run=run, steps=steps))

    workflow = found["ro-crate-workflow.json"]
    assert (workflow["identifier"], workflow["version"]) == (arn, "7")
    assert found["#bwa"]["identifier"] == "reg.example/bwa@sha256:0a"
    assert "identifier" not in found["#bcftools"]  # it ran in no image


def test_folder_that_a_step_reads_is_a_dataset_and_names_are_escaped() -> None:
    found = entities(of_a_reference())

    folder, reads = "s3://references/hg38/index/", "s3://reads/my%20lane/50%25.fq.gz"
    assert found["#align"]["object"] == [{"@id": folder}, {"@id": reads}]
    assert found[folder]["@type"] == "Dataset"
    assert found["./"]["name"] == "Results of reference GRCh38"


@pytest.mark.parametrize("history", [succeeded, failed, qc_failed, stopped, of_a_reference])
def test_crate_is_a_valid_workflow_run_crate(
    history: Callable[[], RunHistory], tmp_path: Path
) -> None:
    run = run_crate(history(), REPORT)
    (tmp_path / "ro-crate-metadata.json").write_text(metadata_text(run))
    (tmp_path / "ro-crate-workflow.json").write_text(workflow_text(run))
    for step in run.steps:
        for place in step.outputs:
            if "://" not in place:
                (tmp_path / place).write_text("{}")

    assert validated(tmp_path) == "passed\n"


def test_result_of_a_part_is_said_to_be_deleted_and_its_provenance_is_not() -> None:
    whole = succeeded()
    part = S3Uri.parse("s3://results/NA12878/bam/parts/part1.bam")
    provenance = S3Uri.parse("s3://results/NA12878/provenance/alignPart1.json")
    written = tuple(StoredObject(uri, 1, "e") for uri in (part, provenance))
    row = whole.steps[0]
    of_part = replace(row, plan=replace(row.plan, step="alignPart1"), written=written)

    found = entities(replace(whole, steps=(of_part, *whole.steps)))

    assert "S3 deletes" in found[str(part)]["description"]
    assert "description" not in found["alignPart1.json"]
    assert "description" not in found[BAM]
