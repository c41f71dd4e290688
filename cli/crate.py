"""A folder of results on this machine as an RO-Crate, made of the provenance of each job."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cli.downloads import PROVENANCE
from cli.errors import not_found, usage, writing
from cli.shapes.outputs import common_folder
from seqstack.domain.reads.parts import is_of_part
from seqstack.report.crate import (
    METADATA,
    OF_A_PART,
    CrateFile,
    CrateRun,
    CrateStep,
    metadata_text,
    workflow_text,
)

WORKFLOW = "workflow.json"

type Provenance = Mapping[str, Any]


def read_provenance(folder: Path) -> list[Provenance]:
    """The provenance of every step of the results in a folder, in the order of their starts.

    Raises:
        CliError: there is none, or one can't be read.
    """
    found = []
    for path in sorted(folder.glob("provenance/*.json")):
        if not PROVENANCE.fullmatch(f"provenance/{path.name}"):
            continue  # the run's own RO-Crate
        try:
            found.append(json.loads(path.read_text("utf-8")))
        except ValueError as error:
            raise usage(f"{path} is not JSON: {error}") from error
    if not found:
        raise not_found(
            f"{folder} has no provenance/*.json",
            "name the folder of one sample's results; `seqstack download` fetches them",
        )
    return sorted(found, key=lambda each: str(each["startedAt"]))


def write_crate(folder: Path, license_url: str = "") -> list[Path]:
    """Describe the results in a folder; return the files that were written there.

    Raises:
        CliError: the folder has no provenance, or a file is not the one that the job has written.
    """
    run = _run(folder, read_provenance(folder), license_url)
    workflow, metadata = folder / WORKFLOW, folder / METADATA
    for file, text in ((workflow, workflow_text(run)), (metadata, metadata_text(run))):
        with writing(file):
            file.write_text(text, "utf-8")
    return [workflow, metadata]


def _run(folder: Path, steps: Sequence[Provenance], license_url: str) -> CrateRun:
    outputs = {item["uri"]: item for each in steps for item in each["outputs"]}
    inputs = {item["uri"]: item for each in steps for item in each["inputs"]}
    root = common_folder(outputs)
    places = {uri: uri for uri in inputs} | {
        uri: _local(folder, root, item) for uri, item in outputs.items()
    }
    of_parts = {uri for each in steps for uri in _of_part(each) if places[uri] == uri}
    files = [
        _file(places[uri], item, OF_A_PART if uri in of_parts else "")
        for uri, item in (inputs | outputs).items()
    ]
    return CrateRun(
        subject=f"sample {steps[0]['sampleId']}",
        started_at=min(each["startedAt"] for each in steps),
        ended_at=max(each["finishedAt"] for each in steps),
        steps=[_step(each, places) for each in steps],
        files=[*files, *_others(folder, {file.place for file in files})],
        workflow_file=WORKFLOW,
        about_workflow={"version": version("seqstack")},
        license_url=license_url,
        made_by={"seqstackVersion": version("seqstack")},
    )


def _step(each: Provenance, places: Mapping[str, str]) -> CrateStep:
    return CrateStep(
        name=each["step"],
        tool=each["tool"],
        versions=each["versions"],
        image=each["image"] or "",
        commands=[command["argv"] for command in each["commands"]],
        started_at=each["startedAt"],
        ended_at=each["finishedAt"],
        inputs=[places[item["uri"]] for item in each["inputs"]],
        outputs=[places[item["uri"]] for item in each["outputs"]],
    )


def _others(folder: Path, described: set[str]) -> Iterator[CrateFile]:
    """Files that no job has written, such as reports."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name not in {METADATA, WORKFLOW, *described}:
            yield CrateFile(name, path.stat().st_size)


def _of_part(each: Provenance) -> Iterator[str]:
    """What a step has made, if that is only part of its work."""
    for item in each["outputs"]:
        if is_of_part(each["step"], item["uri"]):
            yield item["uri"]


def _file(place: str, item: Mapping[str, Any], about: str) -> CrateFile:
    algorithm, _, checksum = str(item.get("checksum", "")).partition(":")
    return CrateFile(place, item["bytes"], checksum if algorithm == "sha256" else "", about)


def _local(folder: Path, root: str, item: Mapping[str, Any]) -> str:
    """The file's place in the folder, or its URI if it is not there."""
    name = str(item["uri"]).removeprefix(root)
    path = folder / name
    if not path.is_file():
        return str(item["uri"])
    if path.stat().st_size != item["bytes"]:
        raise usage(
            f"{path} has {path.stat().st_size:,} bytes, but its job wrote {item['bytes']:,}",
            "`seqstack download --overwrite` fetches what the job wrote",
        )
    return name
