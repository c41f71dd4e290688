"""The operation of a signed request, and the parameters that are needed here."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

import botocore.session
from botocore.model import ServiceModel

from emulator.engine.wsgi import Environ
from tests.harness.faults.request import body_of, operation

# In the header: Credential=<access key>/<date>/<region>/<service>/aws4_request; a link has the same
# in its query.
_SCOPE = re.compile(r"Credential=([^/&]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_BOTO_NAMES = {"states": "stepfunctions"}


@dataclass(frozen=True, slots=True)
class AwsCall:
    """An operation with boto3's names (`dynamodb`, `Query`), and its caller.

    S3's parameters are `Bucket`, `Key` and the query's own, the `Keys` of DeleteObjects and its
    `KeysOfVersions`, and `ifMatch` of a conditional write.
    """

    access_key: str
    region: str
    service: str
    operation: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def signer(environ: Environ) -> str:
    """The access key that a request or a link was signed with; empty if it is not signed."""
    found = _scope(environ)
    return "" if found is None else found[1]


def read_call(environ: Environ) -> AwsCall:
    """Read a signed request, whose body can still be read afterwards."""
    found = _scope(environ)
    if found is None:
        raise ValueError("the request is not signed")
    access_key, region, signing_name = found.groups()
    service = service_model(_BOTO_NAMES.get(signing_name, signing_name))
    asked = operation(environ, service)
    return AwsCall(access_key, region, service.service_name, asked, _parameters(environ, service))


@cache
def service_model(name: str) -> ServiceModel:
    """botocore's description of a service."""
    return botocore.session.Session().get_service_model(name)


def _scope(environ: Environ) -> re.Match[str] | None:
    query = unquote(environ.get("QUERY_STRING", ""))
    return _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or _SCOPE.search(query)


def _parameters(environ: Environ, service: ServiceModel) -> Mapping[str, Any]:
    if service.service_name == "s3":
        # WSGI has a path decoded, as Latin-1: https://peps.python.org/pep-3333/#unicode-issues
        path = environ["PATH_INFO"].encode("latin-1").decode()
        bucket, _, key = path.removeprefix("/").partition("/")
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        known: dict[str, Any] = {name: values[0] for name, values in query.items()}
        if "HTTP_IF_MATCH" in environ:
            known["ifMatch"] = environ["HTTP_IF_MATCH"]
        return known | {"Bucket": bucket, "Key": key} | _keys_to_delete(environ, query)
    body = body_of(environ).decode()
    if service.metadata["protocol"] in {"query", "ec2"}:
        return {name: values[0] for name, values in parse_qs(body).items()}
    given: Mapping[str, Any] = json.loads(body or "{}")
    return given


def _keys_to_delete(environ: Environ, query: Mapping[str, Any]) -> dict[str, list[str]]:
    if environ["REQUEST_METHOD"] != "POST" or "delete" not in query:
        return {}
    document = ElementTree.fromstring(body_of(environ))  # noqa: S314  # of our own programs
    found: dict[str, list[str]] = {"Keys": [], "KeysOfVersions": []}
    for each in document.iterfind("{*}Object"):
        kind = "Keys" if each.find("{*}VersionId") is None else "KeysOfVersions"
        found[kind].append(each.findtext("{*}Key", ""))
    return found
