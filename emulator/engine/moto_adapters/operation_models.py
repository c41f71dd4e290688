"""Operations: one that is first asked for by two requests at a time is moto's for both.

moto 5.2.5 has botocore remember its own model of an operation, and replaces it by moto's a moment
later. A request in between gets botocore's, which has no `http_trait`, and is answered with 500.
"""

import inspect

from botocore.model import ServiceModel as BotocoreServiceModel
from botocore.utils import instance_cache
from moto.core.model import OperationModel, ServiceModel

from emulator.engine.patches import Patches

_uncached = inspect.unwrap(BotocoreServiceModel.operation_model)


def install(patches: Patches) -> None:
    """Remember nothing but moto's models of operations until `patches` are restored."""

    @instance_cache
    def operation_model(service: ServiceModel, operation_name: str) -> OperationModel:
        found = _uncached(service, operation_name)
        return OperationModel(found._operation_model, service, operation_name)

    patches.replace(ServiceModel, "operation_model", operation_model)
