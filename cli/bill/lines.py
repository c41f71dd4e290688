"""Lines of a Cost and Usage Report export: CSV of CUR 2.0 or of the legacy report, also gzipped.

Columns: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html, and
https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html for the legacy report, whose
names are written `lineItem/UnblendedCost`.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from cli.errors import CliError, ExitCode

_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_START, _PRODUCT = "line_item_usage_start_date", "line_item_product_code"
_COST, _CURRENCY = "line_item_unblended_cost", "line_item_currency_code"
_SPLIT, _UNUSED = "split_line_item_split_cost", "split_line_item_unused_cost"
_TAGS = "resource_tags"
_NEEDED = (_START, _PRODUCT, _COST)


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of the bill.

    `usd` is its unblended cost. `split_usd` is the part of a host's cost, idle time included, that
    AWS's split cost allocation gives to a container; the host's own line has it as well. `tags` are
    its cost allocation tags, with names as in CUR 2.0 without `user_`: `seqstack_runid`.
    """

    start: datetime
    product: str
    usd: Decimal
    split_usd: Decimal
    tags: Mapping[str, str]


def bill_lines(path: Path) -> Iterator[BillLine]:
    """The lines of an export.

    Raises:
        CliError: the file can't be read as an export in US dollars; names the line.
    """
    try:
        content = path.read_bytes()
        if content.startswith(_PARQUET):
            raise _unusable(path, "is Parquet; export text/csv, or convert it")
        text = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("utf-8")
    except (OSError, EOFError, ValueError) as error:
        raise _unusable(path, f"can't be read: {error}") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    names = {name: column_name(name) for name in rows.fieldnames or ()}
    if missing := [name for name in _NEEDED if name not in names.values()]:
        raise _unusable(path, f"has no column {missing[0]}: is it a Cost and Usage Report?")
    for number, row in enumerate(rows, 2):
        try:
            yield _line({names[name]: value or "" for name, value in row.items() if name in names})
        except (ValueError, InvalidOperation) as error:
            raise _unusable(path, f"line {number}: {error}") from error


def column_name(name: str) -> str:
    """A column's name as CUR 2.0 has it: `lineItem/UnblendedCost` is `line_item_unblended_cost`.

    A tag's column, `resourceTags/user:seqstack:runId`, keeps its key: `resource_tags_` and the key
    as `tag_name` has it.
    """
    section, slash, rest = name.partition("/")
    if section == "resourceTags":
        return f"{_TAGS}_{tag_name(rest)}"
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", f"{section}_{rest}" if slash else name).lower()
    return (
        f"{_TAGS}_{tag_name(snake[len(_TAGS) + 1 :])}" if snake.startswith(f"{_TAGS}_") else snake
    )


def tag_name(key: str) -> str:
    """A tag's key as the columns of CUR 2.0 have it, without `user_`."""
    return re.sub(r"[^a-z0-9]+", "_", key.lower()).removeprefix("user_")


def _line(row: Mapping[str, str]) -> BillLine:
    currency = row.get(_CURRENCY, "") or "USD"
    if currency != "USD":
        raise ValueError(f"the currency is {currency}, and the ledger's is USD")
    tags = {
        name.removeprefix(f"{_TAGS}_"): value
        for name, value in row.items()
        if name.startswith(f"{_TAGS}_") and value
    }
    if row.get(_TAGS):
        tags |= {tag_name(key): str(value) for key, value in json.loads(row[_TAGS]).items()}
    start = datetime.fromisoformat(row[_START].strip())
    if start.tzinfo is None:
        start = datetime.fromisoformat(f"{row[_START].strip()}+00:00")  # exports are in UTC
    split = _amount(row.get(_SPLIT, "")) + _amount(row.get(_UNUSED, ""))
    return BillLine(start, row[_PRODUCT] or "other", _amount(row[_COST]), split, tags)


def _amount(text: str) -> Decimal:
    amount = Decimal(text) if text else Decimal(0)
    if not amount.is_finite():
        raise ValueError(f"{text} is no amount")
    return amount


def _unusable(path: Path, why: str) -> CliError:
    return CliError(ExitCode.USAGE, f"{path} {why}")
