import json
from typing import Any

import pytest

from seqstack.domain.manifest import StoredObject
from seqstack.domain.provenance import Provenance
from seqstack.domain.s3uri import S3Uri

JOB_ID = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8"
# the keys of containers/jobkit/provenance.py that call caching relies on, and one that it does not
RECORD: dict[str, Any] = {
    "schemaVersion": 1,
    "versions": {"bwa": "0.7.17-r1188"},
    "job": {"id": JOB_ID, "batchAttempt": 1},
    "inputs": [{"uri": "s3://inputs/r_1.fq", "bytes": 7, "etag": "aa-2", "cached": False}],
    "outputs": [{"uri": "s3://results/s/x.bam", "bytes": 9, "etag": "bb", "md5": "cc"}],
}


def test_parse_reads_the_job_and_its_objects() -> None:
    assert Provenance.parse(json.dumps(RECORD)) == Provenance(
        job_id=JOB_ID,
        inputs=(StoredObject(S3Uri("inputs", "r_1.fq"), 7, "aa-2"),),
        outputs=(StoredObject(S3Uri("results", "s/x.bam"), 9, "bb"),),
        versions={"bwa": "0.7.17-r1188"},
    )


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"x",
        b"[]",
        b"null",
        json.dumps({key: value for key, value in RECORD.items() if key != "outputs"}),
        json.dumps({**RECORD, "job": None}),
        json.dumps({**RECORD, "versions": ["bwa"]}),
        json.dumps({**RECORD, "inputs": 3}),
        json.dumps({**RECORD, "inputs": [{"uri": "/local/r_1.fq", "bytes": 7, "etag": "aa"}]}),
        json.dumps({**RECORD, "inputs": [{"uri": "s3://inputs/r", "bytes": "?", "etag": "aa"}]}),
    ],
)
def test_parse_of_anything_else_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Provenance.parse(text)
