"""The options that every command takes."""

import shlex
from dataclasses import dataclass
from typing import Any

import typer

from seqstack.domain.numbers import whole_number


@dataclass(frozen=True, slots=True)
class Options:
    """Which stack, who asks, and how to answer.

    `api_url` spares the look-up of the stack; `token` goes instead of a signature. `repeated` holds
    what the command line had of those that say which stack, as it would be typed again.
    """

    stack: str = "seqstack-dev"
    local: bool = False
    local_port: int = 4566
    api_url: str = ""
    token: str = ""
    profile: str = ""
    region: str = ""
    json: bool = False
    repeated: tuple[str, ...] = ()

    def command(self, *words: str) -> str:
        """A command of `seqstack` for the same stack, to be pasted into a shell."""
        return shlex.join(["seqstack", *self.repeated, *words])


def number_option(*names: str, low: int, high: int | None = None, **others: Any) -> Any:
    """An option for a whole number within bounds; only 0 to 9 are digits, `1_0` is no number."""

    bounds = f"{low} or more" if high is None else f"{low} to {high}"

    def parse(value: str | int) -> int:
        try:
            number = whole_number(str(value))
        except ValueError as error:
            raise typer.BadParameter(f"{error}, of the digits 0 to 9.") from error
        if number < low or (high is not None and number > high):
            raise typer.BadParameter(f"{number} is not {bounds}.")
        return number

    return typer.Option(*names, min=low, max=high, parser=parse, **others)
