"""S3: objects are files on disk, and their bytes are never in memory as a whole.

moto 5.2.5 reads a body whole, keeps it in a temporary file that it reads whole for each answer,
also for a range, and joins parts in memory: 1.5 GB took 7.3 GB of memory. It also checks a
conditional write and then writes without a lock, so that two can succeed. Here a key's value is a
`Content`, which stands in for the bytes.
"""

import base64
import hashlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from moto.s3 import models, responses
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML, S3ClientError
from moto.s3.models import FakeKey, FakeMultipart, S3Backend, s3_backends
from moto.s3.responses import S3Response

from emulator.engine.aws import ACCOUNT_ID
from emulator.engine.objects.content import Content, FileChangedError, ObjectFiles
from emulator.engine.objects.digests import CRC64NVME, MD5, digests_of
from emulator.engine.objects.receiving import CONTENT
from emulator.engine.patches import Patches

_PART_BYTES = 50 << 20  # s5cmd's
_writing = threading.RLock()

type _Checksum = tuple[str, str, int]
"""Type, value in base64, number of parts."""


def install(patches: Patches, files: ObjectFiles) -> None:
    """Keep objects in `files` until `patches` are restored."""
    _keep_content(patches, files)
    _take_content(patches)
    _join_parts(patches)
    for module in (models, responses):
        patches.replace(module, "compute_checksum", partial(_checksum, module.compute_checksum))


def put(bucket: str, key: str, content: Content) -> None:
    """Store content as an object, with the ETag that an upload by s5cmd would have.

    Raises ClientError's counterpart in moto, S3ClientError, if there is no such bucket.
    """
    etag = _etag_of(content)
    with _writing:
        _backend().put_object(bucket, key, content, etag=etag)


def content_of(bucket: str, key: str, version_id: str | None = None) -> Content:
    """The content of an object; raises KeyError if there is none."""
    found = _backend().get_object(bucket, key, version_id=version_id)
    if found is None:
        raise KeyError(f"s3://{bucket}/{key}")
    content: Content = found.__dict__["content"]
    return content


def _backend() -> S3Backend:
    return s3_backends[ACCOUNT_ID]["aws"]


def _etag_of(content: Content) -> str:
    if len(content) <= _PART_BYTES:
        return content.digest(MD5).hex()
    parts = [content[at : at + _PART_BYTES] for at in range(0, len(content), _PART_BYTES)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        md5s = threads.map(lambda part: part.digest(MD5), parts)
        return _etag_of_parts(list(md5s))


def _etag_of_parts(md5s: list[bytes]) -> str:
    whole = hashlib.md5(b"".join(md5s), usedforsecurity=False).hexdigest()
    return f"{whole}-{len(md5s)}"


def _keep_content(patches: Patches, files: ObjectFiles) -> None:
    dispose = FakeKey.dispose

    def value(key: FakeKey) -> Content:
        content: Content = key.__dict__["content"]
        try:
            content.check()
        except FileChangedError as error:
            raise _ChangedError(str(error)) from error
        return content

    def set_value(key: FakeKey, new: Content | bytes) -> None:
        key.__dict__["content"] = new if isinstance(new, Content) else files.write([new])
        key.contentsize = len(new)

    def etag(key: FakeKey) -> str:
        if key._etag is None:  # moto's own
            key._etag = key.__dict__["content"].digest(MD5).hex()
        return f'"{key._etag}"'

    def dispose_of_content(key: FakeKey, garbage: bool = False) -> None:  # noqa: FBT001, FBT002  # moto's
        key.__dict__["content"] = Content()
        dispose(key, garbage)

    patches.replace(FakeKey, "value", property(value, set_value))
    patches.replace(FakeKey, "etag", property(etag))
    patches.replace(FakeKey, "dispose", dispose_of_content)


def _take_content(patches: Patches) -> None:
    """Give moto's handlers what was received, and let one at a time write."""
    set_up = S3Response.setup_class
    abort, enrich = S3Backend.abort_multipart_upload, S3Response._enrich_response

    def setup_class(self: S3Response, request: Any, *args: Any, **options: Any) -> None:
        set_up(self, request, *args, **options)
        if CONTENT in request.environ:
            self.body = request.environ[CONTENT]

    def one_at_a_time(respond: Any) -> Any:
        def response(self: S3Response, request: Any, *args: Any) -> Any:
            if request.method in {"GET", "HEAD"}:
                return respond(self, request, *args)
            with _writing:
                return respond(self, request, *args)

        return response

    def enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        if not isinstance(body, Content):
            return enrich(headers, body)  # type: ignore[no-any-return]
        return enrich(headers, b"")[0], body  # moto would search it for its own markup

    def abort_upload(self: S3Backend, bucket_name: str, multipart_id: str) -> None:
        upload = self.get_bucket(bucket_name).multiparts.get(multipart_id)
        abort(self, bucket_name, multipart_id)
        upload.dispose()

    patches.replace(S3Response, "setup_class", setup_class)
    for name in ("key_response", "bucket_response"):
        patches.replace(S3Response, name, one_at_a_time(getattr(S3Response, name)))
    patches.replace(S3Response, "_enrich_response", staticmethod(enrich_response))
    patches.replace(S3Backend, "abort_multipart_upload", abort_upload)


def _join_parts(patches: Patches) -> None:
    def complete(
        self: FakeMultipart, body: Iterator[tuple[int, str]]
    ) -> tuple[Content, str, _Checksum]:
        parts: list[FakeKey] = []
        for number, etag in body:
            part = self.parts.get(number)
            if part is None or part.etag.strip('"') != etag.strip('"'):
                raise InvalidPart
            if parts and parts[-1].contentsize < models.S3_UPLOAD_PART_MIN_SIZE:
                raise EntityTooSmall
            parts.append(part)
        if not parts:
            raise MalformedXML
        md5s = [bytes.fromhex(part.etag.strip('"')) for part in parts]
        content = Content.join(part.__dict__["content"] for part in parts)
        return content, _etag_of_parts(md5s), _checksum_of_parts(self, content, parts)

    patches.replace(FakeMultipart, "complete", complete)


def _checksum_of_parts(upload: FakeMultipart, content: Content, parts: list[FakeKey]) -> _Checksum:
    algorithm = upload.metadata.get("x-amz-checksum-algorithm") or CRC64NVME
    usual = "FULL_OBJECT" if algorithm == CRC64NVME else "COMPOSITE"
    kind = upload.metadata.get("x-amz-checksum-type") or usual
    if kind == "FULL_OBJECT":
        return kind, base64.b64encode(content.digest(algorithm)).decode(), 1
    digests = [part.__dict__["content"].digest(algorithm) for part in parts]
    whole = digests_of(digests, [algorithm])[algorithm]
    return kind, base64.b64encode(whole).decode(), len(parts)


def _checksum(
    original: Any,
    body: Content | bytes,
    algorithm: str,
    encode_base64: bool = True,  # noqa: FBT001, FBT002  # moto's
) -> bytes:
    if not isinstance(body, Content):
        return bytes(original(body, algorithm, encode_base64))
    digest = body.digest(algorithm)
    return base64.b64encode(digest) if encode_base64 else digest


class _ChangedError(S3ClientError):  # type: ignore[misc]  # moto is not typed
    """A user's file was changed after it was given to the emulator."""

    code = "FileChanged"
