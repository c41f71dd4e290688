"""A task's parameters and results are renamed between Step Functions' case and the SDK's.

moto 5.2.5 leaves `_normalise_parameters` and `_normalise_response` empty: `StateMachineArn` reaches
boto unchanged and fails. It also makes a new boto client for each task (10 to 100 ms of CPU).
"""

import sys
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.utils import boto_client

from emulator.engine.aws import ClientFactory
from emulator.engine.patches import Patches

_INTERPRETER = "moto.stepfunctions.parser."


def install(patches: Patches, clients: ClientFactory) -> None:
    """Fill the hooks from botocore's service models, and share clients between tasks."""

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        del region, state_credentials
        return clients.client(service, validate=False)

    for name, module in list(sys.modules.items()):
        if name.startswith(_INTERPRETER) and hasattr(module, "boto_client_for"):
            patches.replace(module, "boto_client_for", client_for)
    patches.replace(boto_client, "boto_client_for", client_for)

    def normalise_parameters(
        task: StateTaskService,
        parameters: dict[str, Any],
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        shape = _operation_of(task, boto_service_name, service_action_name).input_shape
        if shape is not None:
            task._to_boto_request(parameters, shape)

    def normalise_response(
        task: StateTaskService,
        response: Any,
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        shape = _operation_of(task, boto_service_name, service_action_name).output_shape
        if shape is not None:
            task._from_boto_response(response, shape)

    patches.replace(StateTaskService, "_normalise_parameters", normalise_parameters)
    patches.replace(StateTaskService, "_normalise_response", normalise_response)


def _operation_of(
    task: StateTaskService, service: str | None, action: str | None
) -> OperationModel:
    return _operation(task._get_boto_service_name(service), task._get_boto_service_action(action))


@cache
def _operation(service: str, action: str) -> OperationModel:
    """The model of `action` (in botocore's snake case) of `service`."""
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name): name for name in model.operation_names}
    return model.operation_model(names[action])
