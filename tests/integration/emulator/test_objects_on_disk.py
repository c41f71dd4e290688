"""Objects as files: what is refused, what stays, and what a user's own file is to S3."""

import base64
import gc
import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from moto.s3.models import FakeKey, S3Backend

from emulator.engine.moto_adapters import s3_content
from emulator.engine.objects.content import Content, ObjectFiles
from tests.integration.emulator.raw_http import Headers, Raw, Sent, Wire
from tests.support.object_store import ObjectStore, object_store
from tests.support.waiting import until

md5 = partial(hashlib.md5, usedforsecurity=False)
BUCKET = "kept"
AT = {"Bucket": BUCKET, "Key": "object"}
# of b"123456789", as https://reveng.sourceforge.io/crc-catalogue/all.htm has them
NINE = b"123456789"
CRC32_OF_NINE = base64.b64encode(bytes.fromhex("cbf43926")).decode()
CRC64NVME_OF_NINE = base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode()
SHA256_OF_NINE = base64.b64encode(hashlib.sha256(NINE).digest()).decode()
OTHER = base64.b64encode(bytes(4)).decode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    folder = tmp_path / "objects"
    folder.mkdir()
    with object_store(folder) as store:
        store.s3.create_bucket(Bucket=BUCKET)
        yield store


@pytest.fixture
def wire(store: ObjectStore) -> Wire:
    return Wire(store.url, Credentials("testing", "testing"))


def put(wire: Wire, body: bytes = NINE, sent_body: bytes | None = None, **headers: str) -> Raw:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = wire.signed("s3", "PUT", f"/{BUCKET}/object", body, named)
    request.body = body if sent_body is None else sent_body
    return wire.ask(request)


def without_files(store: ObjectStore) -> None:
    """Wait until no file is left: a request's objects go when its thread ends."""
    until(lambda: gc.collect() >= 0 and not store.files)


@pytest.mark.parametrize(
    ("header", "right", "wrong"),
    [
        ("Content_MD5", "JfnnlDI7RTiF9RgfG2JNCw==", base64.b64encode(bytes(16)).decode()),
        ("x_amz_checksum_crc32", CRC32_OF_NINE, OTHER),
        ("x_amz_checksum_crc64nvme", CRC64NVME_OF_NINE, OTHER),
        ("x_amz_checksum_sha256", SHA256_OF_NINE, OTHER),
    ],
)
def test_object_with_another_digest_than_stated_is_refused(
    store: ObjectStore, wire: Wire, header: str, right: str, wrong: str
) -> None:
    assert (put(wire, **{header: wrong}).status, store.files) == (400, [])
    assert put(wire, **{header: wrong}).code == "BadDigest"
    assert put(wire, **{header: right}).status == 200
    assert store.s3.get_object(**AT)["Body"].read() == NINE


def test_object_with_another_body_than_signed_is_refused(store: ObjectStore, wire: Wire) -> None:
    assert put(wire, NINE, sent_body=b"987654321").code == "XAmzContentSHA256Mismatch"
    assert store.files == []


def test_object_that_is_cut_off_is_refused(store: ObjectStore, wire: Wire) -> None:
    assert put(wire, NINE, sent_body=NINE[:5]).code == "IncompleteBody"
    assert store.files == []


def chunked(wire: Wire, payload_hash: str, body: bytes, **headers: str) -> Sent:
    """A request whose body has its own chunks, as AWS's SDKs send them over HTTPS."""
    named: Headers = {
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(len(NINE)),
        "x-amz-trailer": "x-amz-checksum-crc32",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    request = wire.signed("s3", "PUT", f"/{BUCKET}/object", b"", named)
    request.headers = {k: v for k, v in request.headers.items() if "sha256" not in k.lower()}
    request.headers["x-amz-content-sha256"] = payload_hash  # nothing here checks signatures
    request.headers["Content-Length"] = str(len(body))
    request.body = body
    return request


@pytest.mark.parametrize("ends", [b"\r\n", b""])
@pytest.mark.parametrize(
    ("payload_hash", "signature"),
    [
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", b""),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", b";chunk-signature=" + b"0" * 64),
    ],
)
def test_chunked_object_is_stored_and_its_trailer_compared(
    store: ObjectStore, wire: Wire, payload_hash: str, signature: bytes, ends: bytes
) -> None:
    def body(checksum: str) -> bytes:
        chunks = b"".join(b"%x%s\r\n%s\r\n" % (len(c), signature, c) for c in (b"12345", b"6789"))
        trailer = f"x-amz-checksum-crc32:{checksum}\r\n".encode()
        return chunks + b"0" + signature + b"\r\n" + trailer + ends

    assert wire.ask(chunked(wire, payload_hash, body(OTHER))).code == "BadDigest"
    assert store.files == []
    assert wire.ask(chunked(wire, payload_hash, body(CRC32_OF_NINE))).status == 200
    found = store.s3.get_object(**AT)
    assert found["Body"].read() == NINE
    assert found.get("ContentEncoding", "") == ""


def test_chunked_object_that_is_too_short_is_refused(store: ObjectStore, wire: Wire) -> None:
    kind = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    for body in (b"3\r\n123\r\n0\r\n\r\n", b"9\r\n123", b"x\r\n", b""):
        assert wire.ask(chunked(wire, kind, body)).code == "IncompleteBody"
    assert store.files == []


