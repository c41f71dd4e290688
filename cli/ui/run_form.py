"""The fields of the form that starts a run, each with its check, and the input that they make."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from cli.json_text import read_json
from cli.run_input import ALIGNERS, CALLERS, document_of, reference_of
from seqstack.domain.inputs_read import READS_KEYS
from seqstack.domain.plain_text import refusal
from seqstack.domain.reference.named import KEY, ReferenceName
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import Step
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

type Values = Mapping[str, str]
"""What the form holds, by the names of its fields."""
type Problems = dict[str, str]
"""What is wrong, by the names of fields; the empty name is for what no field has."""

READS, FASTQ1, FASTQ2 = "readsS3Path", *READS_KEYS[:2]
REFERENCE, MORE = "reference", "more"
_SCHEMA: dict[str, Any] = json.loads(
    package_files("seqstack.domain").joinpath("input.schema.json").read_text()
)
_CHOSEN = {
    "aligner": (ALIGNERS, str(SECONDARY_ANALYSIS.default_tools[Step.ALIGN])),
    "caller": (CALLERS, str(SECONDARY_ANALYSIS.default_tools[Step.CALL_VARIANTS])),
}
_PATH = re.compile(r"\$\.([A-Za-z0-9]+)")
_MOST_LANES = _SCHEMA["$defs"]["lanes"]["maxItems"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form; `rows` of more than one take several lines."""

    name: str
    label: str
    hint: str = ""
    rows: int = 1
    required: bool = False
    check: Callable[[str], str] = lambda _: ""


def _by_schema(key: str) -> Callable[[str], str]:
    """The check of a key by the pattern of the input's schema."""
    rule = _SCHEMA["properties"][key]

    def check(value: str) -> str:
        return "" if re.fullmatch(rule["pattern"], value) else f"must be {rule['description']}"

    return check


def _places(value: str) -> str:
    """The check of S3 URIs, or files of this machine: one in each line."""
    lines = value.split()
    if len(lines) > _MOST_LANES:
        return f"{len(lines)} are more than {_MOST_LANES}"
    if len(set(lines)) < len(lines):
        return "one of them stands here twice"
    return next(filter(None, map(_place, lines)), "")


def _place(value: str) -> str:
    if "://" not in value:
        path = Path(value)
        if not path.is_absolute():
            return f"{value} is neither an S3 URI nor a whole path of this machine"
        return "" if path.is_file() else f"there is no file {value} on this machine"
    try:
        uri = S3Uri.parse(value)
    except ValueError as error:
        return str(error)
    return "" if uri.name and not uri.key.endswith("/") else f"{value} is not an object"


def _reference(value: str) -> str:
    return "" if ReferenceName.parse(value) else _place(value)


def _more(value: str) -> str:
    try:
        document = read_json(value)
    except ValueError as error:
        return f"is not JSON: {error}"
    return "" if isinstance(document, dict) else "must be a JSON object"


FIELDS = (
    Field("sampleId", "Sample", "NA12878", required=True, check=_by_schema("sampleId")),
    Field("project", "Project", "whom the cost is for", check=_by_schema("project")),
    Field(FASTQ1, "First reads", "s3://reads/NA12878_R1.fastq.gz", 2, check=_places),
    Field(FASTQ2, "Second reads", "s3://reads/NA12878_R2.fastq.gz", 2, check=_places),
    Field(READS, "BAM or CRAM", "s3://reads/NA12878.cram", 2, check=_places),
    Field(REFERENCE, "Reference", "GRCh38", required=True, check=_reference),
    Field("annotationS3Path", "Genes", "s3://references/genes.gff3.gz", check=_place),
    Field("targetRegionsS3Path", "Targets", "s3://references/exome.bed", check=_place),
    Field("sitesS3Path", "Common SNVs", "s3://references/common.vcf.gz", check=_place),
    Field(MORE, "More of the input", '{"targetPadding": 50}', 4, check=_more),
)
FIELD = {field.name: field for field in FIELDS}


def choices(name: str) -> dict[str, str]:
    """The labels of a field with choices, by value."""
    if name == "sequencing":
        return {"": "decided by the depth", **{str(each): str(each) for each in Sequencing}}
    tools, default = _CHOSEN[name]
    return {"": f"{default} (default)", **{tool: tool for tool in tools if tool != default}}


def problems_of(values: Values, references: Iterable[str]) -> Problems:
    """What is wrong with each field; `references` are the prepared ones, by name."""
    found: Problems = {}
    for field in FIELDS:
        value = values.get(field.name, "").strip()
        if value:
            said = _refused(value) or field.check(value)
        else:
            said = "is missing" if field.required else ""
        if said:
            found[field.name] = said
    for name, said in _together(values, set(references)).items():
        found.setdefault(name, said)
    return found


def _refused(value: str) -> str:
    why = next(filter(None, map(refusal, value.splitlines())), None)
    return why or ""


def _together(values: Values, references: set[str]) -> Problems:
    """What is wrong with fields beside each other."""
    first, second, reads = (values.get(name, "").split() for name in (FASTQ1, FASTQ2, READS))
    found: Problems = {}
    if reads and (first or second):
        found[READS] = "leave this empty, or First and Second reads"
    elif not reads and not first:
        found[FASTQ1] = "is missing; or give BAM or CRAM files"
    elif len(first) != len(second):
        found[FASTQ2] = f"{len(second)} here, but {len(first)} First reads: one pair for each lane"
    elif set(first) & set(second):
        found[FASTQ2] = "First and Second reads are the same file"
    named = ReferenceName.parse(values.get(REFERENCE, "").strip())
    if named is not None and named.name not in references:
        there = ", ".join(sorted(references)) or "none"
        found[REFERENCE] = f"there is no prepared reference {named.name} (there is: {there})"
    return found


def document(values: Values) -> dict[str, Any]:
    """The run's input; the values have no problems."""
    given: dict[str, Any] = {
        name: value for name in FIELD if name != MORE and (value := values.get(name, "").strip())
    }
    for name in (FASTQ1, FASTQ2, READS):
        if name in given:
            given[name] = given[name].split()
    given |= reference_of(given.pop(REFERENCE))
    for name in ("sequencing", "alignmentFormat"):
        if values.get(name):
            given[name] = values[name]
    if values.get("noCache"):
        given["cache"] = False
    if values.get("failOnWarnings"):
        given["failOnWarnings"] = True
    more = values.get(MORE, "").strip()
    return document_of(
        "",
        {**(read_json(more) if more else {}), **given},
        values.get("aligner") or None,
        values.get("caller") or None,
    )


def by_field(details: Iterable[str]) -> Problems:
    """The API's problems, `$.sampleId: …`, at their fields."""
    found: dict[str, list[str]] = {}
    for detail in details:
        path, _, said = detail.partition(": ")
        at = _PATH.match(path)
        name = at[1] if at else ""
        name = REFERENCE if name in {KEY, "referenceS3Path"} else name
        if name in FIELD:
            found.setdefault(name, []).append(said)
        else:
            found.setdefault("", []).append(detail)
    return {name: "; ".join(said) for name, said in found.items()}
