"""`seqstack crate`: a folder of results as an RO-Crate."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.errors import ExitCode
from tests.support.crates import validated

BUCKET = "s3://results/r/NA1/"


def provenance(step: str, tool: str, minute: int, **changes: Any) -> dict[str, Any]:
    return {
        "step": step,
        "tool": tool,
        "versions": {tool: "1.0"},
        "sampleId": "NA1",
        "image": None,
        "startedAt": f"2026-01-02T03:{minute:02}:00.000+00:00",
        "finishedAt": f"2026-01-02T03:{minute + 1:02}:00.000+00:00",
        "commands": [{"argv": [tool, "-o", "x"]}],
        "inputs": [],
        "outputs": [],
    } | changes


def item(uri: str, size: int, **more: Any) -> dict[str, Any]:
    return {"uri": uri, "bytes": size, "etag": "e", **more}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two steps; the index of the BAM was not downloaded."""
    for name, text in (("bam/s.bam", "reads"), ("vcf/v.vcf.gz", "calls"), ("report/run.html", "x")):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text)
    bam = item(f"{BUCKET}bam/s.bam", 5, checksum=f"sha256:{'a' * 64}")
    align = provenance(
        "align",
        "bwa",
        1,
        image="registry/bwa@sha256:1",
        inputs=[item("s3://reads/R1.fq.gz", 9)],
        outputs=[bam, item(f"{BUCKET}bam/s.bam.bai", 3)],
    )
    call = provenance(
        "callVariants", "bcftools", 3, inputs=[bam], outputs=[item(f"{BUCKET}vcf/v.vcf.gz", 5)]
    )
    (tmp_path / "provenance").mkdir()
    # sorted by name, the later one is first
    (tmp_path / "provenance/a.json").write_text(json.dumps(call))
    (tmp_path / "provenance/b.json").write_text(json.dumps(align))
    return tmp_path


def entities(folder: Path, *options: str) -> dict[str, dict[str, Any]]:
    ended = CliRunner().invoke(app, ["crate", str(folder), *options])
    assert ended.exit_code == ExitCode.OK, ended.output
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    found = {each["@id"]: each for each in graph}
    assert len(found) == len(graph)
    return found


def test_crate_says_which_run_made_which_files_of_what(results: Path) -> None:
    found = entities(results)

    run = found["#run"]
    assert run["instrument"] == {"@id": "workflow.json"}
    assert run["object"] == {"@id": "s3://reads/R1.fq.gz"}
    made = ["bam/s.bam", f"{BUCKET}bam/s.bam.bai", "vcf/v.vcf.gz"]
    assert [each["@id"] for each in run["result"]] == made
    assert (run["startTime"][11:16], run["endTime"][11:16]) == ("03:01", "03:04")
    assert found["#align"]["instrument"] == {"@id": "#bwa"}
    assert found["#bwa"]["softwareVersion"] == "bwa 1.0"
    assert found["#bwa"]["identifier"] == "registry/bwa@sha256:1"
    assert "identifier" not in found["#bcftools"]
    assert found["bam/s.bam"]["sha256"] == "a" * 64
    assert found["report/run.html"]["encodingFormat"] == "text/html"
    workflow = json.loads((results / "workflow.json").read_text())
    assert [each["step"] for each in workflow["steps"]] == ["align", "callVariants"]
    assert workflow["steps"][1]["commands"] == [["bcftools", "-o", "x"]]


@pytest.mark.parametrize("name", ["workflow.json", "ro-crate-metadata.json"])
def test_crate_on_a_full_disk_is_an_error_that_names_the_file(results: Path, name: str) -> None:
    (results / name).symlink_to("/dev/full")

    ended = CliRunner().invoke(app, ["crate", str(results)])

    assert ended.exit_code == ExitCode.FAILED
    assert f"{results / name} can't be written: No space left on device" in ended.stderr


def test_crate_is_made_again_alike(results: Path) -> None:
    assert entities(results) == entities(results)


def test_every_link_leads_to_an_entity(results: Path) -> None:
    found = entities(results)

    def links(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(links, value))
        return {value["@id"]} if isinstance(value, dict) else set()

    linked = set().union(*(links(value) for each in found.values() for value in each.values()))
    assert linked - found.keys() == {"https://w3id.org/ro/crate/1.1"}


def test_crate_of_the_run_is_a_file_among_others(results: Path) -> None:
    for name in ("metadata", "workflow"):
        (results / f"provenance/ro-crate-{name}.json").write_text('{"@graph": []}')

    found = entities(results)

    assert found["provenance/ro-crate-metadata.json"]["@type"] == "File"
    assert validated(results) == "passed\n"


def test_license_is_the_users_or_stated_as_missing(results: Path) -> None:
    assert entities(results)["./"]["license"] == {"@id": "#license"}
    url = "https://creativecommons.org/licenses/by/4.0/"
    assert entities(results, "--license", url)["./"]["license"] == {"@id": url}


def test_file_that_its_job_did_not_write_is_refused(results: Path) -> None:
    (results / "bam/s.bam").write_text("other reads")
    ended = CliRunner().invoke(app, ["crate", str(results)])
    assert ended.exit_code == ExitCode.USAGE
    assert "s.bam has 11 bytes, but its job wrote 5" in ended.output
    assert not (results / "workflow.json").exists()


def test_folder_without_provenance_is_refused(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["crate", str(tmp_path)])
    assert ended.exit_code == ExitCode.NOT_FOUND
    assert "has no provenance/*.json" in ended.output
    assert CliRunner().invoke(app, ["crate", str(tmp_path / "x")]).exit_code == ExitCode.NOT_FOUND


def test_crate_is_a_valid_workflow_run_crate(results: Path) -> None:
    entities(results)
    assert validated(results) == "passed\n"

    metadata = results / "ro-crate-metadata.json"
    metadata.write_text(metadata.read_text().replace('"ComputationalWorkflow"', '"File"'))
    assert "workflow-ro-crate" in validated(results)


def test_crate_says_that_a_part_that_was_not_downloaded_is_deleted(results: Path) -> None:
    part = item(f"{BUCKET}bam/parts/part1.bam", 4)
    record = json.dumps(provenance("alignPart1", "bwa", 0, outputs=[part]))
    (results / "provenance/alignPart1.json").write_text(record)

    found = entities(results)

    assert "S3 deletes" in found[part["uri"]]["description"]
    assert "description" not in found[f"{BUCKET}bam/s.bam.bai"]
    assert validated(results) == "passed\n"
