"""An option that takes one of the tools that can fill a step."""

from typing import Any

import typer

from seqstack.domain.words import StepName
from seqstack.tools.registry import Tool, tool_named, tools_of


def tool_option(step: StepName, help_text: str = "") -> Any:
    """What `typer.Option` makes of a step's tools."""
    names = [str(tool) for tool in tools_of(step)]

    def parse(name: str) -> Tool:
        if name not in names:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(names)}")
        return tool_named(name)

    return typer.Option(
        parser=parse,
        metavar=f"[{'|'.join(names)}]",
        autocompletion=lambda: names,
        help=help_text or None,
    )
