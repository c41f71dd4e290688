"""Validate an RO-Crate as a Workflow Run Crate without a network: check_crate.py FOLDER.

Run it by .venv-crate/bin/python. Prints one line for each requirement that is not met. The
validator fetches the JSON-LD context of RO-Crate 1.1; it gets that of the package `rocrate` in its
place, which has the same terms but for the address of ComputationalWorkflow.
"""

import json
import sys
from pathlib import Path
from typing import Any, ClassVar

import rocrate
from rdflib.plugins.shared.jsonld import context as jsonld
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

URL = "https://w3id.org/ro/crate/1.1/context"
CONTEXT = json.loads((Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_text())
CONTEXT["@context"]["ComputationalWorkflow"] = "https://bioschemas.org/ComputationalWorkflow"
read_source = jsonld.source_to_json


class Answer:
    """The context, as an answer of HTTP."""

    status_code = 200
    ok = True
    headers: ClassVar = {"Content-Type": "application/ld+json"}

    def json(self) -> Any:
        return CONTEXT

    def raise_for_status(self) -> None:
        """It is no error."""


def get(_requester: HttpRequester, url: str, **_: Any) -> Answer:
    if url != URL:
        raise LookupError(url)
    return Answer()


def source_to_json(source: Any, *arguments: Any, **options: Any) -> Any:
    return (CONTEXT, None) if str(source) == URL else read_source(source, *arguments, **options)


HttpRequester.get = get
jsonld.source_to_json = source_to_json
result = services.validate(
    services.ValidationSettings(
        rocrate_uri=sys.argv[1],
        profile_identifier="workflow-run-crate",
        requirement_severity=models.Severity.REQUIRED,
    )
)
lines = [f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues()]
lines.append("passed" if result.passed() else "failed")
sys.stdout.write("".join(f"{line}\n" for line in lines))
