"""The options that every command takes."""

import shlex
from dataclasses import dataclass


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
