"""Cached results in the ledger's table, and the objects in S3 that vouch for them."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from seqstack.adapters import aws
from seqstack.adapters.object_identity import look_at_written, read_provenance, stored_objects
from seqstack.adapters.objects import link_to
from seqstack.adapters.step_cache import StepCache
from seqstack.domain.errors import TransientServiceError
from seqstack.domain.manifest import Manifest, StoredObject
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from seqstack.domain.written_objects import ObjectState, WrittenObject
from seqstack.tools.registry import Tool
from tests.support.aws_world import TABLE, AwsWorld, make_objects_and_logs
from tests.support.builders import RESULTS_BUCKET, RUN_ID, SOURCE_BUCKET
from tests.support.small_reads import input_body

FASTA = S3Uri(SOURCE_BUCKET, "reference/genome.fa")
PROVENANCE = S3Uri(RESULTS_BUCKET, "results/s/provenance/align.json")
KEY = hashlib.sha256(b"key").hexdigest()
MANIFEST = Manifest(
    run_id=RUN_ID,
    step=Step.ALIGN,
    tool=Tool.BWA,
    created_at="2025-06-02T10:00:00.000Z",
    outputs=(
        StoredObject(S3Uri(RESULTS_BUCKET, "s/bam/sorted.bam"), 7_000_000_000, "aa-9", "SHA1:x="),
        StoredObject(PROVENANCE, 4096, "bb"),
    ),
    tool_versions={"bwa": "0.7.17-r1188"},
)
_MIB = 1 << 20


@pytest.fixture
def objects(world: AwsWorld) -> AwsWorld:
    make_objects_and_logs(world)
    return world


@contextmanager
def refusing(operation: str, code: str, status: int) -> Iterator[None]:
    """Let S3 answer one operation with an error."""

    def fail(**_: Any) -> None:
        response: Any = {
            "Error": {"Code": code, "Message": "as the test says"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        raise ClientError(response, operation)

    client: Any = aws.client("s3")
    client.meta.events.register(f"before-call.s3.{operation}", fail)
    yield
    client.meta.events.unregister(f"before-call.s3.{operation}", fail)


def upload_in_parts(world: AwsWorld, uri: S3Uri, *parts: bytes, **options: Any) -> None:
    s3, where = world.client("s3"), {"Bucket": uri.bucket, "Key": uri.key}
    upload = s3.create_multipart_upload(**where, **options)["UploadId"]
    done = []
    for number, part in enumerate(parts, start=1):
        answer = s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=part)
        done.append({"ETag": answer["ETag"], "PartNumber": number})
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": done})


# Cached results


def test_step_cache_unknown_key_is_none(world: AwsWorld) -> None:
    assert StepCache(TABLE).find(KEY) is None


def test_step_cache_gives_back_what_it_was_given(world: AwsWorld) -> None:
    assert StepCache(TABLE).remember(KEY, MANIFEST)

    assert StepCache(TABLE).find(KEY) == MANIFEST


def test_step_cache_item_has_the_agreed_shape(world: AwsWorld) -> None:
    StepCache(TABLE).remember(KEY, MANIFEST)

    assert world.item(f"CACHE#{KEY}", "CACHE") == {
        "pk": {"S": f"CACHE#{KEY}"},
        "sk": {"S": "CACHE"},
        "runId": {"S": RUN_ID},
        "step": {"S": "align"},
        "tool": {"S": "bwa"},
        "createdAt": {"S": "2025-06-02T10:00:00.000Z"},
        "toolVersions": {"M": {"bwa": {"S": "0.7.17-r1188"}}},
        "warnings": {"L": []},
        "manifest": {
            "L": [
                {
                    "M": {
                        "uri": {"S": f"s3://{RESULTS_BUCKET}/s/bam/sorted.bam"},
                        "size": {"N": "7000000000"},
                        "etag": {"S": "aa-9"},
                        "checksum": {"S": "SHA1:x="},
                    }
                },
                {
                    "M": {
                        "uri": {"S": str(PROVENANCE)},
                        "size": {"N": "4096"},
                        "etag": {"S": "bb"},
                    }
                },
            ]
        },
    }


@pytest.mark.parametrize(
    ("created_at", "is_kept"),
    [
        ("2025-06-02T10:00:00.001Z", True),
        ("2025-06-02T10:00:00.000Z", False),
        ("2025-06-02T09:59:59.999Z", False),
    ],
)
def test_step_cache_newer_replaces_older_and_never_the_other_way(
    world: AwsWorld, created_at: str, *, is_kept: bool
) -> None:
    cache = StepCache(TABLE)
    cache.remember(KEY, MANIFEST)
    other = replace(MANIFEST, run_id="other", created_at=created_at, outputs=MANIFEST.outputs[:1])

    assert cache.remember(KEY, other) is is_kept

    assert cache.find(KEY) == (other if is_kept else MANIFEST)


# Objects


def test_stored_objects_in_one_part_have_size_and_md5(objects: AwsWorld) -> None:
    objects.put_object(FASTA)

    found = stored_objects([FASTA, FASTA])

    body = input_body(FASTA.key)
    assert found == {FASTA: StoredObject(FASTA, len(body), hashlib.md5(body).hexdigest())}  # noqa: S324 - S3's own


def test_stored_objects_with_a_checksum_of_the_content_have_it(objects: AwsWorld) -> None:
    objects.put_object(FASTA, ChecksumAlgorithm="SHA256")

    expected = base64.b64encode(hashlib.sha256(input_body(FASTA.key)).digest()).decode()
    assert stored_objects([FASTA])[FASTA].checksum == f"SHA256:{expected}"


@pytest.mark.parametrize("bad", ["\x1b", "\u202e"])
def test_stored_objects_of_a_folder_with_a_key_that_is_no_text_are_none(
    objects: AwsWorld, bad: str
) -> None:
    folder = S3Uri(SOURCE_BUCKET, "isaac/")
    objects.put_object(folder / "sorted-reference.xml")
    assert len(stored_objects([folder])) == 1

    aws.client("s3").put_object(Bucket=folder.bucket, Key=f"isaac/gen{bad}ome.fa", Body=b"x")

    assert stored_objects([folder]) == {}


def test_stored_objects_short_checksums_are_left_to_the_etag(objects: AwsWorld) -> None:
    objects.put_object(FASTA, ChecksumAlgorithm="CRC32")

    assert stored_objects([FASTA])[FASTA].checksum == ""


def test_stored_objects_checksum_of_parts_is_left_to_the_etag(
    objects: AwsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def head(**_: Any) -> dict[str, Any]:
        return {"ContentLength": 9, "ETag": '"aa-2"', "ChecksumSHA256": "q83vEjRWeJA=-2"}

    monkeypatch.setattr(aws.client("s3"), "head_object", head)

    assert stored_objects([FASTA]) == {FASTA: StoredObject(FASTA, 9, "aa-2")}


def test_stored_objects_uploaded_in_parts_are_distinguished_from_the_same_in_other_parts(
    objects: AwsWorld,
) -> None:
    upload_in_parts(objects, FASTA, b"x" * 5 * _MIB, b"x" * 5 * _MIB)
    in_two = stored_objects([FASTA])[FASTA]
    upload_in_parts(objects, FASTA, b"x" * 5 * _MIB, b"x" * 5 * _MIB)
    again = stored_objects([FASTA])[FASTA]
    upload_in_parts(objects, FASTA, b"x" * 10 * _MIB)
    in_one = stored_objects([FASTA])[FASTA]

    assert (in_two.size, in_two.etag[-2:]) == (10 * _MIB, "-2")
    assert again.identity == in_two.identity
    assert in_one.size == in_two.size
    assert in_one.identity != in_two.identity


def test_stored_objects_absent_are_left_out(objects: AwsWorld) -> None:
    objects.put_object(FASTA)

    found = stored_objects([FASTA, FASTA.with_suffix(".gone"), S3Uri("no-such-bucket", "key")])

    assert list(found) == [FASTA]


def test_stored_objects_of_a_folder_are_all_below_it(objects: AwsWorld) -> None:
    folder = S3Uri(SOURCE_BUCKET, "reference/isaac/")
    inside = [folder / "genome.fa", folder / "kmers/32.dat"]
    beside = [S3Uri(SOURCE_BUCKET, "reference/isaac.txt"), folder]  # the last as consoles make it
    for uri in (*inside, *beside):
        objects.put_object(uri)

    assert list(stored_objects([folder])) == inside


def test_stored_objects_of_a_long_folder_are_read_page_by_page(objects: AwsWorld) -> None:
    folder = S3Uri(SOURCE_BUCKET, "many/")
    for number in range(1001):
        objects.put_object(folder / str(number))

    assert len(stored_objects([folder, folder / "7"])) == 1001


@pytest.mark.parametrize(("code", "status"), [("403", 403), ("AccessDenied", 403), ("301", 301)])
def test_stored_objects_that_may_not_be_read_are_left_out(
    objects: AwsWorld, code: str, status: int
) -> None:
    objects.put_object(FASTA)

    with refusing("HeadObject", code, status), refusing("ListObjectsV2", code, status):
        assert stored_objects([FASTA, FASTA.parent]) == {}


@pytest.mark.parametrize("operation", ["HeadObject", "ListObjectsV2"])
def test_stored_objects_while_s3_is_busy_is_transient(objects: AwsWorld, operation: str) -> None:
    with refusing(operation, "SlowDown", 503), pytest.raises(TransientServiceError):
        stored_objects([FASTA, FASTA.parent])


# Provenance


def write(world: AwsWorld, body: bytes) -> None:
    world.client("s3").put_object(Bucket=PROVENANCE.bucket, Key=PROVENANCE.key, Body=body)


def test_read_provenance_of_a_job_says_which(objects: AwsWorld) -> None:
    write(
        objects,
        json.dumps({"job": {"id": "j"}, "inputs": [], "outputs": [], "versions": {}}).encode(),
    )

    found = read_provenance(PROVENANCE)

    assert found
    said, itself = found
    assert (said.job_id, said.inputs, said.outputs) == ("j", (), ())
    body = (
        objects.client("s3").get_object(Bucket=PROVENANCE.bucket, Key=PROVENANCE.key)["Body"].read()
    )
    assert (itself.uri, itself.size, itself.version_id) == (PROVENANCE, len(body), "")
    assert itself.sha256 == hashlib.sha256(body).hexdigest()


def versioned(objects: AwsWorld) -> AwsWorld:
    objects.client("s3").put_bucket_versioning(
        Bucket=RESULTS_BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    return objects


BAM = S3Uri(RESULTS_BUCKET, "r/s/bam/sorted.bam")


def put(objects: AwsWorld, body: bytes) -> StoredObject:
    objects.client("s3").put_object(Bucket=BAM.bucket, Key=BAM.key, Body=body)
    return stored_objects([BAM])[BAM]


def test_look_at_written_reports_its_state(objects: AwsWorld) -> None:
    versioned(objects)
    first, second = put(objects, b"one"), put(objects, b"another")
    assert first.version_id != second.version_id

    replaced, current = look_at_written([first, second])

    problem = "differs from what the run has written"
    assert replaced == WrittenObject(first, ObjectState.REPLACED, problem)
    assert current == WrittenObject(second, ObjectState.CURRENT)

    objects.delete_object(BAM)
    (deleted,) = look_at_written([second])
    assert deleted == WrittenObject(second, ObjectState.REPLACED, "does not exist")

    objects.client("s3").delete_object(Bucket=BAM.bucket, Key=BAM.key, VersionId=first.version_id)
    (gone,) = look_at_written([first])
    assert gone == WrittenObject(first, ObjectState.GONE, "does not exist")


def test_look_at_written_takes_the_same_bytes_written_again_for_the_same(objects: AwsWorld) -> None:
    versioned(objects)
    first, again = put(objects, b"one"), put(objects, b"one")

    assert look_at_written([first]) == [WrittenObject(again, ObjectState.CURRENT)]


def test_look_at_written_without_versions_knows_no_replaced_one(objects: AwsWorld) -> None:
    first = put(objects, b"one")
    put(objects, b"another")

    (looked,) = look_at_written([first])

    assert (looked.state, looked.is_there) == (ObjectState.GONE, False)


def test_look_at_written_while_s3_is_busy_is_transient(objects: AwsWorld) -> None:
    first = put(objects, b"one")

    with refusing("HeadObject", "InternalError", 500), pytest.raises(TransientServiceError):
        look_at_written([first])


def test_link_fetches_the_version_that_the_run_wrote(objects: AwsWorld) -> None:
    versioned(objects)
    first = put(objects, b"one")
    put(objects, b"another")

    asked = parse_qs(urlsplit(link_to(first, 60)).query)

    assert asked["versionId"] == [first.version_id]


def test_read_provenance_absent_or_foreign_is_none(objects: AwsWorld) -> None:
    assert read_provenance(PROVENANCE) is None
    write(objects, b"x")
    assert read_provenance(PROVENANCE) is None


def test_read_provenance_forbidden_is_none_and_busy_is_transient(objects: AwsWorld) -> None:
    write(objects, b"{}")

    with refusing("GetObject", "AccessDenied", 403):
        assert read_provenance(PROVENANCE) is None
    with refusing("GetObject", "InternalError", 500), pytest.raises(TransientServiceError):
        read_provenance(PROVENANCE)
