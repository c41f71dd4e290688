"""Idempotency keys."""

import secrets
from datetime import UTC, datetime


def new_key() -> str:
    """A key for one request and its repetitions; the API names the run by the time in it."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(16)}"
