"""An issuer of tokens for an HTTP API, in place of Cognito or another OpenID provider."""

import time
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeyParameters, KeySet, KeySetSerialization, RSAKey

_LIFETIME_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """An issuer on this machine; a stack with its `parameters` and `keys` accepts its tokens."""

    name: str
    audience: str
    key: RSAKey

    @classmethod
    def create(cls, name: str, audience: str) -> "TokenIssuer":
        """Create an issuer with its own key, which exists only in this process."""
        described: KeyParameters = {"use": "sig", "alg": "RS256", "kid": "local"}
        return cls(name, audience, RSAKey.generate_key(2048, described))

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters that let the API accept this issuer's tokens."""
        return {"ApiTokenIssuer": self.name, "ApiTokenAudience": self.audience}

    @property
    def keys(self) -> KeySet:
        """The public keys, as the issuer would publish them."""
        public = self.key.as_dict(private=False)
        published: KeySetSerialization = {"keys": [public]}
        return KeySet.import_key_set(published)

    def token(self, subject: str, **changes: Any) -> str:
        """A token for `subject`, for 12 hours; `changes` replace claims; None removes one."""
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
