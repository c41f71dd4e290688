"""Results of a step's job in S3: every output, and then the provenance."""

import base64
import hashlib
import json
from typing import Any

from seqstack.adapters.ledger import Ledger
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

VERSIONS = {"tool": "1.0"}


def write_step(
    s3: Any, layout: ResultLayout, step: StepName, job_id: str, body: bytes = b"x"
) -> tuple[StoredObject, ...]:
    """Write the results of one step's job; return them, the provenance last."""
    *outputs, provenance = SECONDARY_ANALYSIS.outputs(step, layout)
    made = [_put(s3, uri, body) for uri in outputs]
    record = {
        "job": {"id": job_id},
        "versions": VERSIONS,
        "inputs": [],
        "outputs": [{"uri": str(item.uri), "bytes": item.size, "etag": item.etag} for item in made],
    }
    return (*made, _put(s3, provenance, json.dumps(record).encode()))


def write_run(s3: Any, layout: ResultLayout, ledger: Ledger, run_id: str) -> None:
    """Write the results of every step, each of which has succeeded, if the ledger has the run."""
    for step in SECONDARY_ANALYSIS.step_names:
        written = write_step(s3, layout, step, f"job of {step}")
        ledger.complete_step(JobKey(run_id, step, 1), written)


def _put(s3: Any, uri: S3Uri, body: bytes) -> StoredObject:
    answer = s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=body)
    checksum = hashlib.sha256(body).digest()
    return StoredObject(
        uri,
        len(body),
        answer["ETag"].strip('"'),
        f"SHA256:{base64.b64encode(checksum).decode()}",
        answer.get("VersionId", ""),
    )
