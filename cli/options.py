"""The options that every command takes."""

import shlex
from dataclasses import dataclass
from typing import Any

import typer

from seqstack.domain.numbers import whole_number


@dataclass(frozen=True, slots=True)
class Options:
    """Options for the stack, the credentials and the output.

    With `api_url`, the stack is not looked up; `token` replaces the signature. `repeated` has the
    options that selected the stack, as they were typed.
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
        """A command of `seqstack` for the same stack, quoted for a shell."""
        return shlex.join(["seqstack", *self.repeated, *words])


def number_option(*names: str, low: int, high: int | None = None, **others: Any) -> Any:
    """An option for a whole number within bounds; accepts only digits, not `1_0`."""

    bounds = f"{low} or more" if high is None else f"{low} to {high}"

    def parse(value: str | int) -> int:
        try:
            number = whole_number(str(value))
        except ValueError as error:
            raise typer.BadParameter(f"{error}, with the digits 0 to 9.") from error
        if number < low or (high is not None and number > high):
            raise typer.BadParameter(f"{number} is not {bounds}.")
        return number

    return typer.Option(*names, min=low, max=high, parser=parse, **others)
