"""Refuses requests to the AWS API that the role of a function or a job does not allow."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from werkzeug.wrappers import Response

from emulator.engine.service_error import ServiceError, error_response
from emulator.engine.wsgi import Environ, WsgiApplication
from tests.harness.permissions.needs import Known, UnknownOperationError, need_of_absent, needs
from tests.harness.permissions.policy import Effect, Need, Statement, allowing
from tests.harness.permissions.request import AwsCall, read_call, service_model, signer

_NOT_FOUND = 404
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and its like
_CODES = {
    "ec2": (403, "UnauthorizedOperation"),
    "s3": (403, "AccessDenied"),
    "sns": (403, "AuthorizationError"),
    "batch": (403, "AccessDeniedException"),
}
_JSON_CODE = (400, "AccessDeniedException")


type RolePolicies = Callable[[str], Iterable[Mapping[str, Any] | str]]


@dataclass(frozen=True, slots=True)
class Caller:
    """A function or a job, by the name of the function or of the job definition, and its role."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the caller's role did not allow."""

    caller: Caller
    need: Need | str

    def __str__(self) -> str:
        return f"{self.caller.name} may not do {self.need}"


@dataclass(frozen=True, slots=True)
class Use:
    """A call that a statement of the caller's role allowed."""

    caller: Caller
    sid: str
    need: Need


class Permissions:
    """Permissions of a stack's functions and jobs. `find_caller` finds one by its access key.

    Requests of other callers pass: state machines are not checked.
    """

    def __init__(
        self,
        find_caller: Callable[[str], Caller | None],
        role_policies: RolePolicies,
        known: Known,
    ) -> None:
        self._find_caller = find_caller
        self._role_policies = role_policies
        self._known = known
        self._callers: dict[str, Caller] = {}
        self._lock = threading.Lock()
        self._refused: list[Refusal] = []
        self._uses: set[Use] = set()

    @property
    def refused(self) -> list[Refusal]:
        """The refusals so far, in order."""
        with self._lock:
            return list(self._refused)

    @property
    def uses(self) -> set[Use]:
        """The allowed uses so far."""
        with self._lock:
            return set(self._uses)

    def unused(self, role: str) -> Iterator[tuple[str, str]]:
        """Permissions of a role that no call so far has needed: actions and resources, by `Sid`."""
        uses = [use for use in self.uses if use.caller.role == role]
        for statement in _statements(self._role_policies(role)):
            if statement.effect is Effect.ALLOW:
                given = (use.need for use in uses if use.sid == statement.sid)
                yield from ((statement.sid, idle) for idle in statement.idle(given))

    def around(self, application: WsgiApplication) -> WsgiApplication:
        """Wrap the AWS API."""

        def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
            caller = self._caller(signer(environ))
            if caller is None:
                return application(environ, start_response)
            call = read_call(environ)
            refusal = self._refusal(caller, call)
            if refusal is not None:
                return refusal(environ, start_response)
            absent = need_of_absent(call)
            if absent is None:
                return application(environ, start_response)
            found = Response.from_app(application, environ, buffered=True)
            if found.status_code == _NOT_FOUND:
                found = self._judge(caller, call, [absent]) or found
            return found(environ, start_response)

        return answer

    def _caller(self, access_key: str) -> Caller | None:
        """The owner of a key, even after its process has ended, because links outlive it."""
        if access_key and access_key not in self._callers:
            caller = self._find_caller(access_key)
            if caller is not None:
                self._callers[access_key] = caller
        return self._callers.get(access_key)

    def _refusal(self, caller: Caller, call: AwsCall) -> Response | None:
        try:
            wanted = needs(call, self._known)
        except UnknownOperationError as error:
            with self._lock:
                self._refused.append(Refusal(caller, f"{error}, whose permissions are unknown"))
            return _denied(call, f"{error} is not in the emulator's table of needs")
        return self._judge(caller, call, wanted)

    def _judge(self, caller: Caller, call: AwsCall, wanted: Iterable[Need]) -> Response | None:
        """Record allowed and refused needs; return the answer to the first refused one."""
        statements = list(_statements(self._role_policies(caller.role)))
        for need in wanted:
            statement = allowing(statements, need)
            with self._lock:
                if statement is not None:
                    self._uses.add(Use(caller, statement.sid, need))
                    continue
                self._refused.append(Refusal(caller, need))
            return _denied(
                call,
                f"User: {caller.role}/{caller.name} is not authorized to perform: {need.action} on "
                f"resource: {need.resource} because no identity-based policy allows the "
                f"{need.action} action",
            )
        return None


def _statements(policies: Iterable[Mapping[str, Any] | str]) -> Iterator[Statement]:
    for policy in policies:
        yield from _parsed(policy if isinstance(policy, str) else json.dumps(policy))


@cache
def _parsed(text: str) -> tuple[Statement, ...]:
    found = json.loads(text)["Statement"]
    return tuple(Statement.parse(each) for each in (found if isinstance(found, list) else [found]))


def _denied(call: AwsCall, message: str) -> Response:
    status, code = _CODES.get(call.service, _JSON_CODE)
    return error_response(service_model(call.service), ServiceError(status, code, message))
