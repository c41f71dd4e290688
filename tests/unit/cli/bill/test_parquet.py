"""Bills in Parquet say the same as cur2.csv, whose sums are made by hand in test_reconcile.py.

AWS writes maps and a column for each tag, amounts as doubles, and times as timestamps.
"""

import sys
from pathlib import Path

import duckdb
import pytest

from cli.bill.lines import BillLine, bill_lines
from cli.bill.reconciling import reconcile
from cli.costs import By
from cli.errors import CliError, ExitCode
from tests.unit.cli.bill.test_reconcile import BILL, RUNS
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack

FIXED = (
    *("line_item_product_code", "line_item_currency_code"),
    *("identity_line_item_id", "line_item_resource_id"),
)
AMOUNTS = ("line_item_unblended_cost", "split_line_item_split_cost", "split_line_item_unused_cost")
START = "line_item_usage_start_date"
MAP = "json_transform(coalesce(resource_tags, '{}'), '\"MAP(VARCHAR, VARCHAR)\"')"
# as https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-tag-columns.html has it
ALL_TAGS = (
    f"map_from_entries(list_transform(map_entries({MAP}), lambda e: (replace(e.key, "
    "'user_seqstack_', 'resourceTags/user:seqstack:'), e.value))"
    "|| [('accountTag/user:seqstack:project', 'another'), ('costCategory/x', 'y')])"
)
OF_LEGACY = {
    "resource_tags_user_seqstack_project": "user_seqstack_project",
    "resource_tags_user_seqstack_run_id": "user_seqstack_runid",
    "resource_tags_aws_created_by": "none",
}


def write(path: Path, tags: str, time: str = "TIMESTAMP") -> Path:
    """The bill of cur2.csv, with these columns of tags in SQL."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        texts = connection.read_csv(str(BILL), all_varchar=True)
        columns = [*FIXED, *(f"{name}::DOUBLE AS {name}" for name in AMOUNTS)]
        columns += [f"{START}::{time} AS {START}", tags]
        texts.project(", ".join(columns)).write_parquet(str(path))
    return path


@pytest.fixture
def expected() -> list[BillLine]:
    return list(bill_lines(BILL))


@pytest.mark.parametrize("time", ["TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_MS", "VARCHAR"])
@pytest.mark.parametrize(
    "tags", [f"{MAP} AS resource_tags", "resource_tags", f"{ALL_TAGS} AS tags"]
)
def test_cur_2_in_parquet_says_the_same(
    tmp_path: Path, expected: list[BillLine], tags: str, time: str
) -> None:
    found = list(bill_lines(write(tmp_path / "bill.snappy.parquet", tags, time)))

    assert found == expected
    assert found[2].tags == {"seqstackproject": "rare", "seqstackrunid": "r1"}


@pytest.mark.parametrize("by", [By.PROJECT, By.RUN])
def test_legacy_report_in_parquet_says_the_same(
    tmp_path: Path, expected: list[BillLine], by: By
) -> None:
    columns = [f"{MAP}['{key}'] AS {name}" for name, key in OF_LEGACY.items()]
    bill = write(tmp_path / "bill.parquet", ", ".join(columns))

    found = reconcile(bill_lines(bill), RUNS, by)
    assert found == reconcile(expected, RUNS, by)
    assert all(share.tagged_usd for share in found.shares)


def test_file_is_read_whose_name_is_a_pattern_that_another_has(
    tmp_path: Path, expected: list[BillLine]
) -> None:
    write(tmp_path / "bill1.parquet", "'{}' AS resource_tags, 0 AS line_item_unblended_cost")
    bill = write(tmp_path / "bill[1]*.parquet", "resource_tags")

    assert list(bill_lines(bill)) == expected


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("'run' AS run, 1 AS cost", "has no column line_item_usage_start_date"),
        (f"now() AS {START}, 'S3' AS {FIXED[0]}, 'nan'::DOUBLE AS {AMOUNTS[0]}", "row 1: nan is"),
        (
            f"now() AS {START}, 'S3' AS {FIXED[0]}, 1 AS {AMOUNTS[0]}, 'EUR' AS {FIXED[1]}",
            "row 1: the currency is EUR",
        ),
        (
            f"now() AS {START}, 'S3' AS {FIXED[0]}, 1 AS {AMOUNTS[0]}, ['x'] AS resource_tags",
            "row 1: the tags are no map",
        ),
    ],
)
def test_parquet_that_is_no_bill_in_dollars_is_refused(
    tmp_path: Path, columns: str, said: str
) -> None:
    bill = tmp_path / "bill.parquet"
    with duckdb.connect(":memory:") as connection:
        connection.values([1]).project(columns).write_parquet(str(bill))

    with pytest.raises(CliError, match=said):
        list(bill_lines(bill))


def test_parquet_that_is_cut_is_refused(tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.parquet", "resource_tags")
    content = bill.read_bytes()
    bill.write_bytes(content[: len(content) // 2])

    with pytest.raises(CliError, match=r"bill.parquet can't be read: .*bill.parquet"):
        list(bill_lines(bill))


def test_command_reads_parquet_and_says_what_it_needs(
    tmp_path: Path, api: ScriptedApi, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.on("GET /runs", {"runs": RUNS, "nextToken": None})
    bill = write(tmp_path / "bill.parquet", f"{MAP} AS resource_tags")

    result = seqstack("cost", "reconcile", str(bill))
    assert result.exit_code == 0, result.output
    assert "rare 1 $0.4020 $0.5830 $0.4400" in " ".join(result.stdout.split())

    monkeypatch.delitem(sys.modules, "cli.bill.parquet")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    refused = seqstack("cost", "reconcile", str(bill))
    assert refused.exit_code == ExitCode.USAGE
    assert "bill.parquet is Parquet, which needs the package duckdb" in refused.stderr
    assert "[query]" in refused.stderr
