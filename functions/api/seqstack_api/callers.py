"""The caller, as API Gateway authorized it, and the projects whose runs it may access."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from seqstack.domain.request_errors import NoProjectsError
from seqstack_api.scope import Scope

type TagsOf = Callable[[str, str], Mapping[str, str]]
"""Returns the tags of the principal with an ARN, if it belongs to the account."""

# What SDKs and services call a session that nobody has named: another name in each process.
_UNNAMED = re.compile(
    r"""arn:[^:]+:sts::[0-9]+:assumed-role/[^/]+/(
        botocore-session-[0-9]+                                     # Python, the AWS CLI
        | aws-(go-sdk|dotnet-sdk-session)-[0-9]+                    # Go, .NET
        | aws-sdk-(java|js|js-session|kotlin|php)-[0-9]+            # Java, JavaScript, Kotlin, PHP
        | (assume-role-[a-z-]+|web-identity-token)-[0-9]+           # Rust
        | [0-9]{19}                                                 # Go's first version
        | [A-Za-z0-9]{48}                                           # Ruby: a UUID in Base64
        | [0-9a-f]{32}                                              # a task of ECS
        | (eks-.+-)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}  # C++, a pod of EKS
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request.

    `name` is the ARN that signed, or the token's subject. A role's session that nobody has named is
    its role: its name differs in each process. `issuer` is the token's issuer, None for a caller
    who signed.
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
                return cls(_lasting(arn), None, Scope())
            named = tags_of(arn, str(context["accountId"])).get(confined_by, "")
            hint = (
                f"give the tag {confined_by}, with names of projects separated by blanks, to "
                f"the role or user of {arn}; session tags are not read"
            )
            return cls(_lasting(arn), None, _scope(named, hint))
        claims: Mapping[str, Any] = authorizer["jwt"]["claims"]
        subject, issuer = str(claims["sub"]), str(claims["iss"])
        if not confined_by:
            return cls(subject, issuer, Scope())
        hint = f"get a token whose claim {confined_by} names projects"
        return cls(subject, issuer, _scope(str(claims.get(confined_by, "")), hint))


def _lasting(arn: str) -> str:
    """The ARN without the name of a session that nobody has named."""
    return arn.rpartition("/")[0] if _UNNAMED.fullmatch(arn) else arn


def _scope(named: str, hint: str) -> Scope:
    scope = Scope.named_in(named)
    if scope.is_empty:
        raise NoProjectsError(f"this stack shows callers the runs of their projects only; {hint}")
    return scope
