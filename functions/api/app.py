"""The HTTP API: start, list, show, stop and resume runs, and fetch their results.

Invoked by API Gateway for every route of the template's `HttpApi`, always with an authorized caller
in the event. Returns an answer that the OpenAPI document describes; errors of a request are
returned as problem details. Anything unexpected fails the invocation, and API Gateway answers 500.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack_api import service

logger = Logger(use_rfc3339=True)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    logger.append_keys(route=event.get("routeKey"))
    answer = service.answer(event, context)
    logger.info("Request answered", status=answer["statusCode"])
    return answer
