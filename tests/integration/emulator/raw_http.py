"""Requests byte by byte, as no client library would send them, and signed ones to spoil."""

import hashlib
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.harness.emulator import Emulator

type Headers = dict[str, str]


@dataclass(frozen=True)
class Raw:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def parse(cls, answer: bytes) -> "Raw":
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        return cls(int(first.split()[1]), headers, body)

    @property
    def code(self) -> str:
        """The service's code of an error, in whichever protocol."""
        found = re.search(rb'(?:"__type": *"|<Code>)(\w+)', self.body)
        return found[1].decode() if found else ""

    @property
    def opens_to_pages(self) -> list[str]:
        return [name for name in self.headers if name.startswith("access-control-")]


@dataclass
class Sent:
    """A request as boto3 signs it, whose parts can be changed afterwards."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""

    def __bytes__(self) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


@dataclass
class Wire:
    """One server, and who signs."""

    url: str
    keys: Credentials = field(default_factory=lambda: Credentials("nobody", "nothing"))

    @classmethod
    def to_aws(cls, emulator: Emulator) -> "Wire":
        keys = emulator.keys
        return cls(emulator.endpoint_url, Credentials(keys.access_key, keys.secret_key))

    @property
    def address(self) -> str:
        return urlsplit(self.url).netloc

    def connect(self) -> socket.socket:
        host, _, port = self.address.partition(":")
        return socket.create_connection((host, int(port)), timeout=1200)

    def send(self, request: bytes) -> bytes:
        """Everything that comes back; a connection that is reset has said all."""
        with self.connect() as connection:
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused already
            answer = b""
            try:
                while piece := connection.recv(65536):
                    answer += piece
            except ConnectionResetError:
                pass
            return answer

    def ask(self, request: Sent) -> Raw:
        return Raw.parse(self.send(bytes(request)))

    def signed(
        self,
        service: str,
        method: str = "POST",
        target: str = "/",
        body: bytes = b"",
        headers: Headers | None = None,
        *,
        link_seconds: int | None = None,
        keys: Credentials | None = None,
    ) -> Sent:
        request = AWSRequest(method, self.url + target, headers=dict(headers or {}), data=body)
        keys = keys or self.keys
        if link_seconds is not None:
            S3SigV4QueryAuth(keys, service, "us-east-1", link_seconds).add_auth(request)
        elif service == "s3":
            request.headers["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
            S3SigV4Auth(keys, service, "us-east-1").add_auth(request)
        else:
            SigV4Auth(keys, service, "us-east-1").add_auth(request)
        sent = {name: str(value) for name, value in request.headers.items()}
        length = {"Content-Length": str(len(body))} if body else {}
        return Sent(
            method,
            request.url.removeprefix(self.url),
            {"Host": self.address, **sent, **length},
            body,
        )

    def list_tables(self) -> Sent:
        """A request that does no harm."""
        headers = {
            "X-Amz-Target": "DynamoDB_20120810.ListTables",
            "Content-Type": "application/x-amz-json-1.0",
        }
        return self.signed("dynamodb", body=b"{}", headers=headers)

    def unsigned(self, method: str = "GET", target: str = "/", **headers: str) -> Sent:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Sent(method, target, {"Host": self.address, **named})
