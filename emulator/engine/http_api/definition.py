"""An HTTP API's routes and their authorization, from the OpenAPI body that SAM's template has.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_AUTHORIZER = "x-amazon-apigateway-authorizer"
_AUTHTYPE = "x-amazon-apigateway-authtype"
_INTEGRATION = "x-amazon-apigateway-integration"
_ANY = "x-amazon-apigateway-any-method"
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", _ANY}
_FUNCTION = re.compile(r":function:([A-Za-z0-9_-]+)")
_VARIABLE = re.compile(r"\{(\w+)(\+?)\}")


class DefinitionError(ValueError):
    """The API's body uses something that the emulator does not support."""


@dataclass(frozen=True, slots=True)
class SignatureRequired:
    """AWS_IAM: the request is signed with AWS credentials."""


@dataclass(frozen=True, slots=True)
class TokenRequired:
    """A JSON web token of `issuer` for one of `audiences`, and one of `scopes` where there are."""

    issuer: str
    audiences: tuple[str, ...]
    scopes: tuple[str, ...] = ()


type Authorization = SignatureRequired | TokenRequired | None


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `authorization` is None for a public one."""

    method: str
    path: str
    function: str
    authorization: Authorization

    @property
    def key(self) -> str:
        """The route's key, such as `GET /runs/{runId}`."""
        return f"{self.method} {self.path}"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The values of the path's variables, or None if the route does not take the request."""
        if self.method not in {"ANY", method}:
            return None
        found = re.fullmatch(_pattern(self.path), path)
        return found.groupdict() if found else None


@dataclass(frozen=True, slots=True)
class HttpApiDefinition:
    """The routes of an API, the most specific first."""

    routes: tuple[Route, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read a body whose intrinsic functions are resolved.

        Raises:
            DefinitionError: it has an authorizer or integration that the emulator does not know.
        """
        schemes = body.get("components", {}).get("securitySchemes", {})
        routes = [
            Route(
                "ANY" if method == _ANY else method.upper(),
                path,
                _function_of(operation[_INTEGRATION]),
                _authorization_of(operation.get("security", []), schemes),
            )
            for path, operations in body["paths"].items()
            for method, operation in operations.items()
            if method in _METHODS
        ]
        return cls(tuple(sorted(routes, key=_generality)))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route that takes a request, and the values of its path's variables."""
        for route in self.routes:
            values = route.match(method, path)
            if values is not None:
                return route, values
        return None


def _generality(route: Route) -> tuple[bool, int, bool]:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    return ("+}" in route.path, route.path.count("{"), route.method == "ANY")


def _pattern(path: str) -> str:
    pieces, start = [], 0
    for variable in _VARIABLE.finditer(path):
        pieces.append(re.escape(path[start : variable.start()]))
        pieces.append(f"(?P<{variable[1]}>{'.+' if variable[2] else '[^/]+'})")
        start = variable.end()
    return "".join([*pieces, re.escape(path[start:])])


def _function_of(integration: Mapping[str, Any]) -> str:
    found = _FUNCTION.search(integration.get("uri", ""))
    if found is None or integration.get("payloadFormatVersion") != "2.0":
        raise DefinitionError(f"only functions with payload format 2.0 are emulated: {integration}")
    return found[1]


def _authorization_of(
    security: list[Mapping[str, list[str]]], schemes: Mapping[str, Any]
) -> Authorization:
    if not security:
        return None
    ((name, scopes),) = security[0].items()
    scheme = schemes[name]
    if scheme.get(_AUTHTYPE) == "awsSigv4":
        return SignatureRequired()
    authorizer = scheme.get(_AUTHORIZER, {})
    if authorizer.get("type") == "jwt":
        given = authorizer["jwtConfiguration"]
        return TokenRequired(given["issuer"], tuple(given["audience"]), tuple(scopes))
    raise DefinitionError(f"authorizer {name} is not emulated: {scheme}")
