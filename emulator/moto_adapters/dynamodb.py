"""DynamoDB: one request at a time.

moto 5.2.5 checks a condition and then writes without a lock; with several threads two conditional
writes can both succeed, which DynamoDB rules out.
"""

import threading
from typing import Any

from moto.dynamodb.responses import DynamoHandler

from emulator.patches import Patches


def install(patches: Patches) -> None:
    """Serialise the service's requests until `patches` are restored."""
    lock = threading.RLock()
    original = DynamoHandler.call_action

    def call_action(self: DynamoHandler) -> Any:
        with lock:
            return original(self)

    patches.replace(DynamoHandler, "call_action", call_action)
