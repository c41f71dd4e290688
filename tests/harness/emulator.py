"""The emulator with faults on demand and checked permissions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Unpack

from emulator import stack
from emulator.engine.batch.access_keys import job_that_signs
from emulator.engine.lambda_runtime.worker import Worker
from emulator.engine.moto_adapters.batch import tags_of
from emulator.engine.moto_adapters.stepfunctions import tokens
from emulator.engine.wsgi import WsgiApplication
from tests.harness.faults.injector import Faults
from tests.harness.permissions.guard import Caller, Permissions
from tests.harness.permissions.needs import Known
from tests.harness.permissions.roles import caller_of_job, role_of_function, role_policies


class Options(stack.Options, total=False):
    """Options of this emulator."""

    check_permissions: bool


class Emulator(stack.Emulator):
    """`check_permissions` refuses what the roles of functions and jobs do not allow."""

    faults: Faults
    """Functions that die at a chosen AWS call, and AWS calls that are throttled."""
    permissions: Permissions
    """The permissions that the roles of functions and jobs have allowed and refused."""

    def __init__(
        self,
        built_template: Path,
        parameters: Mapping[str, str] | None = None,
        *,
        check_permissions: bool = False,
        **options: Unpack[stack.Options],
    ) -> None:
        layered: stack.Options = {**options, "around_api": self._around}
        super().__init__(built_template, parameters, **layered)
        self._check_permissions = check_permissions
        self.faults = Faults(self._find_worker)
        self.permissions = Permissions(
            self._find_caller, role_policies, Known(tokens.machine_of, tags_of)
        )

    def _around(self, api: WsgiApplication) -> WsgiApplication:
        allowed = self.permissions.around(api) if self._check_permissions else api
        return self.faults.around(allowed)

    def _find_worker(self, access_key: str) -> Worker | None:
        return self.lambda_.worker(access_key)

    def _find_caller(self, access_key: str) -> Caller | None:
        """The function or job with its role; None for other callers."""
        worker = self._find_worker(access_key)
        if worker is not None:
            return Caller(worker.function, role_of_function(worker.function))
        jobs = self.batch.describe([job_that_signs(access_key)])
        return next((caller_of_job(job) for job in jobs), None)
