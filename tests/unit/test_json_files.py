"""The repository's JSON files: no object has a key twice, which readers would drop in silence."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("docs", "events", "layers/common/seqstack", "observability", "statemachine")
    for path in (ROOT / folder).rglob("*.json")
)


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"twice: {sorted({k for k in keys if keys.count(k) > 1})}"
    return dict(pairs)


@pytest.mark.parametrize("file", FILES)
def test_no_object_has_a_key_twice(file: str) -> None:
    json.loads((ROOT / file).read_text(), object_pairs_hook=unique)
