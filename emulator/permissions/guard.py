"""Stands before the AWS API, and refuses what a function's role does not allow."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from werkzeug.wrappers import Response

from emulator.faults.request import Environ
from emulator.faults.service_error import ServiceError, error_response
from emulator.permissions.needs import MachineOfToken, UnknownOperationError, need_of_absent, needs
from emulator.permissions.policy import Effect, Need, Statement, allowing
from emulator.permissions.request import AwsCall, read_call, service_model, signer

WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]

_NOT_FOUND = 404
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and its like
_CODES = {
    "ec2": (403, "UnauthorizedOperation"),
    "s3": (403, "AccessDenied"),
    "sns": (403, "AuthorizationError"),
    "batch": (403, "AccessDeniedException"),
}
_JSON_CODE = (400, "AccessDeniedException")


class Caller(Protocol):
    """A function's worker."""

    @property
    def function(self) -> str:
        """The function's name."""


class Roles(Protocol):
    """Where roles and their policies are kept."""

    def role_of_function(self, name: str) -> str:
        """The name of a function's role."""

    def role_policies(self, role: str) -> Iterable[Mapping[str, Any] | str]:
        """Every policy in a role, as a document or its text."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a function asked for, and its role did not allow."""

    function: str
    need: Need | str

    def __str__(self) -> str:
        return f"{self.function} may not do {self.need}"


@dataclass(frozen=True, slots=True)
class Use:
    """A function's call that a statement allowed."""

    function: str
    sid: str
    need: Need


class Permissions:
    """Who of a stack's functions may do what. `find_worker` knows a function by its access key.

    Requests that no function has signed pass: what state machines and jobs do is not looked at.
    """

    def __init__(
        self,
        find_worker: Callable[[str], Caller | None],
        roles: Roles,
        machine_of_token: MachineOfToken,
    ) -> None:
        self._find_worker = find_worker
        self._roles = roles
        self._machine_of_token = machine_of_token
        self._functions: dict[str, str] = {}
        self._lock = threading.Lock()
        self._refused: list[Refusal] = []
        self._uses: set[Use] = set()

    @property
    def refused(self) -> list[Refusal]:
        """What was refused so far, in order."""
        with self._lock:
            return list(self._refused)

    @property
    def uses(self) -> set[Use]:
        """What was allowed so far."""
        with self._lock:
            return set(self._uses)

    def statements(self, function: str) -> list[Statement]:
        """The statements in the function's own role."""
        return list(_statements(self._roles, self._roles.role_of_function(function)))

    def unused(self, function: str) -> Iterator[tuple[str, str]]:
        """What the role allows and no call so far has needed: actions and resources, by `Sid`."""
        uses = [use for use in self.uses if use.function == function]
        for statement in self.statements(function):
            if statement.effect is Effect.ALLOW:
                given = (use.need for use in uses if use.sid == statement.sid)
                yield from ((statement.sid, idle) for idle in statement.idle(given))

    def around(self, application: WsgiApplication) -> WsgiApplication:
        """Wrap the AWS API."""

        def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
            function = self._function(signer(environ))
            if function is None:
                return application(environ, start_response)
            call = read_call(environ)
            refusal = self._refusal(function, call)
            if refusal is not None:
                return refusal(environ, start_response)
            absent = need_of_absent(call)
            if absent is None:
                return application(environ, start_response)
            found = Response.from_app(application, environ, buffered=True)
            if found.status_code == _NOT_FOUND:
                found = self._judge(function, call, [absent]) or found
            return found(environ, start_response)

        return answer

    def _function(self, access_key: str) -> str | None:
        """Who signs with a key; also once its worker is gone, as a link outlives it."""
        if access_key and access_key not in self._functions:
            worker = self._find_worker(access_key)
            if worker is not None:
                self._functions[access_key] = worker.function
        return self._functions.get(access_key)

    def _refusal(self, function: str, call: AwsCall) -> Response | None:
        try:
            wanted = needs(call, self._machine_of_token)
        except UnknownOperationError as error:
            with self._lock:
                self._refused.append(Refusal(function, f"{error}, of which nobody knows the needs"))
            return _denied(call, f"{error} is not in the emulator's table of needs")
        return self._judge(function, call, wanted)

    def _judge(self, function: str, call: AwsCall, wanted: Iterable[Need]) -> Response | None:
        """Note what is allowed and what is not; the answer to the first that is not."""
        role = self._roles.role_of_function(function)
        statements = list(_statements(self._roles, role))
        for need in wanted:
            statement = allowing(statements, need)
            with self._lock:
                if statement is not None:
                    self._uses.add(Use(function, statement.sid, need))
                    continue
                self._refused.append(Refusal(function, need))
            return _denied(
                call,
                f"User: {role}/{function} is not authorized to perform: {need.action} on resource: "
                f"{need.resource} because no identity-based policy allows the {need.action} action",
            )
        return None


def _statements(roles: Roles, role: str) -> Iterator[Statement]:
    for policy in roles.role_policies(role):
        yield from _parsed(policy if isinstance(policy, str) else json.dumps(policy))


@cache
def _parsed(text: str) -> tuple[Statement, ...]:
    found = json.loads(text)["Statement"]
    return tuple(Statement.parse(each) for each in (found if isinstance(found, list) else [found]))


def _denied(call: AwsCall, message: str) -> Response:
    status, code = _CODES.get(call.service, _JSON_CODE)
    return error_response(service_model(call.service), ServiceError(status, code, message))
