"""The OpenAPI documents against the OpenAPI Specification, by a validator that is not ours.

API Gateway refuses a template's document whose import causes a warning (`FailOnWarnings`), and the
deployment rolls back. A document without any fault causes none.
"""

import itertools
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

ISSUERS = ["", "https://issuer.example.org/pool", "https://issuer.example.org/"]
AUDIENCES = ["one", "one,two"]


def faults(document: dict[str, Any]) -> list[str]:
    return [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()]


def documents(deployed: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The template's document, in every form: what the token issuer is, and the audiences."""
    for issuer, audience in itertools.product(ISSUERS, AUDIENCES):
        resources = deployed(ApiTokenIssuer=issuer, ApiTokenAudience=audience if issuer else "")
        properties = resources["HttpApi"]["Properties"]
        assert properties["FailOnWarnings"] is True
        yield issuer, properties["Body"]


def test_api_gateway_gets_a_valid_document_whatever_the_parameters(deployed):
    for issuer, document in documents(deployed):
        assert faults(document) == [], issuer


def test_document_decided_by_another_parameter_would_be_missed(template):
    """Only what `documents` varies decides what the document says."""
    text = json.dumps(template["Resources"]["HttpApi"]["Properties"]["DefinitionBody"])

    assert text.count('"Fn::If": ["TakesTokens"') == text.count("Fn::If") == 1
    assert template["Conditions"]["TakesTokens"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "ApiTokenIssuer"}, ""]}]
    }


def without_flows(document: dict[str, Any]) -> None:
    del document["components"]["securitySchemes"]["caller"]["flows"]


def without_responses(document: dict[str, Any]) -> None:
    document["paths"]["/runs"]["get"]["responses"] = {}


def without_a_variable(document: dict[str, Any]) -> None:
    del document["paths"]["/runs/{runId}"]["get"]["parameters"]


@pytest.mark.parametrize("break_it", [without_flows, without_responses, without_a_variable])
def test_document_with_a_fault_is_refused(deployed, break_it):
    issuer, document = list(documents(deployed))[-1]
    broken = deepcopy(document)
    break_it(broken)

    assert issuer
    assert faults(broken)


def test_published_document_is_valid(root):
    document = json.loads((root / "docs/openapi.json").read_text())

    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
