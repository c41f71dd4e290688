"""JWT authorizers: check a bearer token's issuer, audience and validity period.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from emulator.engine.http_api.definition import TokenRequired
from emulator.engine.http_api.request import HttpRequest

_ALGORITHMS = ["RS256", "RS384", "RS512"]  # those that API Gateway accepts

type Claims = dict[str, Any]


def claims_of(request: HttpRequest, wanted: TokenRequired, keys: KeySet) -> Claims | None:
    """The claims of the request's token, or None if it has no valid token."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        claims = dict(jwt.decode(token, keys, algorithms=_ALGORITHMS).claims)
    except (JoseError, ValueError):
        return None
    audience = claims.get("aud", claims.get("client_id"))
    named = set(audience) if isinstance(audience, list) else {audience}
    is_for_us = claims.get("iss") == wanted.issuer and bool(named & set(wanted.audiences))
    return claims if is_for_us and _is_in_time(claims, time.time()) else None


def scopes_of(claims: Claims) -> set[str]:
    """The scopes that a token grants."""
    return set(str(claims.get("scope") or claims.get("scp") or "").split())


def _is_in_time(claims: Claims, now: float) -> bool:
    try:
        expires = float(claims["exp"])
        begins = max(float(claims.get(name, 0)) for name in ("nbf", "iat"))
    except (KeyError, TypeError, ValueError):
        return False
    return begins <= now < expires
