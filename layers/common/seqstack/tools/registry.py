"""The registry of tools: one line each.

An image holds its own tool's module and not this one, so that a change to another tool leaves it as
it is.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Self

from seqstack.domain.words import Step
from seqstack.tools.bcftools import BCFTOOLS
from seqstack.tools.bwa import BWA
from seqstack.tools.definition import ToolDefinition
from seqstack.tools.freebayes import FREEBAYES
from seqstack.tools.isaac import ISAAC
from seqstack.tools.minimap2 import MINIMAP2
from seqstack.tools.samtools_stats import SAMTOOLS_STATS
from seqstack.tools.snpeff import SNPEFF
from seqstack.tools.strelka import STRELKA


class Tool(StrEnum):
    """What fills a step; the value is the tool's block in a run's input."""

    ISAAC = ISAAC
    BWA = BWA
    MINIMAP2 = MINIMAP2
    STRELKA = STRELKA
    BCFTOOLS = BCFTOOLS
    FREEBAYES = FREEBAYES
    SAMTOOLS_STATS = SAMTOOLS_STATS
    SNPEFF = SNPEFF

    definition: ToolDefinition

    def __new__(cls, definition: ToolDefinition) -> Self:
        """A member by its definition."""
        member = str.__new__(cls, definition.name)
        member._value_ = definition.name
        member.definition = definition
        return member

    @property
    def step(self) -> Step:
        """The step that this tool fills."""
        return self.definition.step


DEFAULT_TOOLS = {
    Step.ALIGN: Tool.BWA,
    Step.CALL_VARIANTS: Tool.STRELKA,
    Step.ANNOTATE: Tool.SNPEFF,
    Step.ALIGNMENT_STATS: Tool.SAMTOOLS_STATS,
}


def chosen_tool(document: Mapping[str, object], step: Step) -> Tool:
    """The tool of a step: the first that has a block in a run's input, or the default."""
    named = (tool for tool in tools_of(step) if tool in document)
    return next(named, DEFAULT_TOOLS[step])


def tools_of(step: Step) -> list[Tool]:
    """The tools that can fill a step."""
    return [tool for tool in Tool if tool.step is step]


def tool_named(name: str) -> Tool:
    """The tool whose block in a run's input has this name.

    Raises:
        ValueError: there is none.
    """
    by_name: Callable[[str], Tool] = Tool  # type: ignore[assignment]  # mypy reads __new__ only
    return by_name(name)
