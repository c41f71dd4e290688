"""Samples that pass validation: an input, and what it names in S3."""

import json
from typing import Any

from seqstack.domain.results import ResultLayout
from tests.support.small_reads import input_body

INPUTS = "inputs"
_KEYS = (
    "r_1.fastq.gz", "r_2.fastq.gz", "ref.fa", "ref.fa.fai", "ref.fa.amb", "ref.fa.ann",
    "ref.fa.bwt", "ref.fa.pac", "ref.fa.sa", "genes.gff3",
)  # fmt: skip


def upload_inputs(s3: Any) -> None:
    """Create the bucket that every sample's input names, with its objects."""
    s3.create_bucket(Bucket=INPUTS)
    for key in _KEYS:
        s3.put_object(Bucket=INPUTS, Key=key, Body=input_body(key))


def sample_input(layout: ResultLayout) -> dict[str, Any]:
    """The input of a run of one sample."""
    return {
        "sampleId": layout.sample_id,
        "fastq1S3Path": f"s3://{INPUTS}/r_1.fastq.gz",
        "fastq2S3Path": f"s3://{INPUTS}/r_2.fastq.gz",
        "referenceS3Path": f"s3://{INPUTS}/ref.fa",
        "annotationS3Path": f"s3://{INPUTS}/genes.gff3",
        "resultsS3Path": str(layout.results),
    }


def states_entered(states: Any, arn: str) -> list[str]:
    """The states that an execution has entered, in order; `states` is a client.

    A state that runs the step of its input has the step's name too: `RunStep annotate`.
    """
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = (event for page in pages for event in page["events"])
    return [
        _name(event["stateEnteredEventDetails"])
        for event in events
        if "stateEnteredEventDetails" in event
    ]


def _name(entered: dict[str, str]) -> str:
    given = json.loads(entered["input"])
    step = given.get("step") if entered["name"].startswith("Run") else None
    return f"{entered['name']} {step}" if step else entered["name"]
