"""The caller, as API Gateway authorized it, and the projects whose runs it may access."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from seqstack.domain.request_errors import NoProjectsError
from seqstack_api.scope import Scope

type TagsOf = Callable[[str, str], Mapping[str, str]]
"""Returns the tags of the principal with an ARN, if it belongs to the account."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request.

    `name` is the ARN that signed, or the token's subject; `issuer` is the token's issuer, None for
    a caller who signed.
    """

    name: str
    issuer: str | None
    scope: Scope

    @classmethod
    def of(cls, event: Mapping[str, Any], confined_by: str, tags_of: TagsOf) -> Self:
        """The caller in an HTTP API's event.

        `confined_by` is the claim of a token, or the tag of a role or user, that names the caller's
        projects; empty if the stack does not confine callers.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

        Raises:
            KeyError: the event has no authorized caller; API Gateway passes on no such request.
            NoProjectsError: the stack confines callers, and this one has no projects.
        """
        context: Mapping[str, Any] = event["requestContext"]
        authorizer: Mapping[str, Any] = context["authorizer"]
        if "iam" in authorizer:
            arn = str(authorizer["iam"]["userArn"])
            if not confined_by:
                return cls(arn, None, Scope())
            named = tags_of(arn, str(context["accountId"])).get(confined_by, "")
            hint = (
                f"give the tag {confined_by}, with names of projects separated by blanks, to "
                f"the role or user of {arn}; session tags are not read"
            )
            return cls(arn, None, _scope(named, hint))
        claims: Mapping[str, Any] = authorizer["jwt"]["claims"]
        subject, issuer = str(claims["sub"]), str(claims["iss"])
        if not confined_by:
            return cls(subject, issuer, Scope())
        hint = f"get a token whose claim {confined_by} names projects"
        return cls(subject, issuer, _scope(str(claims.get(confined_by, "")), hint))


def _scope(named: str, hint: str) -> Scope:
    scope = Scope.named_in(named)
    if scope.is_empty:
        raise NoProjectsError(f"this stack shows callers the runs of their projects only; {hint}")
    return scope
