"""JWT authorizers: is a request's bearer token one of the issuer's, for this API, and in time?

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import time
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeyParameters, KeySet, KeySetSerialization, RSAKey

from emulator.http_api.definition import TokenRequired
from emulator.http_api.request import HttpRequest

_ALGORITHMS = ["RS256", "RS384", "RS512"]  # those that API Gateway takes
_LIFETIME_SECONDS = 12 * 3600

type Claims = dict[str, Any]


def claims_of(request: HttpRequest, wanted: TokenRequired, keys: KeySet) -> Claims | None:
    """The claims of the request's token, or None if it has none that this API takes."""
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


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """An issuer of tokens on this machine, in place of Cognito or another OpenID provider."""

    name: str
    audience: str
    key: RSAKey

    @classmethod
    def create(cls, name: str, audience: str) -> "TokenIssuer":
        """An issuer with a key of its own, which is gone with the process."""
        described: KeyParameters = {"use": "sig", "alg": "RS256", "kid": "local"}
        return cls(name, audience, RSAKey.generate_key(2048, described))

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters that let the API take this issuer's tokens."""
        return {"ApiTokenIssuer": self.name, "ApiTokenAudience": self.audience}

    @property
    def keys(self) -> KeySet:
        """The public keys, as the issuer would publish them."""
        public = self.key.as_dict(private=False)
        published: KeySetSerialization = {"keys": [public]}
        return KeySet.import_key_set(published)

    def token(self, subject: str, **changes: Any) -> str:
        """A token for `subject`, for 12 hours; `changes` replace claims, or with None leave out."""
        now = int(time.time())
        claims = {
            "iss": self.name,
            "aud": self.audience,
            "sub": subject,
            "iat": now,
            "exp": now + _LIFETIME_SECONDS,
        } | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, kept, self.key)
