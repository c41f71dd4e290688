"""CloudFormation: generated names that are the same at each start with one state folder.

moto 5.2.5 ends a generated name with random letters.
"""

import hashlib
import threading

from moto.cloudformation import parsing

from emulator.engine.patches import Patches

_SUFFIX_LENGTH = 12  # moto's


def install(patches: Patches, identity: str) -> None:
    """Derive names from `identity` until `patches` are restored."""
    generate = parsing.generate_resource_name
    current = threading.local()

    def suffix() -> str:
        return str(current.suffix)

    def generate_name(resource_type: str, stack_name: str, logical_id: str) -> str:
        text = f"{identity}/{stack_name}/{logical_id}"
        current.suffix = hashlib.sha256(text.encode()).hexdigest()[:_SUFFIX_LENGTH].upper()
        return str(generate(resource_type, stack_name, logical_id))

    patches.replace(parsing, "random_suffix", suffix)
    patches.replace(parsing, "generate_resource_name", generate_name)
