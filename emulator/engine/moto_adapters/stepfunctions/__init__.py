"""Step Functions: where moto 5.2.5's interpreter, and the API around it, differ from AWS."""

from collections.abc import Callable
from typing import Any

from moto.core.config import default_user_config

from emulator.engine.aws import ClientFactory
from emulator.engine.clock import Clock
from emulator.engine.moto_adapters.stepfunctions import (
    api,
    clocks,
    distributed_map,
    errors,
    execution_log,
    interruption,
    map_files,
    nested,
    parameters,
    parsing,
    status_events,
    tokens,
    versions,
)
from emulator.engine.patches import Patches


def install(
    patches: Patches,
    clients: ClientFactory,
    publish: Callable[[dict[str, Any]], None],
    clock: Clock,
) -> None:
    """Adapt the interpreter until `patches` are restored; status changes go to `publish`."""
    patches.set_item(default_user_config, "stepfunctions", {"execute_state_machine": True})
    clocks.install(patches, clock)
    parsing.install(patches)
    errors.install(patches)
    parameters.install(patches, clients)
    interruption.install(patches, clock)
    tokens.install(patches)
    nested.install(patches, clock)
    distributed_map.install(patches, clock)
    map_files.install(patches)
    api.install(patches, clock)
    versions.install(patches)
    execution_log.install(patches)
    status_events.install(patches, publish)
