"""The HTTP API: finds the route, authorizes the caller, then calls the function."""

import json
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from joserfc.jwk import KeySet
from werkzeug.wrappers import Response

from emulator.engine.aws import ACCOUNT_ID, REGION
from emulator.engine.http_api.definition import (
    Authorization,
    HttpApiDefinition,
    SignatureRequired,
    TokenRequired,
)
from emulator.engine.http_api.event import answer_of, event_of
from emulator.engine.http_api.request import HttpRequest
from emulator.engine.http_api.signature import FindSigner, Signer, is_signed_by, stated_signer
from emulator.engine.http_api.tokens import Claims, claims_of, scopes_of
from emulator.engine.http_guard import BodyCutOffError, BodyTooLargeError, read_body
from emulator.engine.lambda_runtime.invocation import Outcome

_LOG = logging.getLogger(__name__)
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
_MAX_BODY_BYTES = 10 * 1024 * 1024


class _RefusedError(Exception):
    """API Gateway answers by itself."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.response = Response(
            json.dumps({"message": message}),
            status,
            dict(headers or {}),
            content_type="application/json",
        )
        super().__init__(message)


class HttpApiGateway:
    """Serves one HTTP API. `invoke` calls a function, `find_signer` finds the owner of an access
    key.

    `token_keys` are the public keys of the tokens' issuer; without any, every token is refused.
    """

    def __init__(
        self,
        invoke: Callable[[str, bytes], Outcome],
        find_signer: FindSigner,
        token_keys: KeySet | None = None,
    ) -> None:
        self._invoke = invoke
        self._find_signer = find_signer
        self._token_keys = token_keys or KeySet([])
        self._api_id = ""
        self._definition = HttpApiDefinition(())

    def define(self, api_id: str, body: Mapping[str, Any]) -> None:
        """Serve the API of this body.

        Raises DefinitionError for unsupported features.
        """
        self._api_id, self._definition = api_id, HttpApiDefinition.of(body)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request: the WSGI application."""
        request_id = str(uuid.uuid4())
        try:
            response = self._answer(environ, request_id)
        except _RefusedError as refused:
            response = refused.response
        response.headers["apigw-requestid"] = request_id
        return response(environ, start_response)

    def _answer(self, environ: dict[str, Any], request_id: str) -> Response:
        request = HttpRequest.from_wsgi(environ)
        found = self._definition.find(request.method, request.path)
        if found is None:
            raise _RefusedError(404, "Not Found")
        route, values = found
        signer = self._stated_signer(request, route.authorization)
        granted = self._granted(request, route.authorization)
        request = replace(request, body=_body(environ))
        if signer is not None and not is_signed_by(request, signer):
            raise _RefusedError(403, "Forbidden")
        authorizer = granted if signer is None else {"iam": _identity(signer)}
        event = event_of(request, route, values, authorizer, request_id, self._api_id)
        outcome = self._invoke(route.function, json.dumps(event).encode())
        answer = None if outcome.failed else answer_of(outcome.payload)
        if answer is None:
            _LOG.warning("%s failed for %s: %s", route.function, route.key, outcome.log)
            raise _RefusedError(500, "Internal Server Error")
        status, headers, cookies, body = answer
        response = Response(body, status, headers)
        for cookie in cookies:
            response.headers.add("set-cookie", cookie)
        return response

    def _stated_signer(self, request: HttpRequest, wanted: Authorization) -> Signer | None:
        """The claimed signer; None on a route that needs no signature."""
        if not isinstance(wanted, SignatureRequired):
            return None
        signer = stated_signer(request, REGION, self._find_signer, datetime.now(UTC))
        if signer is None:
            raise _RefusedError(403, "Forbidden")
        return signer

    def _granted(self, request: HttpRequest, wanted: Authorization) -> dict[str, Any] | None:
        """The claims of a token; None on a route that needs no token."""
        if not isinstance(wanted, TokenRequired):
            return None
        claims = claims_of(request, wanted, self._token_keys)
        if claims is None:
            raise _RefusedError(401, "Unauthorized", {"www-authenticate": "Bearer"})
        return {"jwt": _granted(claims, wanted)}


def _body(environ: dict[str, Any]) -> bytes:
    """The body of an authorized request."""
    try:
        return read_body(environ, _MAX_BODY_BYTES)
    except BodyTooLargeError as error:
        raise _RefusedError(413, "Request Entity Too Large") from error
    except BodyCutOffError as error:
        raise _RefusedError(400, "Bad Request") from error


def _identity(signer: Signer) -> dict[str, Any]:
    return {
        "accessKey": signer.access_key,
        "accountId": ACCOUNT_ID,
        "callerId": signer.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": signer.user_arn,
        "userId": signer.user_id,
    }


def _granted(claims: Claims, wanted: TokenRequired) -> dict[str, Any]:
    if wanted.scopes and not scopes_of(claims) & set(wanted.scopes):
        raise _RefusedError(403, "Forbidden")
    shown = {name: _as_text(value) for name, value in claims.items()}
    return {"claims": shown, "scopes": list(wanted.scopes) or None}


def _as_text(value: object) -> str:
    """A claim as API Gateway passes it on: as text, lists in brackets."""
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    return value if isinstance(value, str) else json.dumps(value)
