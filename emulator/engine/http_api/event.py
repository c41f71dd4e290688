"""Requests as function events, and function results as answers: payload format 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from emulator.engine.aws import ACCOUNT_ID
from emulator.engine.http_api.definition import Route
from emulator.engine.http_api.request import HttpRequest

_TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")

type Answer = tuple[int, dict[str, str], list[str], bytes]
"""Status, headers, cookies and body."""


def event_of(
    request: HttpRequest,
    route: Route,
    path_values: Mapping[str, str],
    authorizer: Mapping[str, Any] | None,
    request_id: str,
    api_id: str,
) -> dict[str, Any]:
    """The event of one request; `authorizer` is the authorizer's result."""
    now = time.time()
    host = request.headers.get("host", "")
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    headers |= {
        "x-forwarded-for": request.source_ip,
        "x-forwarded-port": host.rpartition(":")[2],
        "x-forwarded-proto": "http",
    }
    context: dict[str, Any] = {
        "accountId": ACCOUNT_ID,
        "apiId": api_id,
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": route.key,
        "stage": "$default",
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }
    if authorizer is not None:
        context["authorizer"] = authorizer
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": request.path,
        "rawQueryString": request.raw_query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if "cookie" in request.headers:
        event["cookies"] = [each.strip() for each in request.headers["cookie"].split(";")]
    if request.raw_query:
        event["queryStringParameters"] = _joined(request.raw_query)
    if path_values:
        event["pathParameters"] = dict(path_values)
    if request.body:
        event |= _body(request)
    return event


def _joined(query: str) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return {name: ",".join(each) for name, each in values.items()}


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.headers.get("content-type", "").lower().startswith(_TEXT_TYPES):
        return {"body": request.body.decode(errors="replace")}
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def answer_of(payload: bytes) -> Answer | None:
    """The HTTP answer of a function's result, or None if the result is invalid.

    A result without `statusCode` is the body itself.
    """
    result = json.loads(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        return 200, {"content-type": "application/json"}, [], payload
    status = result["statusCode"]
    if not isinstance(status, int):
        return None
    text = result.get("body") or ""
    body = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode()
    headers = {str(name).lower(): str(value) for name, value in result.get("headers", {}).items()}
    return status, headers, list(result.get("cookies", [])), body
