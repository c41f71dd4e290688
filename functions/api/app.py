"""The HTTP API: start, list, look at and stop runs.

Invoked by API Gateway for every route of the template's `HttpApi`, always with an authorized
caller in the event. Promises an answer that the OpenAPI document describes; what is wrong with a
request is told as problem details. Anything unexpected fails the invocation, and API Gateway
answers 500.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack_api import errors, openapi, run_routes
from seqstack_api.documented import JSON

logger = Logger()
app = APIGatewayHttpResolver(enable_validation=True)
app.include_router(run_routes.router)
errors.answer_errors(app)


@app.get("/openapi.json", include_in_schema=False)
def openapi_document() -> Response[dict[str, Any]]:
    """The OpenAPI document of all routes."""
    return Response(200, JSON, openapi.document(app))


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    logger.append_keys(route=event.get("routeKey"))
    answer = app.resolve(event, context)
    logger.info("Request answered", status=answer["statusCode"])
    return answer
