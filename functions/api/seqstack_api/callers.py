"""Who calls, as API Gateway found out."""

from collections.abc import Mapping
from typing import Any


def caller_of(event: Mapping[str, Any]) -> str:
    """The caller's name: the ARN that signed, or the subject of the token.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

    Raises:
        KeyError: nobody was authorized; API Gateway lets no such request through.
    """
    authorizer: Mapping[str, Any] = event["requestContext"]["authorizer"]
    if "iam" in authorizer:
        return str(authorizer["iam"]["userArn"])
    return str(authorizer["jwt"]["claims"]["sub"])


def issuer_of(event: Mapping[str, Any]) -> str | None:
    """The issuer of the caller's token; None for a caller who signed."""
    authorizer: Mapping[str, Any] = event["requestContext"]["authorizer"]
    return str(authorizer["jwt"]["claims"]["iss"]) if "jwt" in authorizer else None
