"""The tables' manifest, and their columns in docs/cohorts.md."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from seqstack.domain.variant_tables import PARTITIONS, TABLES, TableFiles

PAGE = Path(__file__).parents[3] / "docs/cohorts.md"
FILES = TableFiles(
    "tables/01/",
    3,
    {"chr1": 5},
    50_000_000,
    {"variants": 2, "effects": 0, "genotypes": 4},
    {"variants": ("variants/a",), "effects": (), "genotypes": ("genotypes/a", "genotypes/b")},
)


def test_manifest_is_read_as_it_was_written() -> None:
    assert TableFiles.parse(FILES.as_text().encode()) == FILES


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"formatVersion": 1}', "null", '{"formatVersion": 1, "tables": 1}']
)
def test_other_text_is_no_manifest(text: str) -> None:
    with pytest.raises(ValueError, match=r"manifest|Expecting"):
        TableFiles.parse(text.encode())


def test_manifest_of_another_version_is_refused() -> None:
    other = json.dumps({**json.loads(FILES.as_text()), "formatVersion": 2})

    with pytest.raises(ValueError, match="the tables have version 2"):
        TableFiles.parse(other.encode())


def test_page_has_every_column() -> None:
    has = defaultdict(list)
    for name, columns in TABLES.items():
        for column in (*columns, *PARTITIONS):
            has[column].append(f"`{name}`")
    expected = [
        f"| `{column.name}` | {'all' if len(names) == len(TABLES) else ', '.join(names)} "
        f"| {column.meaning} |"
        for column, names in has.items()
    ]

    rows = PAGE.read_text().partition("| column | table | |\n| --- | --- | --- |\n")[2]
    assert rows.split("\n\n")[0].splitlines() == expected
