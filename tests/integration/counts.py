"""Comparison of counts with the table counts.yaml."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml


def table() -> dict[str, Any]:
    """The table."""
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("counts.yaml").read_text())
    return found


def excess(counted: Mapping[str, Any], allowed: Mapping[str, Any]) -> list[str]:
    """What differs from the table: a number is exact, and `<= number` is the most allowed."""
    return list(_excess(counted, allowed, ""))


def _excess(counted: Any, allowed: Any, where: str) -> Iterator[str]:
    if isinstance(counted, Mapping):
        if counted.keys() != allowed.keys():
            yield f"{where}: {sorted(counted)}, and the table has {sorted(allowed)}"
        for name in counted.keys() & allowed.keys():
            yield from _excess(counted[name], allowed[name], f"{where}.{name}".lstrip("."))
    elif isinstance(allowed, str):
        if counted > int(allowed.removeprefix("<=")):
            yield f"{where}: {counted}, and the table has {allowed}"
    elif counted != allowed:
        yield f"{where}: {counted}, and the table has {allowed}"
