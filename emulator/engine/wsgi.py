"""What the AWS API is made of: applications as PEP 3333 has them, one around the other."""

from collections.abc import Callable, Iterable
from typing import Any

type Environ = dict[str, Any]
type WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]
type Around = Callable[[WsgiApplication], WsgiApplication]
"""Wraps an application: answers a request itself, or passes it on."""
