"""A machine's log: its executions' histories go to the log group that its template names.

moto 5.2.5 has the levels and the records, but starts every execution without a log.
https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import json
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.eval.event.logging import (
    CloudWatchLoggingConfiguration,
    CloudWatchLoggingSession,
)
from moto.stepfunctions.parser.backend.execution import Execution

from emulator.engine.moto_adapters import logs
from emulator.engine.patches import Patches


def install(patches: Patches) -> None:
    """Write executions' logs until `patches` are restored."""
    initialise = Execution.__init__

    def init(execution: Execution, *args: Any, **kwargs: Any) -> None:
        initialise(execution, *args, **kwargs)
        machine = execution.state_machine
        configuration = CloudWatchLoggingConfiguration.from_logging_configuration(
            machine.arn, {"includeExecutionData": False, **machine.loggingConfiguration}
        )
        if configuration is not None:
            execution._cloud_watch_logging_session = _Session(
                execution.execution_arn, configuration
            )

    patches.replace(Execution, "__init__", init)


class _Session(CloudWatchLoggingSession):  # type: ignore[misc]  # moto is not typed
    """Writes records as JSON lines; the stream is named as AWS names a machine's streams."""

    def publish_history_log(self, history_log: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        milliseconds = int(now.timestamp() * 1000)
        record = {
            "id": history_log["id"],
            "type": history_log["type"].value,
            "details": history_log.get("details", {}),
            "previous_event_id": history_log["previous_event_id"],
            "event_timestamp": str(milliseconds),
            "execution_arn": self.execution_arn,
            "redrive_count": "0",
        }
        machine = self.configuration.state_machine_arn.rpartition(":")[2]
        stream = f"states/{machine}/{now:%Y-%m-%d-%H-%M}/00000000"
        logs.write(self.configuration.log_group_name, stream, [(milliseconds, json.dumps(record))])
