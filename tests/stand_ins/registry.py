"""A stand-in for ECR's registry: what docker and podman push to, behind it the ECR of moto.

Enforced as ECR does: basic authentication, repositories that exist, digests, layers before the
manifest that names them, and tags that are not overwritten where the repository says so, not even
by the same image (https://github.com/aws/containers-roadmap/issues/2380).
https://github.com/opencontainers/distribution-spec/blob/main/spec.md has the requests.
"""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.exceptions import ClientError

_UPLOADS = re.compile(r"/v2/(.+)/blobs/uploads/(.*)")
_BLOB = re.compile(r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})")
_MANIFEST = re.compile(r"/v2/(.+)/manifests/(.+)")


class Registry(ThreadingHTTPServer):
    """`blobs` by digest; `uploads` under way by their id; `pushed` has every manifest's path."""

    def __init__(self, ecr: Any, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ecr = ecr
        self.authorization = "Basic " + base64.b64encode(f"AWS:{password}".encode()).decode()
        self.blobs: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.received_bytes = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


@contextmanager
def registry(endpoint_url: str) -> Iterator[Registry]:
    """Serve a registry whose repositories and images are those of the ECR at `endpoint_url`."""
    ecr = boto3.client(
        "ecr",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    (grant,) = ecr.get_authorization_token()["authorizationData"]
    password = base64.b64decode(grant["authorizationToken"]).decode().partition(":")[2]
    server = Registry(ecr, password)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    ecr.close()


class _Handler(BaseHTTPRequestHandler):
    server: Registry
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._route({_MANIFEST: self._get_manifest, _BLOB: self._get_blob})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self._route({_UPLOADS: self._begin})

    def do_PATCH(self) -> None:
        self._route({_UPLOADS: self._append})

    def do_PUT(self) -> None:
        self._route({_UPLOADS: self._finish, _MANIFEST: self._put_manifest})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _route(self, handlers: dict[re.Pattern[str], Any]) -> None:
        body = self._body()
        if self.headers.get("Authorization") != self.server.authorization:
            self._answer(401, {"WWW-Authenticate": 'Basic realm="ECR"'})
            return
        path = urlsplit(self.path).path
        if path == "/v2/":
            self._answer(200)
            return
        for pattern, handler in handlers.items():
            if found := pattern.fullmatch(path):
                if not self._repository(found[1]):
                    self._refuse(404, "NAME_UNKNOWN", f"no repository {found[1]}")
                else:
                    handler(*found.groups(), body)
                return
        self._answer(404)

    def _begin(self, name: str, _: str, body: bytes) -> None:
        upload = uuid.uuid4().hex
        self.server.uploads[upload] = body
        self._answer(202, {"Location": f"/v2/{name}/blobs/uploads/{upload}", "Range": "0-0"})

    def _append(self, name: str, upload: str, body: bytes) -> None:
        self.server.uploads[upload] += body
        size = len(self.server.uploads[upload])
        where = f"/v2/{name}/blobs/uploads/{upload}"
        self._answer(202, {"Location": where, "Range": f"0-{size - 1}"})

    def _finish(self, name: str, upload: str, body: bytes) -> None:
        blob = self.server.uploads.pop(upload) + body
        digest = parse_qs(urlsplit(self.path).query)["digest"][0]
        if digest != f"sha256:{hashlib.sha256(blob).hexdigest()}":
            self._refuse(400, "DIGEST_INVALID", "the blob has another digest")
            return
        self.server.blobs[digest] = blob
        self.server.received_bytes += len(blob)
        self._answer(201, {"Location": f"/v2/{name}/blobs/{digest}"})

    def _get_blob(self, _name: str, digest: str, _body: bytes) -> None:
        blob = self.server.blobs.get(digest)
        self._answer(404) if blob is None else self._answer(200, body=blob)

    def _put_manifest(self, name: str, reference: str, body: bytes) -> None:
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        content = json.loads(body)
        if "manifests" in content:  # a list of images
            images = [part["digest"] for part in content["manifests"]]
            if not all(self._image(name, {"imageDigest": image}) for image in images):
                self._refuse(404, "MANIFEST_BLOB_UNKNOWN", "an image of the list was not pushed")
                return
        else:
            parts = [content["config"], *content["layers"]]
            if any(part["digest"] not in self.server.blobs for part in parts):
                self._refuse(404, "MANIFEST_BLOB_UNKNOWN", "a layer was not pushed")
                return
        by_digest = reference == digest
        if by_digest and self._image(name, {"imageDigest": digest}):
            self._answer(201, {"Docker-Content-Digest": digest})
            return
        try:
            self.server.ecr.put_image(
                repositoryName=name,
                imageManifest=body.decode(),
                imageManifestMediaType=self.headers["Content-Type"],
                imageDigest=digest,
                **({} if by_digest else {"imageTag": reference}),
            )
        except ClientError as error:
            self._refuse(400, "TAG_INVALID", str(error))
            return
        self._answer(201, {"Docker-Content-Digest": digest})

    def _get_manifest(self, name: str, reference: str, _body: bytes) -> None:
        kind_of_id = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        found = self._image(name, {kind_of_id: reference})
        if not found:
            self._refuse(404, "MANIFEST_UNKNOWN", "Requested image not found")
            return
        manifest = found[0]["imageManifest"].encode()
        kind = json.loads(manifest)["mediaType"]
        self._answer(200, {"Content-Type": kind}, manifest)

    def _image(self, name: str, image_id: dict[str, str]) -> list[dict[str, Any]]:
        answer = self.server.ecr.batch_get_image(repositoryName=name, imageIds=[image_id])
        return list(answer["images"])

    def _repository(self, name: str) -> bool:
        found = self.server.ecr.describe_repositories()["repositories"]
        return any(repository["repositoryName"] == name for repository in found)

    def _refuse(self, status: int, code: str, message: str) -> None:
        errors = {"errors": [{"code": code, "message": message}]}
        self._answer(status, {"Content-Type": "application/json"}, json.dumps(errors).encode())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(
        self, status: int, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
