"""Functions as a template declares them, for the imports that their workers have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from emulator.engine.lambda_runtime.function import FunctionSpec

_FUNCTION, _LAYER = "AWS::Lambda::Function", "AWS::Lambda::LayerVersion"
_OF_DEPLOYMENT = {
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_LEVEL",
}


@dataclass(frozen=True)
class DeclaredFunctions:
    """Functions before they are deployed.

    Attributes:
        specs: their handlers, code, layers, and the variables whose values stand in the template;
            a name is the logical id.
        computed: names of the variables whose values are known once they are deployed.
    """

    specs: tuple[FunctionSpec, ...]
    computed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, resources: Mapping[str, Any], artifacts: Mapping[str, Path]) -> Self:
        """Those of a CloudFormation template's resources, with local code and layers.

        Args:
            resources: by logical id.
            artifacts: the folders of code and layers, by their keys in S3.
        """
        layers = {
            logical_id: artifacts[key]
            for logical_id, resource in resources.items()
            if resource["Type"] == _LAYER
            and (key := resource["Properties"]["Content"]["S3Key"]) in artifacts
        }
        specs, computed = [], set(_OF_DEPLOYMENT)
        for logical_id, resource in resources.items():
            if resource["Type"] != _FUNCTION:
                continue
            properties = resource["Properties"]
            try:
                folders = tuple(layers[each["Ref"]] for each in properties.get("Layers", ()))
            except (KeyError, TypeError):  # of elsewhere, or by a condition
                continue
            variables = properties.get("Environment", {}).get("Variables", {})
            known = {name: value for name, value in variables.items() if isinstance(value, str)}
            computed |= variables.keys() - known.keys()
            specs.append(
                FunctionSpec(
                    name=logical_id,
                    arn="",
                    handler=properties["Handler"],
                    code=artifacts[properties["Code"]["S3Key"]],
                    layers=folders,
                    environment=known,
                    timeout=0,
                    memory=0,
                    log_group="",
                )
            )
        return cls(tuple(specs), frozenset(computed))
