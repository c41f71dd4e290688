"""The world of sample events: an emulator, cleared for each."""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from emulator.engine.moto_adapters.stepfunctions import executions
from seqstack.adapters.ledger import Ledger
from seqstack.domain.s3uri import S3Uri
from tests.harness.emulator import Emulator
from tests.support.builders import LOG_STREAM, RESULTS_BUCKET, SOURCE_BUCKET
from tests.support.small_reads import input_body

_JOB_STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


class LiveWorld:
    """An emulator whose jobs never end by themselves, cleared for each event.

    `results_bucket` is the bucket that functions use as the stack's.
    """

    def __init__(self, emulator: Emulator, results_bucket: str = RESULTS_BUCKET) -> None:
        self.emulator = emulator
        self.results_bucket = results_bucket
        self._dynamodb = emulator.resource("dynamodb")
        self.ledger = Ledger(emulator.outputs["LedgerTableName"], self._dynamodb)
        self._table = self._dynamodb.Table(emulator.outputs["LedgerTableName"])

    def close(self) -> None:
        self._dynamodb.meta.client.close()

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def clear(self) -> None:
        """Remove all runs, objects and logs of jobs; stop running executions and jobs."""
        executions.forget_all()
        for item in self._table.scan(ProjectionExpression="pk, sk")["Items"]:
            self._table.delete_item(Key=item)
        for bucket in (SOURCE_BUCKET, self.results_bucket):
            self._empty(bucket)
        with suppress(ClientError):  # it was never written
            self.client("logs").delete_log_stream(
                logGroupName=self.emulator.outputs["JobLogGroupName"], logStreamName=LOG_STREAM
            )
        for queue in ("highPriority-dev", "lowPriority-dev", "onDemand-dev"):
            for state in _JOB_STATES:
                listed = self.client("batch").list_jobs(jobQueue=queue, jobStatus=state)
                for job in listed["jobSummaryList"]:
                    self.client("batch").terminate_job(
                        jobId=job["jobId"], reason="the event is over"
                    )

    def item(self, key: str) -> dict[str, Any] | None:
        """The ledger's item at `pk sk`."""
        pk, sk = key.split()
        item: dict[str, Any] | None = self._table.get_item(Key={"pk": pk, "sk": sk}).get("Item")
        return item

    def put_object(self, uri: S3Uri) -> None:
        body = input_body(uri.key)
        self.client("s3").put_object(Bucket=uri.bucket, Key=uri.key, Body=body)

    def make_bucket(self, name: str) -> None:
        there = {bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]}
        if name not in there:
            self.client("s3").create_bucket(Bucket=name)

    def _empty(self, bucket: str) -> None:
        self.make_bucket(bucket)
        versions = self.client("s3").list_object_versions(Bucket=bucket)
        for one in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
            self.client("s3").delete_object(
                Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"]
            )


def filled_in(document: Any, results_bucket: str) -> Any:
    """An input with its examples' names replaced as its user would, for environment `dev`."""
    text = json.dumps(document)
    for example, real in {
        "<bucket>": results_bucket,
        RESULTS_BUCKET: results_bucket,
        "<account-id>": "123456789012",
        "-myenv": "-dev",
    }.items():
        text = text.replace(example, real)
    return json.loads(text)
