"""A run as an RO-Crate: which workflow, programs and inputs made which files.

Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5). Each step is an action with its
programs, too. Files in the folder of the metadata have a relative path, others their URI: RO-Crate
1.1 calls these web-based (https://www.researchobject.org/ro-crate/specification/1.1/data-entities).
"""

import json
import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

METADATA = "ro-crate-metadata.json"
_CRATE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    _WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
_LICENSE = "#license"
_TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
_IN_URI = "/:@!$&'()*+,;=~"  # https://datatracker.ietf.org/doc/html/rfc3986#section-3.3

OF_A_PART = "An intermediate result, which S3 deletes some days after the run has succeeded"

type Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CrateFile:
    """A file, or a folder: its path below the metadata's folder, or its URI; what is known of it.

    `size` is in bytes, `sha256` hexadecimal. `about` is a sentence on it, if there is more to say.
    """

    place: str
    size: int | None = None
    sha256: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrateStep:
    """A step that was begun. Times are ISO 8601, empty if unknown; so is `image`.

    `inputs` and `outputs` are places of files. `error` is empty for a step that succeeded.
    """

    name: str
    tool: str
    versions: Mapping[str, str]
    image: str
    commands: Sequence[Sequence[str]]
    started_at: str
    ended_at: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrateRun:
    """A run. `error` is empty for one that succeeded.

    `files` are those that the crate describes, with all inputs and outputs of the steps.
    `workflow_file` is where `workflow_text` is written, beside the metadata. `about_workflow` is
    what identifies the workflow: `identifier`, `version`.
    """

    subject: str
    started_at: str
    ended_at: str
    steps: Sequence[CrateStep]
    files: Sequence[CrateFile]
    workflow_file: str
    about_workflow: Mapping[str, str]
    error: str = ""
    license_url: str = ""
    made_by: Mapping[str, str] = field(default_factory=dict)


def workflow_text(run: CrateRun) -> str:
    """The workflow as it ran: its steps, and the commands of each, as JSON."""
    document = {
        **run.made_by,
        "steps": [
            {
                "step": each.name,
                "tool": each.tool,
                "versions": dict(each.versions),
                "image": each.image or None,
                "commands": [list(command) for command in each.commands],
            }
            for each in run.steps
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def metadata_text(run: CrateRun) -> str:
    """The content of `ro-crate-metadata.json`."""
    document = {"@context": [f"{_CRATE}/context", _TERMS], "@graph": list(_graph(run))}
    return json.dumps(document, indent=2) + "\n"


def _graph(run: CrateRun) -> Iterator[Entity]:
    made = dict.fromkeys(place for each in run.steps for place in each.outputs)
    read = dict.fromkeys(place for each in run.steps for place in each.inputs if place not in made)
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
        "name": f"Results of {run.subject}",
        "description": f"What SeqStack made of {run.subject}, of what, and by which programs",
        "datePublished": run.ended_at,
        "license": {"@id": run.license_url or _LICENSE},
        "hasPart": _links([run.workflow_file, *(_id(each.place) for each in run.files)]),
        "mainEntity": {"@id": run.workflow_file},
        "mentions": _links(["#run", *(f"#{each.name}" for each in run.steps)]),
    }
    for profile, (name, number) in _PROFILES.items():
        yield {"@id": profile, "@type": "CreativeWork", "name": name, "version": number}
    yield _license(run.license_url)
    yield from _of_workflow(run)
    yield {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Run of {run.subject}",
        "instrument": {"@id": run.workflow_file},
        **_times(run.started_at, run.ended_at),
        "object": _links(map(_id, read)),
        "result": _links(map(_id, made)),
        **_end(run.error),
        "description": ", ".join(f"{each.name} by {each.tool}" for each in run.steps),
    }
    for each in run.steps:
        yield {
            "@id": f"#{each.name}",
            "@type": "CreateAction",
            "name": f"Step {each.name}",
            "instrument": {"@id": f"#{each.tool}"},
            **_times(each.started_at, each.ended_at),
            "object": _links(map(_id, each.inputs)),
            "result": _links(map(_id, each.outputs)),
            **_end(each.error),
            "description": "; ".join(" ".join(command) for command in each.commands),
        }
    yield from map(_file, run.files)


def _of_workflow(run: CrateRun) -> Iterator[Entity]:
    yield {
        "@id": run.workflow_file,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "The workflow of SeqStack, as it ran",
        "encodingFormat": "application/json",
        "programmingLanguage": {"@id": "#seqstack"},
        **run.about_workflow,
        "hasPart": _links(f"#{each.tool}" for each in run.steps),
    }
    yield {
        "@id": "#seqstack",
        "@type": "ComputerLanguage",
        "name": "SeqStack",
        "alternateName": "steps and commands of a SeqStack run",
    }
    for tool in dict.fromkeys(each.tool for each in run.steps):
        own = [each for each in run.steps if each.tool == tool]  # parts of a step have one tool
        versions = {name: number for each in own for name, number in each.versions.items()}
        yield {
            "@id": f"#{tool}",
            "@type": "SoftwareApplication",
            "name": tool,
            "softwareVersion": _version_text(versions) or "unknown",
            **({"identifier": own[0].image} if own[0].image else {}),
        }


def _version_text(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def _times(started_at: str, ended_at: str) -> Entity:
    known = {"startTime": started_at, "endTime": ended_at}
    return {name: time for name, time in known.items() if time}


def _end(error: str) -> Entity:
    if error:
        return {"actionStatus": "http://schema.org/FailedActionStatus", "error": error}
    return {"actionStatus": "http://schema.org/CompletedActionStatus"}


def _license(url: str) -> Entity:
    if url:
        return {"@id": url, "@type": "CreativeWork", "name": url}
    return {
        "@id": _LICENSE,
        "@type": "CreativeWork",
        "name": "No license stated",
        "description": "The owner of these data has stated no license.",
    }


def _file(item: CrateFile) -> Entity:
    if item.place.endswith("/"):
        return {"@id": _id(item.place), "@type": "Dataset", "name": item.place.split("/")[-2]}
    size = {} if item.size is None else {"contentSize": str(item.size)}
    known = {"sha256": item.sha256} if item.sha256 else {}
    about = {"description": item.about} if item.about else {}
    return {
        "@id": _id(item.place),
        "@type": "File",
        "name": item.place.rpartition("/")[2],
        "encodingFormat": _format(item.place),
        **size,
        **known,
        **about,
    }


def _format(name: str) -> str:
    """The media type, from the name."""
    kind, packed = mimetypes.guess_type(name)
    return f"application/{packed}" if packed else kind or "application/octet-stream"


def _id(place: str) -> str:
    """The place as a URI, or as a relative one."""
    return quote(place, safe=_IN_URI, errors="replace")


def _links(ids: Iterable[str]) -> Entity | list[Entity]:
    """Links to entities; a single one is no list."""
    links: list[Entity] = [{"@id": each} for each in dict.fromkeys(ids)]
    return links[0] if len(links) == 1 else links
