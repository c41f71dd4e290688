"""Owners of access keys: the emulator's user, functions, jobs, and users and roles of its IAM."""

from emulator.engine.aws import Keys
from emulator.engine.http_api.signature import Signer
from emulator.engine.moto_adapters import apigatewayv2


class Signers:
    """All signers of requests to one emulator; functions and jobs share its secret."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def user(self, access_key: str) -> Signer | None:
        """The user or the role; None for functions and jobs, which do not call HTTP APIs."""
        return apigatewayv2.find_signer(access_key, self._keys)

    def secret(self, access_key: str) -> str | None:
        """The secret of an access key; None if there is no such key."""
        secret_key = self._keys.secret_of(access_key)
        if secret_key is None and (signer := self.user(access_key)) is not None:
            return signer.secret_key
        return secret_key
