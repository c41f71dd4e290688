"""Whose an access key is: the emulator's user's, a function's, a job's, or of its IAM and STS."""

from emulator.engine.aws import Keys
from emulator.engine.http_api.signature import Signer
from emulator.engine.moto_adapters import apigatewayv2


class Signers:
    """All who sign requests to one emulator; functions and jobs sign with its own secret."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def user(self, access_key: str) -> Signer | None:
        """The user or the role; None of functions and jobs, which call no HTTP API."""
        return apigatewayv2.find_signer(access_key, self._keys)

    def secret(self, access_key: str) -> str | None:
        """The secret of an access key; None if it is nobody's."""
        secret_key = self._keys.secret_of(access_key)
        if secret_key is None and (signer := self.user(access_key)) is not None:
            return signer.secret_key
        return secret_key
