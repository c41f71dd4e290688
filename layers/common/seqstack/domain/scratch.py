"""How much scratch a job needs, and how many vCPUs come with so much of a host's disk.

AWS Batch places jobs by vCPUs and memory, never by disk. So a job may use as large a part of its
host's disk as its vCPUs are of the host's, and one that needs more asks for more vCPUs: the jobs of
a host together never need more than it has.
"""

import math
from dataclasses import dataclass

from seqstack.tools.definition import ToolDefinition

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class ScratchRules:
    """What a stack's hosts have: GiB of disk for each vCPU; and the most that one job may need."""

    gib_per_vcpu: int
    max_gib: int

    def vcpus_with(self, scratch_gib: int) -> int:
        """The fewest vCPUs that come with that much disk."""
        return math.ceil(scratch_gib / self.gib_per_vcpu)


def scratch_bytes(tool: ToolDefinition, sample_bytes: int) -> int:
    """Scratch that `tool` needs to work on so many bytes of a sample, those bytes included."""
    return math.ceil(sample_bytes * tool.scratch_per_byte)


def in_gib(size: int) -> int:
    """Bytes as whole GiB, rounded up; at least 1."""
    return max(1, math.ceil(size / GIB))


def planned_scratch_gib(
    tool: ToolDefinition, read_per_input_byte: float, input_bytes: int, reference_bytes: int
) -> int:
    """GiB that a step will need, by the size of the run's input, before any step has run.

    `read_per_input_byte` is the step's. Its reference data count as well: they lie on the same
    disk, and may not be there yet.
    """
    sample_bytes = math.ceil(input_bytes * read_per_input_byte)
    return in_gib(scratch_bytes(tool, sample_bytes) + reference_bytes)
