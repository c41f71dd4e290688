"""Reads and writes of scripted jobs in S3, as in the real containers."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from emulator.engine.batch.runner import Attempt
from seqstack.domain.container_image import ContainerImage
from seqstack.domain.joint_run import JOINT_FOLDER
from seqstack.domain.reads.parts import PART_OPTION, PARTS_OPTION, all_parts, whole_name
from seqstack.domain.reference.layout import FINDINGS, REFERENCES, ReferenceLayout
from seqstack.domain.reference.manifest import ReferenceContig
from seqstack.domain.results import QC_METRICS, QC_PLOTS, ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step, StepName
from seqstack.tools.definition import MADE_BY_OPTION
from seqstack.tools.registry import Tool
from seqstack.workflows.joint_calling import JOINT_CALLING, MERGE_GVCFS, TABULATE_VARIANTS
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

_READ: dict[StepName, tuple[str, ...]] = {
    Step.ALIGN: ("--fastq1_s3_path", "--fastq2_s3_path", "--reference_s3_path"),
    Step.CALL_VARIANTS: (
        "--bam_s3_path",
        "--bai_s3_path",
        "--reference_s3_path",
        "--reference_index_s3_path",
    ),
    Step.ALIGNMENT_STATS: ("--bam_s3_path", "--reference_s3_path"),
    Step.TARGET_METRICS: (
        "--bam_s3_path",
        "--bai_s3_path",
        "--reference_s3_path",
        "--reference_index_s3_path",
        "--targets_s3_path",
    ),
    MERGE_GVCFS: ("--gvcfs_s3_path", "--reference_s3_path", "--reference_index_s3_path"),
    TABULATE_VARIANTS: ("--annotated_vcf_s3_path",),
    Step.ANNOTATE: ("--vcf_s3_path", "--reference_s3_path", "--annotation_s3_path"),
    Step.AGGREGATE_QC: (
        "--bam_stats_s3_path",
        "--vcf_s3_path",
        "--annotation_statistics_s3_path",
        "--qc_files_s3_path",
    ),
}
# what the check of a reference finds in a FASTA of one contig
_FINDINGS: dict[str, Any] = {
    "contigs": [ReferenceContig("chr1", 1000, "2648ae1bacce4ec4b6cf337dcae37816", 1).as_json()],
    "sources": {},
    "options": {},
    "found": {},
    "changed": [],
}
_METRICS = {"alignedRate": {"value": 0.97}, "meanDepth": {"value": 31.5}}
_BWA_INDEX = (".fai", ".amb", ".ann", ".bwt", ".pac", ".sa")


class ReplacedError(Exception):
    """An output of an earlier step of the run was deleted or replaced."""


class ResultsWriter:
    """Writes results that depend only on a job's tool options and inputs; `s3` is a client."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def write(self, attempt: Attempt) -> None:
        """Write the outputs of an attempt, and its provenance last; nothing if it names no folder.

        Raises:
            ReplacedError: the results of an earlier step do not match its checksum.
        """
        named = _values(attempt.command, "--provenance_s3_path")
        if not named:
            return
        provenance = S3Uri.parse(named[0])
        step = provenance.name.removesuffix(".json")
        promised = self._promised(provenance, attempt.command)
        found = [
            self._read(uri)
            for given in _inputs(step, attempt.command)
            for uri in self._objects(given)
        ]
        for _, row in found:
            if promised.get(row["uri"], row) != row:
                raise ReplacedError(row["uri"])
        options = [word for word in attempt.command if word.startswith("--cmd_args")]
        options += _values(attempt.command, PART_OPTION)
        content = json.dumps([step, options, [body for body, _ in found]])
        folder = provenance.parent.parent
        tool = _tool_of(attempt.image)
        if folder.key.startswith(REFERENCES):
            layout = ReferenceLayout(folder.bucket, folder.parent.name, folder.name)
            *outputs, last = PREPARE_REFERENCE.outputs(step, layout, tool)
        else:
            results = ResultLayout(folder.parent, folder.name)
            workflow = JOINT_CALLING if JOINT_FOLDER in folder.key else SECONDARY_ANALYSIS
            *outputs, last = workflow.outputs(step, results, tool)
        record = {
            "job": {"id": attempt.job_id},
            "versions": {"tool": "1.0"},
            "inputs": [row for _, row in found],
            "outputs": [
                self._put(uri, _body(uri, content))
                for given in outputs
                for uri in _objects_of(given)
            ],
        }
        self._put(last, json.dumps(record))

    def _promised(self, provenance: S3Uri, command: Sequence[str]) -> dict[str, Any]:
        """The outputs of the earlier steps in the job's arguments, by URI."""
        rows: dict[str, Any] = {}
        for told in _values(command, MADE_BY_OPTION):
            step, _, digest = told.partition(":")
            uri = provenance.parent / f"{step}.json"
            body = self._s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read()
            if hashlib.sha256(body).hexdigest() != digest:
                raise ReplacedError(str(uri))
            rows |= {row["uri"]: row for row in json.loads(body)["outputs"]}
        return rows

    def _objects(self, uri: S3Uri) -> Iterator[S3Uri]:
        """The object, or all objects in a folder."""
        if not uri.is_folder:
            yield uri
            return
        for found in self._s3.list_objects_v2(Bucket=uri.bucket, Prefix=uri.key)["Contents"]:
            yield S3Uri(uri.bucket, found["Key"])

    def _read(self, uri: S3Uri) -> tuple[str, dict[str, Any]]:
        answer = self._s3.get_object(Bucket=uri.bucket, Key=uri.key)
        body = answer["Body"].read()
        return hashlib.sha256(body).hexdigest(), _row(uri, body, answer["ETag"])

    def _put(self, uri: S3Uri, text: str) -> dict[str, Any]:
        body = text.encode()
        answer = self._s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=body)
        return _row(uri, body, answer["ETag"])


