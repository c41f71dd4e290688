"""What the command line reads of the API's answers is what the API says it answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli import shapes

DOCUMENT = Path(__file__).parents[3] / "docs/openapi.json"
SCHEMAS: dict[str, Any] = {
    "RunSummary": shapes.RunSummary,
    "RunDetail": shapes.RunDetail,
    "StepModel": shapes.Step,
    "JobModel": shapes.Job,
    "ProgressModel": shapes.JobProgress,
    "AttemptModel": shapes.Attempt,
    "OrchestrationModel": shapes.Orchestration,
    "FailureModel": shapes.Failure,
    "WarningModel": shapes.StepWarning,
    "RunWarningModel": shapes.RunWarning,
    "RunList": shapes.RunPage,
    "CohortSummary": shapes.CohortSummary,
    "CohortList": shapes.CohortPage,
    "CohortModel": shapes.CohortDetail,
    "ReferenceVersion": shapes.ReferenceVersion,
    "Reference": shapes.Reference,
    "ReferenceList": shapes.ReferenceList,
    "ReferenceObjectModel": shapes.ReferenceObject,
    "ReferenceDetail": shapes.ReferenceDetail,
    "DeletedReference": shapes.DeletedReference,
    "ResumedRunModel": shapes.ResumedRun,
    "OutputModel": shapes.Output,
    "OutputList": shapes.OutputList,
    "LogLineModel": shapes.LogLine,
    "LogModel": shapes.LogPage,
}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_shape_has_the_keys_that_the_api_documents(schema: str) -> None:
    documented = json.loads(DOCUMENT.read_text())["components"]["schemas"][schema]["properties"]

    assert SCHEMAS[schema].__required_keys__ <= set(documented)
