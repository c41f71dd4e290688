"""Scripted jobs that read and write objects in S3, as the real containers do."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from emulator.batch.runner import Attempt
from emulator.batch.scripted import Act, ScriptedAttempt, ScriptedRunner
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step

_READ = {
    Step.ALIGN: ("--fastq1_s3_path", "--fastq2_s3_path", "--reference_s3_path"),
    Step.CALL_VARIANTS: (
        "--bam_s3_path",
        "--bai_s3_path",
        "--reference_s3_path",
        "--reference_index_s3_path",
    ),
    Step.ALIGNMENT_STATS: ("--bam_s3_path", "--reference_s3_path"),
    Step.ANNOTATE: ("--vcf_s3_path", "--reference_s3_path", "--annotation_s3_path"),
}
_BWA_INDEX = (".fai", ".amb", ".ann", ".bwt", ".pac", ".sa")


class WritingJobs(ScriptedRunner):
    """Jobs that write, where their act succeeds, what follows from tool options and inputs alone.

    `s3` is the emulator's client.
    """

    s3: Any

    def start(self, attempt: Attempt) -> ScriptedAttempt:
        """Start the act; its outputs are whole at once, and its provenance is written last."""
        started = super().start(attempt)
        if self._act(attempt).outcome == Act().outcome:
            self._write(attempt)
        return started

    def _write(self, attempt: Attempt) -> None:
        provenance = S3Uri.parse(_values(attempt.command, "--provenance_s3_path")[0])
        step = Step(provenance.name.removesuffix(".json"))
        inputs = [
            self._read(uri)
            for given in _inputs(step, attempt.command)
            for uri in self._objects(given)
        ]
        options = [word for word in attempt.command if word.startswith("--cmd_args")]
        content = json.dumps([step, options, [body for body, _ in inputs]])
        sample = provenance.parent.parent
        *outputs, last = ResultLayout(sample.parent, sample.name).outputs(step)
        record = {
            "job": {"id": attempt.job_id},
            "versions": {"tool": "1.0"},
            "inputs": [row for _, row in inputs],
            "outputs": [self._put(uri, f"{uri.name} {content}") for uri in outputs],
        }
        self._put(last, json.dumps(record))

    def _objects(self, uri: S3Uri) -> Iterator[S3Uri]:
        """The object, or all that lie in a folder."""
        if not uri.is_folder:
            yield uri
            return
        for found in self.s3.list_objects_v2(Bucket=uri.bucket, Prefix=uri.key)["Contents"]:
            yield S3Uri(uri.bucket, found["Key"])

    def _read(self, uri: S3Uri) -> tuple[str, dict[str, Any]]:
        answer = self.s3.get_object(Bucket=uri.bucket, Key=uri.key)
        body = hashlib.sha256(answer["Body"].read()).hexdigest()
        return body, _row(uri, answer["ContentLength"], answer["ETag"])

    def _put(self, uri: S3Uri, text: str) -> dict[str, Any]:
        answer = self.s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=text.encode())
        return _row(uri, len(text.encode()), answer["ETag"])


def _row(uri: S3Uri, size: int, etag: str) -> dict[str, Any]:
    return {"uri": str(uri), "bytes": size, "etag": etag.strip('"')}


def _inputs(step: Step, command: Sequence[str]) -> Iterator[S3Uri]:
    for option in _READ[step]:
        yield from map(S3Uri.parse, _values(command, option))
    if step is Step.ALIGN:
        reference = S3Uri.parse(_values(command, "--reference_s3_path")[0])
        if reference.is_folder:  # Isaac's
            return
        yield from (reference.with_suffix(suffix) for suffix in _BWA_INDEX)


def _values(command: Sequence[str], option: str) -> list[str]:
    """What stands behind an option, up to the next."""
    values: list[str] = []
    for word in command[command.index(option) + 1 :]:
        if word.startswith("--"):
            break
        values.append(word)
    return values
