"""Read a container's output as it is written and pass it on in lines."""

import os
from collections.abc import Callable, Sequence

# What Docker's awslogs driver puts into one event:
# https://docs.docker.com/engine/logging/drivers/awslogs/
MAX_LINE_BYTES = 262_144 - 26
_CHUNK_BYTES = 65_536


def pump(descriptor: int, log: Callable[[Sequence[str]], None]) -> None:
    """Read a pipe to its end, and log its lines in order, each chunk as soon as it arrives.

    Empty lines are left out, because CloudWatch Logs accepts none; lines above its limit are split;
    bytes that are not UTF-8 are replaced.
    """
    rest = b""
    while chunk := os.read(descriptor, _CHUNK_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) >= MAX_LINE_BYTES:
            lines, rest = [*lines, rest], b""
        _log(lines, log)
    _log([rest], log)


def _log(lines: Sequence[bytes], log: Callable[[Sequence[str]], None]) -> None:
    pieces = [
        line[start : start + MAX_LINE_BYTES].decode("utf-8", errors="replace")
        for line in lines
        for start in range(0, len(line), MAX_LINE_BYTES)
    ]
    if pieces:
        log(pieces)
