"""Whose an access key is: the emulator's user's, a function's, a job's, or of its IAM and STS."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.aws import Keys
from emulator.batch.access_keys import job_that_signs
from emulator.http_api.signature import Signer
from emulator.lambda_runtime.worker import Worker
from emulator.moto_adapters import apigatewayv2, iam
from emulator.permissions.guard import Caller


class Signers:
    """All who sign requests to one emulator.

    `find_worker` knows a function's worker by its access key, `describe_jobs` jobs by their ids.
    """

    def __init__(
        self,
        keys: Keys,
        find_worker: Callable[[str], Worker | None],
        describe_jobs: Callable[[Iterable[str]], Iterable[Mapping[str, Any]]],
    ) -> None:
        self._keys = keys
        self._find_worker = find_worker
        self._describe_jobs = describe_jobs

    def user(self, access_key: str) -> Signer | None:
        """The user or the role; None of functions and jobs, which call no HTTP API."""
        return apigatewayv2.find_signer(access_key, self._keys)

    def secret(self, access_key: str) -> str | None:
        """The secret of an access key; None if it is nobody's."""
        secret_key = self._keys.secret_of(access_key)
        if secret_key is None and (signer := self.user(access_key)) is not None:
            return signer.secret_key
        return secret_key

    def caller(self, access_key: str) -> Caller | None:
        """The function or the job, with its role; None of anybody else."""
        worker = self._find_worker(access_key)
        if worker is not None:
            return Caller(worker.function, iam.role_of_function(worker.function))
        jobs = self._describe_jobs([job_that_signs(access_key)])
        return next((iam.caller_of_job(job) for job in jobs), None)
