"""The registry of tools: one line each.

An image contains its own tool's module but not this one, so that changes to other tools do not
change it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Self

from seqstack.domain.words import StepName, ToolName
from seqstack.tools.bcftools import BCFTOOLS
from seqstack.tools.bcftools_merge import BCFTOOLS_MERGE
from seqstack.tools.bwa import BWA
from seqstack.tools.bwa_index import BWA_INDEX
from seqstack.tools.definition import ToolDefinition
from seqstack.tools.freebayes import FREEBAYES
from seqstack.tools.isaac import ISAAC
from seqstack.tools.isaac_index import ISAAC_INDEX
from seqstack.tools.minimap2 import MINIMAP2
from seqstack.tools.minimap2_index import MINIMAP2_INDEX
from seqstack.tools.multiqc import MULTIQC
from seqstack.tools.parquet import PARQUET
from seqstack.tools.picard import PICARD
from seqstack.tools.reference_check import REFERENCE_CHECK
from seqstack.tools.samtools_stats import SAMTOOLS_STATS
from seqstack.tools.snpeff import SNPEFF
from seqstack.tools.snpeff_database import SNPEFF_DATABASE
from seqstack.tools.strelka import STRELKA


class Tool(StrEnum):
    """A tool; the value is the name of its block in a run's input."""

    ISAAC = ISAAC
    BWA = BWA
    MINIMAP2 = MINIMAP2
    STRELKA = STRELKA
    BCFTOOLS = BCFTOOLS
    FREEBAYES = FREEBAYES
    SAMTOOLS_STATS = SAMTOOLS_STATS
    PICARD = PICARD
    SNPEFF = SNPEFF
    MULTIQC = MULTIQC
    REFERENCE_CHECK = REFERENCE_CHECK
    BWA_INDEX = BWA_INDEX
    MINIMAP2_INDEX = MINIMAP2_INDEX
    ISAAC_INDEX = ISAAC_INDEX
    SNPEFF_DATABASE = SNPEFF_DATABASE
    BCFTOOLS_MERGE = BCFTOOLS_MERGE
    PARQUET = PARQUET

    definition: ToolDefinition

    def __new__(cls, definition: ToolDefinition) -> Self:
        """Create a member from its definition."""
        member = str.__new__(cls, definition.name)
        member._value_ = definition.name
        member.definition = definition
        return member

    @property
    def step(self) -> StepName:
        """The step that this tool fills."""
        return self.definition.step


def tools_of(step: StepName) -> list[Tool]:
    """The tools that can fill a step."""
    return [tool for tool in Tool if tool.step == step]


def find_tool(name: ToolName) -> Tool | None:
    """A tool by its name, or None if this version does not have it."""
    return next((tool for tool in Tool if tool == name), None)


def tool_named(name: str) -> Tool:
    """The tool whose block in a run's input has this name.

    Raises:
        ValueError: there is none.
    """
    by_name: Callable[[str], Tool] = Tool  # type: ignore[assignment]  # mypy reads __new__ only
    return by_name(name)
