"""The AWS API's address, and types of its applications (PEP 3333), which wrap each other."""

from collections.abc import Callable, Iterable
from typing import Any

LOOPBACK = "127.0.0.1"

type Environ = dict[str, Any]
type WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]
type Around = Callable[[WsgiApplication], WsgiApplication]
"""Wraps an application: answers a request itself, or passes it on."""
