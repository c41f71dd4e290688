"""The options that every command takes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Which stack, who asks, and how to answer.

    `api_url` spares the look-up of the stack; `token` goes instead of a signature.
    """

    stack: str = "seqstack-dev"
    local: bool = False
    local_port: int = 4566
    api_url: str = ""
    token: str = ""
    profile: str = ""
    region: str = ""
    json: bool = False
