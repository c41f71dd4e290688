"""Cohorts of small samples in a test's stack: sheets, executions, runs."""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.records import RunRow
from tests.support.samples import INPUTS
from tests.support.small_reads import input_body
from tests.support.workflow_world import EndedRun, World

HEADER = "patient,sample,lane,fastq_1,fastq_2,batch"


class Cohort:
    """A cohort of its own, with a sheet in S3."""

    def __init__(self, world: World, **changes: Any) -> None:
        self.world = world
        self.cohort_id = f"c{uuid.uuid4().hex[:8]}"
        self.sheet = f"sheets/{self.cohort_id}/sheet.csv"
        self._changes = changes

    def read(self, name: str) -> str:
        """Upload a file of reads, and return its name relative to the sheet."""
        key = f"sheets/{self.cohort_id}/{name}.fastq.gz"
        body = input_body(f"{self.cohort_id}/{name}.fastq.gz")
        self.world.emulator.client("s3").put_object(Bucket=INPUTS, Key=key, Body=body)
        return f"{name}.fastq.gz"

    def shared(self, name: str, body: bytes) -> str:
        """Upload a file that all samples read, and return its URI."""
        key = f"sheets/{self.cohort_id}/{name}"
        self.world.emulator.client("s3").put_object(Bucket=INPUTS, Key=key, Body=body)
        return f"s3://{INPUTS}/{key}"

    def row(self, sample: str, lane: str = "1") -> str:
        """A row of the sheet, whose files exist."""
        one, two = self.read(f"{sample}_{lane}_1"), self.read(f"{sample}_{lane}_2")
        return f"{sample},{sample},{lane},{one},{two},b7"

    def write(self, rows: Iterable[str]) -> None:
        text = "\n".join([HEADER, *rows]) + "\n"
        self.world.emulator.client("s3").put_object(
            Bucket=INPUTS, Key=self.sheet, Body=text.encode()
        )

    def document(self, **changes: Any) -> dict[str, Any]:
        """The input of an execution."""
        document = {
            "cohortId": self.cohort_id,
            "sheetS3Path": f"s3://{INPUTS}/{self.sheet}",
            "run": {
                "referenceS3Path": f"s3://{INPUTS}/ref.fa",
                "annotationS3Path": f"s3://{INPUTS}/genes.gff3",
                "bcftools": {},
            },
        }
        return document | self._changes | changes

    def start(self, **changes: Any) -> str:
        return self.world.start(self.document(**changes), "Cohort")

    def run(self, **changes: Any) -> EndedRun:
        """Start an execution and wait for its end."""
        return self.world.wait(self.start(**changes))

    def plan(self) -> dict[str, dict[str, Any]]:
        """The plan of each sample, from a dry run."""
        ended = self.run(dryRun=True)
        assert ended.execution["status"] == "SUCCEEDED", ended.cause
        folder = json.loads(ended.execution["output"])["plan"]["folder"]
        return {one["sampleId"]: one for one in self.lines(f"{folder}plan.jsonl")}

    def lines(self, uri: str) -> list[dict[str, Any]]:
        """The values of an object with JSON lines."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        found = self.world.emulator.client("s3").get_object(Bucket=bucket, Key=key)
        return [json.loads(line) for line in found["Body"].read().splitlines()]

    def delete_results(self, run_id: str) -> None:
        """Delete what a run has written, as `seqstack delete` does."""
        self.world.until(lambda: self.world.ledger.run(run_id).report is not None)
        history = self.world.ledger.history(run_id)
        assert history.run.report
        steps = (item for step in history.steps for item in step.written)
        for item in (*steps, history.run.report, *history.run.crate):
            self.world.emulator.client("s3").delete_object(
                Bucket=item.uri.bucket, Key=item.uri.key, VersionId=item.version_id
            )

    @property
    def record(self) -> CohortRow:
        row = self.world.ledger.cohort(self.cohort_id)
        assert row is not None
        return row

    @property
    def runs(self) -> list[RunRow]:
        return self.world.ledger.runs_of_cohort(self.cohort_id)

    def states(self) -> dict[str, list[str]]:
        """The states of each sample's runs, oldest first."""
        found: dict[str, list[str]] = {}
        for run in self.runs:
            found.setdefault(run.sample_id, []).append(str(run.state))
        return found
