"""Receives the bodies of objects: from the connection to a file, checked on the way.

moto 5.2.5 reads a body whole, several times, and compares no checksum with it.
"""

import base64
import binascii
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from emulator.engine.objects.content import PIECE_BYTES, ObjectFiles
from emulator.engine.objects.digests import (
    CHECKSUMS,
    CRC64NVME,
    MD5,
    SHA256,
    Hasher,
    base64_of,
    hasher,
)
from emulator.engine.service_error import ServiceError, error_in_protocol
from emulator.engine.sigv4 import Head, claim_of
from emulator.engine.wsgi import Around, Environ, WsgiApplication

CONTENT = "emulator.s3.content"
"""The key of a request's environment for the content that was received."""

MAX_OBJECT_BYTES = 5 * 1024**3
"""Of one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

MAX_DOCUMENT_BYTES = 32 * 1024**2
"""Of a body that is no object, such as a list of parts, which moto reads whole."""

_PATH_OF_KEY = re.compile("/[^/]+/.")
_ABOUT_OBJECTS = {"acl", "tagging", "retention", "legal-hold", "restore", "torrent"}
_HEX_SHA256 = re.compile("[0-9a-f]{64}")
_MAX_LINE_BYTES = 8192
_MISMATCHED_HASH = "The provided 'x-amz-content-sha256' header does not match what was computed."
_CUT_OFF = "You did not provide the number of bytes specified by the Content-Length HTTP header."


def receiving(files: ObjectFiles) -> Around:
    """Wrap the AWS API: objects that clients upload go to `files` before S3 gets the request."""

    def around(api: WsgiApplication) -> WsgiApplication:
        def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
            try:
                _take_body(environ, files)
            except _RefusedBodyError as refused:
                return error_in_protocol("rest-xml", refused.error)(environ, start_response)
            return api(environ, start_response)

        return answer

    return around


def _take_body(environ: Environ, files: ObjectFiles) -> None:
    head = Head.from_wsgi(environ)
    claim = claim_of(head)
    if claim is None or claim.service != "s3":
        return
    if not _carries_object(head):
        if int(head.headers.get("content-length", 0)) > MAX_DOCUMENT_BYTES:
            message = f"Only objects may have more than {MAX_DOCUMENT_BYTES} bytes."
            raise _RefusedBodyError("EntityTooLarge", message)
        return
    body = _Body(head, environ)
    content = files.write(body.pieces())
    content.digests |= body.digests()
    environ[CONTENT] = content
    environ["wsgi.input"] = io.BytesIO()
    environ["CONTENT_LENGTH"] = "0"
    for name in ("HTTP_TRANSFER_ENCODING", "wsgi.input_terminated"):
        environ.pop(name, None)
    if "HTTP_X_AMZ_DECODED_CONTENT_LENGTH" in environ:
        environ["HTTP_X_AMZ_DECODED_CONTENT_LENGTH"] = "0"
    for algorithm in body.checksums:
        environ[f"HTTP_X_AMZ_CHECKSUM_{algorithm}"] = base64_of(content.digest(algorithm))


def _carries_object(head: Head) -> bool:
    """Whether it is PutObject or UploadPart."""
    about = parse_qs(head.query, keep_blank_values=True)
    return (
        head.method == "PUT"
        and _PATH_OF_KEY.match(head.path) is not None
        and _ABOUT_OBJECTS.isdisjoint(about)
        and "x-amz-copy-source" not in head.headers
    )


@dataclass
class _Body:
    """The body of a request, as its headers and trailers describe it."""

    head: Head
    environ: Environ
    checksums: dict[str, str] = field(default_factory=dict)
    """The stated checksums in base64, by algorithm; empty if only the algorithm is stated."""
    _hashers: dict[str, Hasher] = field(default_factory=dict)

    def __post_init__(self) -> None:
        headers = self.head.headers
        for algorithm in CHECKSUMS:
            name = f"x-amz-checksum-{algorithm.lower()}"
            if name in headers:
                self.checksums[algorithm] = headers[name]
            elif name in headers.get("x-amz-trailer", "").lower():
                self.checksums[algorithm] = ""
        wanted = headers.get("x-amz-sdk-checksum-algorithm", "").upper()
        if wanted in CHECKSUMS:
            self.checksums.setdefault(wanted, "")
        needed = {MD5, CRC64NVME, *self.checksums}
        if self._has_hash:
            needed.add(SHA256)
        self._hashers = {algorithm: hasher(algorithm) for algorithm in needed}

    @property
    def _payload_hash(self) -> str:
        return self.head.headers.get("x-amz-content-sha256", "")

    @property
    def _has_hash(self) -> bool:
        """Whether a signed SHA-256 must be compared: not besides the MD5 that the ETag needs.

        Both take most of the time of an upload, and s5cmd signs both.
        """
        is_signed = "content-md5" in self.head.headers.get("authorization", "")
        return bool(_HEX_SHA256.fullmatch(self._payload_hash)) and not is_signed

    def pieces(self) -> Iterator[bytes]:
        """The content; raises _RefusedBodyError after it if a stated digest is another's."""
        is_chunked = self._payload_hash.startswith("STREAMING-")
        received = 0
        for piece in self._unchunked() if is_chunked else self._received():
            received += len(piece)
            if received > MAX_OBJECT_BYTES:
                raise _RefusedBodyError("EntityTooLarge", "the body is too large")
            for each in self._hashers.values():
                each.update(piece)
            yield piece
        if is_chunked and received != int(
            self.head.headers.get("x-amz-decoded-content-length", -1)
        ):
            raise _RefusedBodyError("IncompleteBody", _CUT_OFF)
        self._compare()

    def digests(self) -> dict[str, bytes]:
        """The digests of what was received."""
        return {algorithm: each.digest() for algorithm, each in self._hashers.items()}

    def _compare(self) -> None:
        found = self.digests()
        if self._has_hash and self._payload_hash != found[SHA256].hex():
            raise _RefusedBodyError("XAmzContentSHA256Mismatch", _MISMATCHED_HASH)
        stated = {MD5: self.head.headers.get("content-md5", ""), **self.checksums}
        for algorithm, value in stated.items():
            if value and _decoded(algorithm, value) != found[algorithm]:
                name = "Content-MD5" if algorithm == MD5 else algorithm
                message = f"The {name} you specified did not match the calculated checksum."
                raise _RefusedBodyError("BadDigest", message)

    def _received(self) -> Iterator[bytes]:
        """The body as it comes; raises _RefusedBodyError if it is shorter than stated."""
        if self.environ.get("wsgi.input_terminated"):
            stream = get_input_stream(self.environ)
            try:
                while piece := stream.read(PIECE_BYTES):
                    yield piece
            except (HTTPException, OSError) as error:
                raise _RefusedBodyError("IncompleteBody", _CUT_OFF) from error
            return
        stream, rest = self.environ["wsgi.input"], int(self.head.headers.get("content-length", 0))
        while rest:
            piece = stream.read(min(rest, PIECE_BYTES))
            if not piece:
                raise _RefusedBodyError("IncompleteBody", _CUT_OFF)
            rest -= len(piece)
            yield piece

    def _unchunked(self) -> Iterator[bytes]:
        """The content of an `aws-chunked` body; notes the checksums of its trailer.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
        """
        body = io.BufferedReader(_Stream(self._received()), PIECE_BYTES)
        while size := _chunk_size(body):
            while size:
                piece = body.read(min(size, PIECE_BYTES))
                if not piece:
                    raise _RefusedBodyError("IncompleteBody", _CUT_OFF)
                size -= len(piece)
                yield piece
            body.readline(_MAX_LINE_BYTES)
        while line := body.readline(_MAX_LINE_BYTES).strip():
            name, _, value = line.decode("latin-1").partition(":")
            algorithm = name.strip().lower().removeprefix("x-amz-checksum-").upper()
            if algorithm in self.checksums:
                self.checksums[algorithm] = value.strip()
        for _ in iter(lambda: body.read(PIECE_BYTES), b""):
            pass


class _RefusedBodyError(Exception):
    """The body is refused; S3's code and message."""

    def __init__(self, code: str, message: str) -> None:
        self.error = ServiceError(400, code, message)
        super().__init__(message)


class _Stream(io.RawIOBase):
    """Pieces as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _chunk_size(body: io.BufferedIOBase) -> int:
    line = body.readline(_MAX_LINE_BYTES)
    try:
        return int(line.partition(b";")[0].strip(), 16)
    except ValueError as error:
        raise _RefusedBodyError("IncompleteBody", _CUT_OFF) from error


def _decoded(algorithm: str, value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        code = "InvalidDigest" if algorithm == MD5 else "InvalidRequest"
        raise _RefusedBodyError(code, f"The value of {algorithm} is not base64.") from error