def test_document_of_an_objects_size_is_refused(store: ObjectStore, wire: Wire) -> None:
    request = wire.signed("s3", "PUT", f"/{BUCKET}/object?tagging")
    request.headers["Content-Length"] = str(64 * 1024**2)
    assert wire.ask(request).code == "EntityTooLarge"


def test_files_go_with_the_last_object_that_uses_them(store: ObjectStore) -> None:
    s3 = store.s3
    s3.put_object(**AT, Body=b"first")
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=AT)
    assert len(store.files) == 1
    s3.put_object(**AT, Body=b"second")
    assert len(store.files) == 2
    s3.delete_object(Bucket=BUCKET, Key="copy")
    until(lambda: gc.collect() >= 0 and len(store.files) == 1)
    upload = s3.create_multipart_upload(**AT)["UploadId"]
    s3.upload_part(**AT, UploadId=upload, PartNumber=1, Body=b"part")
    s3.abort_multipart_upload(**AT, UploadId=upload)
    until(lambda: gc.collect() >= 0 and len(store.files) == 1)
    s3.delete_object(**AT)
    without_files(store)


def test_object_that_is_replaced_while_it_is_read_is_read_to_its_end(store: ObjectStore) -> None:
    old = bytes(32 * 1024**2)
    store.s3.put_object(**AT, Body=old)
    body = store.s3.get_object(**AT)["Body"]
    assert body.read(1) == b"\0"
    store.s3.put_object(**AT, Body=b"new")
    gc.collect()
    assert body.read() == old[1:]
    assert store.s3.get_object(**AT)["Body"].read() == b"new"


def test_conditional_writes_at_the_same_time_let_exactly_one_through(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Barrier(4)
    received = ObjectFiles.write

    def write_when_all_have_asked(files: ObjectFiles, pieces: Iterator[bytes]) -> Content:
        content = received(files, pieces)
        asked.wait(timeout=1200)
        return content

    monkeypatch.setattr(ObjectFiles, "write", write_when_all_have_asked)
    won: list[int] = []
    lost: list[str] = []

    def write(number: int) -> None:
        try:
            store.s3.put_object(**AT, Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            lost.append(error.response["Error"]["Code"])
        else:
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), lost) == (1, ["PreconditionFailed"] * 3)
    assert store.s3.get_object(**AT)["Body"].read() == b"%d" % won[0]


def give(store: ObjectStore, path: Path) -> None:
    s3_content.put(BUCKET, "object", ObjectFiles(store.folder).adopt(path))


def test_users_file_is_an_object_without_a_copy(store: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(NINE)
    give(store, path)
    found = store.s3.get_object(**AT)
    assert found["Body"].read() == NINE
    assert found["ETag"] == '"25f9e794323b453885f5181f1b624d0b"'  # md5sum's
    store.s3.delete_object(**AT)
    gc.collect()
    assert path.read_bytes() == NINE


@pytest.mark.parametrize("change", ["written", "replaced", "removed"])
def test_users_file_that_has_changed_is_never_read(
    store: ObjectStore, tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_clone(*_arguments: object) -> None:
        raise OSError

    monkeypatch.setattr("fcntl.ioctl", no_clone)
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(NINE)
    give(store, path)
    if change == "written":
        path.write_bytes(NINE[::-1] + b"0")
    else:
        path.unlink()
    if change == "replaced":
        path.write_bytes(NINE)
    with pytest.raises(ClientError) as refused:
        store.s3.get_object(**AT)
    assert refused.value.response["Error"]["Code"] == "FileChanged"
    assert str(path) in refused.value.response["Error"]["Message"]


def test_users_large_file_has_the_etag_of_an_upload_by_s5cmd(
    store: ObjectStore, tmp_path: Path
) -> None:
    part = 50 * 1024**2
    body = b"a" * part + b"b" * 3
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(body)
    give(store, path)
    parts = [md5(each).digest() for each in (body[:part], body[part:])]
    etag = f'"{md5(b"".join(parts)).hexdigest()}-2"'
    assert store.s3.head_object(**AT)["ETag"] == etag


def test_object_of_several_parts_is_written_to_one_file(store: ObjectStore, tmp_path: Path) -> None:
    parts = [b"a" * (5 * 1024**2), b"b" * 7]
    upload = store.s3.create_multipart_upload(**AT)["UploadId"]
    done = [
        {
            "PartNumber": number,
            "ETag": store.s3.upload_part(**AT, UploadId=upload, PartNumber=number, Body=body)[
                "ETag"
            ],
        }
        for number, body in enumerate(parts, start=1)
    ]
    store.s3.complete_multipart_upload(**AT, UploadId=upload, MultipartUpload={"Parts": done})
    s3_content.content_of(BUCKET, "object").copy_to(tmp_path / "result.bam")
    assert (tmp_path / "result.bam").read_bytes() == b"".join(parts)
    with pytest.raises(KeyError):
        s3_content.content_of(BUCKET, "absent")


def test_moto_still_needs_the_adapter() -> None:
    key = FakeKey("name", NINE, "123456789012", "us-east-1")
    assert type(key.value) is bytes  # all of it, at each read
    key.dispose()
    names = S3Backend.abort_multipart_upload.__code__.co_names
    assert "dispose" not in names  # parts of an aborted upload stay
