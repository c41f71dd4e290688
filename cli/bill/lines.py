"""Lines of a Cost and Usage Report export: CUR 2.0 or the legacy report, as Parquet or CSV.

Columns: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html, and
https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html for the legacy report, whose
CSV names them `lineItem/UnblendedCost`. Its Parquet has CUR 2.0's names, and a column for each tag.
"""

import csv
import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from cli.errors import CliError, ExitCode, without_extra

_DAY = timedelta(days=1)
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_START, _END = "line_item_usage_start_date", "line_item_usage_end_date"
_PRODUCT = "line_item_product_code"
_COST, _CURRENCY = "line_item_unblended_cost", "line_item_currency_code"
_SPLIT, _UNUSED = "split_line_item_split_cost", "split_line_item_unused_cost"
_TAGS = "resource_tags"
_TAG_MAPS = (_TAGS, "tags")  # `tags` has those of accounts and users, too
_NEEDED = (_START, _PRODUCT, _COST)
_READ = (*_NEEDED, _END, _CURRENCY, _SPLIT, _UNUSED, *_TAG_MAPS)


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of the bill, of an hour, a day or a month; of a day if it does not tell.

    `usd` is its unblended cost. `split_usd` is the part of a host's cost, idle time included, that
    AWS's split cost allocation gives to a container; the host's own line has it as well. `tags` are
    its cost allocation tags of resources, by their keys as `tag_name` has them: `seqstackrunid`.
    """

    start: datetime
    end: datetime
    product: str
    usd: Decimal
    split_usd: Decimal
    tags: Mapping[str, str]


def bill_lines(path: Path) -> Iterator[BillLine]:
    """The lines of an export.

    Raises:
        CliError: the file can't be read as an export in US dollars; names the line. Or it is
            Parquet, and DuckDB is not installed.
    """
    number, of = 0, "line"
    try:
        with path.open("rb") as file:
            is_parquet = file.read(len(_PARQUET)) == _PARQUET
        columns, rows = _parquet(path) if is_parquet else _csv(path)
        names = {name: column_name(name) for name in columns}
        if missing := [name for name in _NEEDED if name not in names.values()]:
            why = f"has no column {missing[0]}: is it a Cost and Usage Report?"
            raise _unusable(path, why)
        number, of = (0, "row") if is_parquet else (1, "line")
        for row in rows:
            number += 1
            # csv has None for what a line lacks, of which a cost would be 0
            if not is_parquet and (None in row or None in row.values()):
                raise ValueError("it has another number of columns than the first line")
            yield _line({names[name]: value or "" for name, value in row.items() if name in names})
    except (OSError, EOFError, ValueError, InvalidOperation, csv.Error) as error:
        why = f"{of} {number}: {error}" if number else f"can't be read: {error}"
        raise _unusable(path, why) from error


def given_twice(paths: Iterable[Path]) -> Path | None:
    """The first file with the content of one before it.

    Raises:
        CliError: a file can't be read.
    """
    known: set[bytes] = set()
    for path in paths:
        try:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise _unusable(path, f"can't be read: {error}") from error
        if content in known:
            return path
        known.add(content)
    return None


type _Table = tuple[Iterable[str], Iterator[Mapping[str, str]]]


def _csv(path: Path) -> _Table:
    content = path.read_bytes()
    text = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("utf-8")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return rows.fieldnames or (), rows


def _parquet(path: Path) -> _Table:
    try:
        from cli.bill.parquet import parquet_columns, parquet_rows  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise without_extra(f"{path} is Parquet, which needs", error) from error
    return parquet_columns(path), parquet_rows(path, _is_read)


def _is_read(name: str) -> bool:
    return (known := column_name(name)) in _READ or known.startswith(f"{_TAGS}_")


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
    """A tag's key in lower case, without `user:`, and without signs.

    `user:seqstack:runId` is `user_seqstack_run_id` in the legacy report's Parquet; as a key of
    CUR 2.0's map, it may have either form.
    """
    return re.sub(r"[^a-z0-9]", "", re.sub(r"^user[:_]", "", key.lower()))


def _line(row: Mapping[str, str]) -> BillLine:
    currency = row.get(_CURRENCY, "") or "USD"
    if currency != "USD":
        raise ValueError(f"the currency is {currency}, and the ledger's is USD")
    tags = {
        name.removeprefix(f"{_TAGS}_"): value
        for name, value in row.items()
        if name.startswith(f"{_TAGS}_") and value
    }
    for column in _TAG_MAPS:
        tags |= _map_of_tags(row.get(column, ""))
    start = _time(row[_START])
    end = _time(row[_END]) if row.get(_END) else start + _DAY
    split = _amount(row.get(_SPLIT, "")) + _amount(row.get(_UNUSED, ""))
    return BillLine(start, end, row[_PRODUCT] or "other", _amount(row[_COST]), split, tags)


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text.strip())
    return time if time.tzinfo else time.replace(tzinfo=UTC)  # exports are in UTC


def _map_of_tags(text: str) -> dict[str, str]:
    """The resource's tags of a map column, whose keys may begin with where a tag comes from."""
    found = json.loads(text or "{}")
    if not isinstance(found, dict):
        raise ValueError("the tags are no map")
    tags = {}
    for key, value in found.items():
        source, slash, rest = key.partition("/")
        if value and (not slash or source == "resourceTags"):
            tags[tag_name(rest if slash else key)] = str(value)
    return tags


def _amount(text: str) -> Decimal:
    amount = Decimal(text) if text else Decimal(0)
    if not amount.is_finite():
        raise ValueError(f"{text} is no amount")
    return amount


def _unusable(path: Path, why: str) -> CliError:
    return CliError(ExitCode.USAGE, f"{path} {why}")
