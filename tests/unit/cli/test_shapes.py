"""What the command line reads of the API's answers is what the API says it answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.shapes import cohorts, outputs, references, runs

DOCUMENT = Path(__file__).parents[3] / "docs/openapi.json"
SCHEMAS: dict[str, Any] = {
    "RunSummary": runs.RunSummary,
    "RunDetail": runs.RunDetail,
    "StepModel": runs.Step,
    "JobModel": runs.Job,
    "ProgressModel": runs.JobProgress,
    "AttemptModel": runs.Attempt,
    "OrchestrationModel": runs.Orchestration,
    "FailureModel": runs.Failure,
    "WarningModel": runs.StepWarning,
    "RunWarningModel": runs.RunWarning,
    "RunList": runs.RunPage,
    "CohortSummary": cohorts.CohortSummary,
    "CohortList": cohorts.CohortPage,
    "CohortModel": cohorts.CohortDetail,
    "ReferenceVersion": references.ReferenceVersion,
    "Reference": references.Reference,
    "ReferenceList": references.ReferenceList,
    "ReferenceObjectModel": references.ReferenceObject,
    "ReferenceDetail": references.ReferenceDetail,
    "DeletedReference": references.DeletedReference,
    "ResumedRunModel": runs.ResumedRun,
    "OutputModel": outputs.Output,
    "OutputList": outputs.OutputList,
    "LogLineModel": runs.LogLine,
    "LogModel": runs.LogPage,
}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_shape_has_the_keys_that_the_api_documents(schema: str) -> None:
    documented = json.loads(DOCUMENT.read_text())["components"]["schemas"][schema]["properties"]

    assert SCHEMAS[schema].__required_keys__ <= set(documented)
