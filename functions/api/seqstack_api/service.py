"""All routes together, and the document that describes them."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack_api import (
    cohort_routes,
    openapi,
    reference_routes,
    result_routes,
    run_routes,
    wes_routes,
    wes_service,
)
from seqstack_api.confinement import confine
from seqstack_api.documented import JSON
from seqstack_api.errors import ErrorAnswers
from seqstack_api.parameters import require_known, require_text

app = APIGatewayHttpResolver(enable_validation=True)
app.use([require_text, require_known, confine])
app.include_router(run_routes.router)
app.include_router(result_routes.router)
app.include_router(reference_routes.router)
app.include_router(cohort_routes.router)
app.include_router(wes_routes.router, prefix=wes_service.PREFIX)
ErrorAnswers(app)


def answer(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request, with headers that keep browsers from guessing its content type."""
    answered = app.resolve(event, context)
    answered["headers"] = {**answered.get("headers", {}), "X-Content-Type-Options": "nosniff"}
    return answered


def document() -> dict[str, Any]:
    """The OpenAPI document of all routes."""
    return openapi.document(app)


@app.get("/openapi.json", include_in_schema=False)
def show_document() -> Response[dict[str, Any]]:
    """Show the OpenAPI document."""
    return Response(200, JSON, document())
