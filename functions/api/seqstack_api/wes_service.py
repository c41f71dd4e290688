"""Constants of this service in GA4GH's Workflow Execution Service 1.1.

https://github.com/ga4gh/workflow-execution-service-schemas
"""

from importlib.resources import files

from seqstack.workflows.registry import WORKFLOWS

PREFIX = "/ga4gh/wes/v1"
VERSION = "1.1.0"

WORKFLOW_TYPE = "SEQSTACK"
"""Our own workflow type: `workflow_params` is the input of the workflow `workflow_url`."""
WORKFLOW_TYPE_VERSION = "1.0"
CWL = "CWL"
"""For clients that can send CWL only: the one document, of `secondary_analysis`."""
CWL_VERSION = "v1.2"
CWL_DOCUMENT = "secondary_analysis.cwl"

ENGINE = "AWSStepFunctions"
ENGINE_VERSION = "2016-12-01"
"""The version of the API of Step Functions."""

TYPES = {WORKFLOW_TYPE: WORKFLOW_TYPE_VERSION, CWL: CWL_VERSION}


def workflow_urls() -> list[str]:
    """The workflows of which runs can be started."""
    return list(WORKFLOWS)


def cwl_document() -> bytes:
    """The description of our workflow in CWL: an Operation, which declares inputs and outputs."""
    return files("seqstack_api").joinpath(CWL_DOCUMENT).read_bytes()
