"""The scratch that a job needs, and the vCPUs that include this part of a host's disk.

AWS Batch places jobs by vCPUs and memory, never by disk. So a job may use the same fraction of its
host's disk as of its vCPUs, and a job that needs more disk requests more vCPUs. So the jobs of a
host never need more than its disk.
"""

import math
from dataclasses import dataclass

from seqstack.tools.definition import ToolDefinition

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class ScratchRules:
    """The scratch of a stack's hosts: GiB for each vCPU, and the maximum for one job."""

    gib_per_vcpu: int
    max_gib: int

    def vcpus_with(self, scratch_gib: int) -> int:
        """The fewest vCPUs that include this much disk."""
        return math.ceil(scratch_gib / self.gib_per_vcpu)


def scratch_bytes(tool: ToolDefinition, sample_bytes: int) -> int:
    """The scratch that `tool` needs for this many bytes of a sample, those bytes included."""
    return math.ceil(sample_bytes * tool.scratch_per_byte)


def scratch_share(tool: ToolDefinition, parts: int) -> float:
    """How much of the scratch for a sample a job needs that processes one of `parts`.

    It has the whole input, but makes a part of the output.
    """
    made = tool.scratch_per_byte - 1
    return (1 + made / parts) / tool.scratch_per_byte


def in_gib(size: int) -> int:
    """Bytes as whole GiB, rounded up; at least 1."""
    return max(1, math.ceil(size / GIB))


def planned_scratch_gib(
    tool: ToolDefinition, read_per_input_byte: float, input_bytes: int, reference_bytes: int
) -> int:
    """The GiB that a step will need, estimated from the size of the run's input.

    `read_per_input_byte` is the step's. Reference data are included, because they are on the same
    disk and may not have been fetched yet.
    """
    sample_bytes = math.ceil(input_bytes * read_per_input_byte)
    return in_gib(scratch_bytes(tool, sample_bytes) + reference_bytes)
