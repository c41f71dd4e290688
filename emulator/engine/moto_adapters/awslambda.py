"""Lambda: calls reach the emulator's workers instead of moto's echo or a Docker container.

moto 5.2.5 runs code in Docker, or returns the payload unchanged.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.awslambda_simple.models import LambdaSimpleBackend, lambda_simple_backends
from moto.core.config import default_user_config

from emulator.engine.aws import ACCOUNT_ID, REGION
from emulator.engine.lambda_runtime.function import FunctionSpec
from emulator.engine.lambda_runtime.service import LambdaService
from emulator.engine.patches import Patches

_TAIL_BYTES = 4096


def install(patches: Patches, service: Callable[[], LambdaService]) -> None:
    """Send Invoke to `service()` until `patches` are restored."""
    patches.set_item(default_user_config, "lambda", {"use_docker": False})

    def invoke(
        backend: LambdaSimpleBackend,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> bytes | None:
        function = backend.get_function(function_name, qualifier)
        payload = _as_bytes(body)
        kind = headers.get("X-Amz-Invocation-Type", "RequestResponse")
        response_headers["x-amz-executed-version"] = "$LATEST"
        if kind == "DryRun":
            return b""
        if kind == "Event":
            service().invoke_async(function.function_name, payload)
            return b""
        outcome = service().invoke(function.function_name, payload)
        if outcome.error is not None:
            response_headers["x-amz-function-error"] = outcome.error
        tail = outcome.log.encode()[-_TAIL_BYTES:]
        response_headers["x-amz-log-result"] = base64.b64encode(tail).decode()
        return outcome.payload

    patches.replace(LambdaSimpleBackend, "invoke", invoke)


def find_function(name: str, artifacts: dict[str, Path]) -> FunctionSpec:
    """The deployed function `name`, with the folders of its code and layers from `artifacts`.

    Raises KeyError when no such function was deployed.
    """
    backend = lambda_simple_backends[ACCOUNT_ID][REGION]
    function = next((f for f in backend.list_functions() if f.function_name == name), None)
    if function is None:
        raise KeyError(name)
    properties = function.cloudformation_properties
    logging = properties.get("LoggingConfig", {})
    environment = {key: str(value) for key, value in function.environment_vars.items()}
    if "LogFormat" in logging:
        environment["AWS_LAMBDA_LOG_FORMAT"] = logging["LogFormat"]
    if "ApplicationLogLevel" in logging:
        environment["AWS_LAMBDA_LOG_LEVEL"] = logging["ApplicationLogLevel"]
    layers = [backend.layers_versions_by_arn(layer["Arn"]) for layer in function.layers]
    return FunctionSpec(
        name=name,
        arn=function.function_arn,
        handler=function.handler,
        code=artifacts[properties["Code"]["S3Key"]],
        layers=tuple(artifacts[layer.content["S3Key"]] for layer in layers),
        environment=environment,
        timeout=float(function.timeout),
        memory=int(function.memory_size),
        log_group=logging.get("LogGroup", f"/aws/lambda/{name}"),
        dead_letter_arn=properties.get("DeadLetterConfig", {}).get("TargetArn"),
    )


def _as_bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body or b"{}"
    if isinstance(body, str):
        return body.encode() or b"{}"
    return json.dumps(body).encode()
