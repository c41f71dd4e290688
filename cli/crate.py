"""A folder of results as an RO-Crate: which workflow, programs and inputs made which files.

Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5), made of the provenance that each
job has written. Each step is an action with its programs, too.
"""

import json
import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cli.errors import not_found, usage
from cli.shapes import common_folder

METADATA, WORKFLOW = "ro-crate-metadata.json", "workflow.json"
_CRATE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    _WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
_LICENSE = "#license"

type Entity = dict[str, Any]
type Provenance = Mapping[str, Any]


def read_provenance(folder: Path) -> list[Provenance]:
    """The provenance of every step of the results in a folder, in the order of their starts.

    Raises:
        CliError: there is none, or one can't be read.
    """
    found = []
    for path in sorted(folder.glob("provenance/*.json")):
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
    steps = read_provenance(folder)
    workflow, metadata = folder / WORKFLOW, folder / METADATA
    graph = list(_graph(folder, steps, license_url))
    workflow.write_text(json.dumps(_workflow(steps), indent=2) + "\n", "utf-8")
    document = {"@context": [f"{_CRATE}/context", _TERMS], "@graph": graph}
    metadata.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    return [workflow, metadata]


_TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}


def _workflow(steps: Sequence[Provenance]) -> dict[str, Any]:
    """The workflow as it ran: its steps, and the commands of each."""
    return {
        "seqstackVersion": version("seqstack"),
        "steps": [
            {
                "step": each["step"],
                "tool": each["tool"],
                "versions": each["versions"],
                "image": each["image"],
                "commands": [command["argv"] for command in each["commands"]],
            }
            for each in steps
        ],
    }


def _graph(folder: Path, steps: Sequence[Provenance], license_url: str) -> Iterator[Entity]:
    outputs = {item["uri"]: item for each in steps for item in each["outputs"]}
    inputs = {
        item["uri"]: item for each in steps for item in each["inputs"] if item["uri"] not in outputs
    }
    root = common_folder(outputs)
    ids = {uri: _local(folder, root, item) for uri, item in outputs.items()}
    ids |= {uri: uri for uri in inputs}
    described = {ids[uri]: item for uri, item in {**inputs, **outputs}.items()}
    others = [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in (METADATA, WORKFLOW)
        and str(path.relative_to(folder)) not in described
    ]
    begun = min(each["startedAt"] for each in steps)
    ended = max(each["finishedAt"] for each in steps)
    sample = steps[0]["sampleId"]
    actions = [f"#{each['step']}" for each in steps]
    yield {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": _links([_CRATE, _WORKFLOW_CRATE]),
    }
    yield {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": _links(_PROFILES),
        "name": f"Results of sample {sample}",
        "description": "Alignment, variants and quality control of one sample by SeqStack",
        "datePublished": ended,
        "license": {"@id": license_url or _LICENSE},
        "hasPart": _links([WORKFLOW, *described, *others]),
        "mainEntity": {"@id": WORKFLOW},
        "mentions": _links(["#run", *actions]),
    }
    for profile, (name, number) in _PROFILES.items():
        yield {"@id": profile, "@type": "CreativeWork", "name": name, "version": number}
    yield _license(license_url)
    yield from _of_workflow(steps)
    yield {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Run of sample {sample}",
        "instrument": {"@id": WORKFLOW},
        "startTime": begun,
        "endTime": ended,
        "object": _links(ids[uri] for uri in inputs),
        "result": _links(ids[uri] for uri in outputs),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "description": ", ".join(f"{each['step']} by {each['tool']}" for each in steps),
    }
    for each in steps:
        yield {
            "@id": f"#{each['step']}",
            "@type": "CreateAction",
            "name": f"Step {each['step']}",
            "instrument": {"@id": f"#{each['tool']}"},
            "startTime": each["startedAt"],
            "endTime": each["finishedAt"],
            "object": _links(ids[item["uri"]] for item in each["inputs"]),
            "result": _links(ids[item["uri"]] for item in each["outputs"]),
            "description": "; ".join(" ".join(command["argv"]) for command in each["commands"]),
        }
    for name, item in described.items():
        yield _file(name, item)
    for name in others:
        path = folder / name
        yield _file(name, {"bytes": path.stat().st_size})


def _of_workflow(steps: Sequence[Provenance]) -> Iterator[Entity]:
    yield {
        "@id": WORKFLOW,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "Secondary analysis by SeqStack, as it ran",
        "programmingLanguage": {"@id": "#seqstack"},
        "version": version("seqstack"),
        "hasPart": _links(dict.fromkeys(f"#{each['tool']}" for each in steps)),
    }
    yield {
        "@id": "#seqstack",
        "@type": "ComputerLanguage",
        "name": "SeqStack",
        "alternateName": "steps and commands of a SeqStack run",
        "version": version("seqstack"),
    }
    for tool, each in {each["tool"]: each for each in steps}.items():
        versions = ", ".join(f"{name} {number}" for name, number in each["versions"].items())
        image = {"identifier": each["image"]} if each["image"] else {}
        yield {
            "@id": f"#{tool}",
            "@type": "SoftwareApplication",
            "name": tool,
            "softwareVersion": versions or "unknown",
            **image,
        }


def _license(url: str) -> Entity:
    if url:
        return {"@id": url, "@type": "CreativeWork", "name": url}
    return {
        "@id": _LICENSE,
        "@type": "CreativeWork",
        "name": "No license stated",
        "description": "The owner of these data has stated no license.",
    }


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


def _file(name: str, item: Mapping[str, Any]) -> Entity:
    algorithm, _, checksum = str(item.get("checksum", "")).partition(":")
    known = {"sha256": checksum} if algorithm == "sha256" else {}
    return {
        "@id": name,
        "@type": "File",
        "name": name.rpartition("/")[2],
        "encodingFormat": _format(name),
        "contentSize": str(item["bytes"]),
        **known,
    }


def _format(name: str) -> str:
    """The media type, from the name."""
    kind, packed = mimetypes.guess_type(name)
    return f"application/{packed}" if packed else kind or "application/octet-stream"


def _links(ids: Iterable[str]) -> Entity | list[Entity]:
    """Links to entities; a single one is no list."""
    links: list[Entity] = [{"@id": each} for each in dict.fromkeys(ids)]
    return links[0] if len(links) == 1 else links
