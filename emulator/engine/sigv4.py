"""Signature Version 4: read and verify a request's signature.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from botocore.utils import normalize_url_path

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_CREDENTIAL = r"(?P<key>[^/\s]+)/(?P<date>\d{8})/(?P<region>[^/\s]+)/(?P<service>[^/\s]+)"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential={_CREDENTIAL}/aws4_request, *"
    r"SignedHeaders=(?P<headers>[^,\s]+), *Signature=(?P<signature>[0-9a-f]{64})"
)
_SCOPE = re.compile(rf"{_CREDENTIAL}/aws4_request")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_TIME = "%Y%m%dT%H%M%SZ"
_MAX_LIFETIME_SECONDS = 7 * 24 * 3600  # of a link


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body, as it was sent: path and query with their percent signs.

    Header names are in lower case, and a repeated header's values are joined by `,`.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @classmethod
    def from_wsgi(cls, environ: Mapping[str, Any]) -> Self:
        """Read a WSGI environment."""
        path, _, query = str(environ["REQUEST_URI"]).partition("?")
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or (name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value)
        }
        return cls(str(environ["REQUEST_METHOD"]), path, query, headers)


@dataclass(frozen=True, slots=True)
class Claim:
    """A request's signature; `lifetime` is that of a presigned URL, None for a header's."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    lifetime: timedelta | None = None

    def is_complete(self, head: Head) -> bool:
        """Whether all required headers are signed: host, time, and those that S3 acts upon."""
        signed, there = set(self.signed_headers), set(head.headers)
        needed = {name for name in there if name.startswith("x-amz-")} | {"host"}
        if self.lifetime is None:
            needed.add("x-amz-date")
        return needed <= signed <= there and self.timestamp[:8] == self.date

    def is_timely(self, now: datetime, tolerance: timedelta) -> bool:
        """Whether it was signed recently, or the presigned URL has not expired."""
        try:
            signed_at = datetime.strptime(self.timestamp, _TIME).replace(tzinfo=UTC)
        except ValueError:
            return False
        until = signed_at + (tolerance if self.lifetime is None else self.lifetime)
        return signed_at - tolerance <= now <= until

    def is_right(self, head: Head, secret_key: str, payload_hash: str) -> bool:
        """Whether the owner of the secret key signed this request, with this body."""
        key = _signing_key(secret_key, self.date, self.region, self.service)
        scope = f"{self.date}/{self.region}/{self.service}/aws4_request"
        for canonical in self._canonical_requests(head, payload_hash):
            digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
            text = f"{ALGORITHM}\n{self.timestamp}\n{scope}\n{digest}"
            expected = hmac.new(key, text.encode("latin-1"), hashlib.sha256).hexdigest()
            if hmac.compare_digest(expected, self.signature):
                return True
        return False

    def _canonical_requests(self, head: Head, payload_hash: str) -> Iterator[str]:
        """The canonical request, and a variant for clients that encode less."""
        values = (" ".join(head.headers[name].split()) for name in self.signed_headers)
        lines = [
            f"{name}:{value}\n" for name, value in zip(self.signed_headers, values, strict=True)
        ]
        rest = f"{''.join(lines)}\n{';'.join(self.signed_headers)}\n{payload_hash}"
        parts = [part for part in head.query.split("&") if part]
        if self.lifetime is not None:
            parts = [part for part in parts if not part.startswith("X-Amz-Signature=")]
        pairs = [(name, value) for name, _, value in (part.partition("=") for part in parts)]
        yield f"{head.method}\n{self._path(head.path)}\n{_query(pairs)}\n{rest}"
        path = self._path(_encoded(head.path, "/"))
        again = [(_encoded(name), _encoded(value)) for name, value in pairs]
        yield f"{head.method}\n{path}\n{_query(again)}\n{rest}"

    def _path(self, path: str) -> str:
        """S3 uses a path unchanged; for other services it is normalized and encoded again."""
        return path if self.service == "s3" else quote(normalize_url_path(path), safe="/~")


def claim_of(head: Head) -> Claim | None:
    """A request's signature, from a header or its query; None if it has none."""
    if "authorization" in head.headers:
        stated = _AUTHORIZATION.fullmatch(head.headers["authorization"])
        if stated is None:
            return None
        return Claim(
            access_key=stated["key"],
            date=stated["date"],
            region=stated["region"],
            service=stated["service"],
            signed_headers=tuple(stated["headers"].split(";")),
            signature=stated["signature"],
            timestamp=head.headers.get("x-amz-date", ""),
        )
    return _claim_of_link(head.query) if f"X-Amz-Algorithm={ALGORITHM}" in head.query else None


def _claim_of_link(query: str) -> Claim | None:
    pairs = parse_qsl(query, keep_blank_values=True)
    values = dict(pairs)
    scope = _SCOPE.fullmatch(values.get("X-Amz-Credential", ""))
    seconds, signature = values.get("X-Amz-Expires", ""), values.get("X-Amz-Signature", "")
    once = all(sum(name == key for key, _ in pairs) == 1 for name in values if "X-Amz-" in name)
    if scope is None or not once or not _SIGNATURE.fullmatch(signature):
        return None
    if not re.fullmatch("[0-9]{1,6}", seconds) or int(seconds) > _MAX_LIFETIME_SECONDS:
        return None
    return Claim(
        access_key=scope["key"],
        date=scope["date"],
        region=scope["region"],
        service=scope["service"],
        signed_headers=tuple(values.get("X-Amz-SignedHeaders", "").split(";")),
        signature=signature,
        timestamp=values.get("X-Amz-Date", ""),
        lifetime=timedelta(seconds=int(seconds)),
    )


def _query(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str, safe: str = "") -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe=f"{safe}~")


@lru_cache(maxsize=256)
def _signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode("latin-1"), hashlib.sha256).digest()
    return key