def _objects_of(output: S3Uri) -> tuple[S3Uri, ...]:
    """The object; or some in a folder, whose number only a job knows."""
    return (output / "1/a.parquet", output / "1/b.parquet") if output.is_folder else (output,)


def _body(uri: S3Uri, content: str) -> str:
    if uri.name == FINDINGS:
        return json.dumps(_FINDINGS)
    if uri.key.endswith(f"/{QC_METRICS}"):
        return json.dumps({"metrics": _METRICS, "of": content})
    if uri.key.endswith(f"/{QC_PLOTS}"):
        return json.dumps({"plots": [], "missing": [], "of": content})
    return f"{uri.name} {content}"


def _tool_of(image: str) -> Tool | None:
    """The tool of an image."""
    folder = ContainerImage.parse(image).repository.rpartition("/")[2]
    return next((tool for tool in Tool if tool.definition.folder == folder), None)


def _row(uri: S3Uri, body: bytes, etag: str) -> dict[str, Any]:
    return {
        "uri": str(uri),
        "bytes": len(body),
        "etag": etag.strip('"'),
        "checksum": f"sha256:{hashlib.sha256(body).hexdigest()}",
    }


def _inputs(step: StepName, command: Sequence[str]) -> Iterator[S3Uri]:
    if PARTS_OPTION in command:
        folder = S3Uri.parse(_values(command, "--bam_s3_folder_path")[0])
        yield from (folder / part.bam for part in all_parts(int(_values(command, PARTS_OPTION)[0])))
        yield S3Uri.parse(_values(command, "--reference_s3_path")[0])
        return
    for option in _READ.get(whole_name(step), ()):
        yield from map(S3Uri.parse, _values(command, option))
    if whole_name(step) == Step.ALIGN and "--reference_s3_path" in command:
        reference = S3Uri.parse(_values(command, "--reference_s3_path")[0])
        if reference.is_folder:  # Isaac's
            return
        yield from (reference.with_suffix(suffix) for suffix in _BWA_INDEX)


def _values(command: Sequence[str], option: str) -> list[str]:
    """The values after an option, up to the next option."""
    values: list[str] = []
    if option not in command:
        return values
    for word in command[command.index(option) + 1 :]:
        if word.startswith("--"):
            break
        values.append(word)
    return values
