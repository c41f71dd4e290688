"""A run's input as values: the sample, its lanes, its reference, and the tool of each step."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.input_schema import schema_problems
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import DEFAULT_TOOLS, Step, Tool

DEFAULT_WORKING_DIR = "/scratch"  # the original workflow's
_ISAAC_MAX_LANES = 8  # isaac-align's --lane-number-max default


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """One tool's block of the input; None and "" stand for the stack's defaults."""

    tool: Tool
    job_definition: str | None = None
    job_queue: str | None = None
    cmd_args: str = ""
    memory_gib: int | None = None
    isaac_reference: S3Uri | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """The two FASTQ objects of one lane: first and second reads of the same fragments."""

    read1: S3Uri
    read2: S3Uri


@dataclass(frozen=True, slots=True)
class RunInput:
    """A checked input with its defaults filled in."""

    sample_id: str
    lanes: tuple[Lane, ...]
    reference: S3Uri
    annotation: S3Uri | None
    layout: ResultLayout
    working_dir: str
    tools: Mapping[Step, ToolSettings]


def parse_run_input(document: object, results_bucket: str) -> RunInput:
    """Check `document` against the schema and the rules that a schema can't say.

    `results_bucket` is the one bucket that jobs may write to; results go below its `results/`
    when the input does not say where.

    Raises:
        InvalidInputError: with every problem found, each with its JSON path.
    """
    if problems := schema_problems(document):
        # later rules read what the schema promises, yet two tools for a step can always be told
        raise InvalidInputError([*problems, *_crowded_steps(document)])
    assert isinstance(document, dict)  # noqa: S101 - the schema says so
    if problems := [*_crowded_steps(document), *_semantic_problems(document, results_bucket)]:
        raise InvalidInputError(problems)
    reads1, reads2 = _lanes_of(document, "fastq1S3Path"), _lanes_of(document, "fastq2S3Path")
    annotation = document.get("annotationS3Path")
    results = S3Uri.parse(document.get("resultsS3Path", f"s3://{results_bucket}/results"))
    return RunInput(
        sample_id=document["sampleId"],
        lanes=tuple(Lane(read1, read2) for read1, read2 in zip(reads1, reads2, strict=True)),
        reference=S3Uri.parse(document["referenceS3Path"]),
        annotation=S3Uri.parse(annotation) if annotation else None,
        layout=ResultLayout(results.as_folder(), document["sampleId"]),
        working_dir=document.get("workingDir", DEFAULT_WORKING_DIR).rstrip("/"),
        tools={step: _settings(document, _tool_of(document, step)) for step in Step},
    )


def _lanes_of(document: Mapping[str, Any], key: str) -> list[S3Uri]:
    value = document[key]
    return [S3Uri.parse(uri) for uri in ([value] if isinstance(value, str) else value)]


def _tool_of(document: Mapping[str, Any], step: Step) -> Tool:
    named = [tool for tool in Tool if tool.step is step and tool in document]
    return named[0] if named else DEFAULT_TOOLS[step]


def _settings(document: Mapping[str, Any], tool: Tool) -> ToolSettings:
    block = document.get(tool, {})
    isaac_reference = None
    if tool is Tool.ISAAC:
        # the original keeps Isaac's reference in isaac/ beside the FASTA
        beside = S3Uri.parse(document["referenceS3Path"]).parent / "isaac/"
        isaac_reference = S3Uri.parse(block.get("referenceS3Path", str(beside))).as_folder()
    return ToolSettings(
        tool=tool,
        job_definition=block.get("jobDefinition"),
        job_queue=block.get("jobQueue"),
        cmd_args=block.get("cmdArgs", "").strip(),
        memory_gib=block.get("memory"),
        isaac_reference=isaac_reference,
    )


def _crowded_steps(document: object) -> Iterator[Problem]:
    if not isinstance(document, dict):
        return
    for step in Step:
        named = [tool for tool in Tool if tool.step is step and tool in document]
        for tool in named[1:]:
            yield Problem(f"$.{tool}", f"{named[0]} and {tool} both fill {step}; keep one of them")


def _semantic_problems(document: Mapping[str, Any], results_bucket: str) -> Iterator[Problem]:
    reads1, reads2 = _lanes_of(document, "fastq1S3Path"), _lanes_of(document, "fastq2S3Path")
    if len(reads1) != len(reads2):
        yield Problem(
            "$.fastq2S3Path",
            f"lanes are unpaired: {len(reads1)} in fastq1S3Path, {len(reads2)} here",
        )
    for shared in sorted({str(uri) for uri in reads1} & {str(uri) for uri in reads2}):
        yield Problem("$.fastq2S3Path", f"{shared} is in fastq1S3Path too")
    if Tool.ISAAC in document and len(reads1) > _ISAAC_MAX_LANES:
        yield Problem("$.fastq1S3Path", f"isaac takes at most {_ISAAC_MAX_LANES} lanes")
    results = S3Uri.parse(document.get("resultsS3Path", f"s3://{results_bucket}/results"))
    if results.bucket != results_bucket:
        yield Problem(
            "$.resultsS3Path", f"must lie in this stack's results bucket, s3://{results_bucket}/"
        )
    for tool in Tool:
        args = document.get(tool, {}).get("cmdArgs", "")
        try:
            shlex.split(args)
        except ValueError as error:
            yield Problem(f"$.{tool}.cmdArgs", f"can't be split into arguments: {error}")
    database_named = document.get(Tool.SNPEFF, {}).get("cmdArgs", "").strip()
    if not database_named and "annotationS3Path" not in document:
        yield Problem(
            "$.annotationS3Path",
            "is missing, and snpEff.cmdArgs names no database: give the genes (GFF3) here, or a "
            "database such as ' -t hg38 ' there",
        )
