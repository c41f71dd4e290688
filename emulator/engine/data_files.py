"""What botocore does for each session and each client, it does once in this process.

boto3 reads a service's model and the list of endpoints once for each session, and moto again: a
second of CPU at each start. It inspects the signatures of some hundred handlers for each session
and each client.
"""

from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any

import botocore.hooks
import botocore.loaders

_OF_S3 = "/data/s3/"


def read_once() -> None:
    """Cache what is read from now on, except S3's model, which botocore changes in its place."""
    reader = botocore.loaders.JSONFileLoader
    original = reader.load_file
    cached = cache(lambda path: original(reader(), path))

    def load_file(self: botocore.loaders.JSONFileLoader, path: str) -> Any:
        return original(self, path) if _OF_S3 in path else cached(path)

    setattr(reader, "load_file", load_file)  # noqa: B010 - for mypy


def inspect_once() -> None:
    """Remember which functions take any keyword."""
    inspect = botocore.hooks.accepts_kwargs
    known: dict[CodeType, Any] = {}

    def accepts_kwargs(function: Callable[..., Any]) -> Any:
        code = getattr(function, "__code__", None)
        if code is None or hasattr(function, "__wrapped__"):
            return inspect(function)
        if code not in known:
            known[code] = inspect(function)
        return known[code]

    vars(botocore.hooks)["accepts_kwargs"] = accepts_kwargs
