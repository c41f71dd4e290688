"""Write the HTTP API's OpenAPI document to docs/openapi.json. `make openapi` runs it."""

import json
from pathlib import Path

from seqstack_api import service

DOCUMENT = Path(__file__).parents[1] / "docs/openapi.json"


def text() -> str:
    """The document, with its keys in a readable order."""
    return json.dumps(service.document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text())
